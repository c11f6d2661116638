"""/demo: be any of the demonstration people. Included by `config.urls` outside production only; refuses otherwise."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from people.models import RoleGrant, User
from people.roles import ROLES
from people.second_factor import DEMONSTRATION
from ui.errors import Missing

if settings.PRODUCTION:
    raise ImproperlyConfigured("The demonstration pages must not exist in production.")

SHOWN = 12  # of each role


@require_safe
@login_not_required
def people(request: HttpRequest) -> HttpResponse:
    """Everybody who has a role, by role, then a few members."""
    grants = (
        RoleGrant.objects.live(timezone.now())
        .filter(user__closed_at=None, user__suspended_at=None)
        .select_related("user__profile__organisation")
        .order_by("user__joined_at", "user_id")
    )
    by_role: dict[str, list[User]] = {}
    for grant in grants:
        users = by_role.setdefault(grant.role, [])
        if grant.user not in users and len(users) < SHOWN:
            users.append(grant.user)
    with_roles = RoleGrant.objects.live(timezone.now()).values("user_id")
    members = (
        User.objects.active()
        .exclude(pk__in=with_roles)
        .filter(conduct_accepted_at__isnull=False)
        .select_related("profile__organisation")
        .order_by("joined_at", "id")
    )
    groups = [(ROLES[role], by_role[role]) for role in ROLES if role in by_role]
    groups.append((ROLES["member"], list(members[: SHOWN * 2])))
    return render(request, "people/demo.html", {"groups": groups})


@require_POST
@login_not_required
def become(request: HttpRequest, user_id: Any) -> HttpResponse:
    """Signs in as somebody, second factor included."""
    user = User.objects.active().filter(pk=user_id).first()
    if user is None:
        raise Missing
    logout(request)
    record_authentication(request, user, method="code")
    # "passwordless" is how allauth knows that a passkey has been used already, so it asks for no second factor
    record_authentication(request, user, method="mfa", type="webauthn", passwordless=True, reauthenticated=True)
    answer = perform_login(request, user, redirect_url=reverse("people:aboard"))
    request.session[DEMONSTRATION] = True
    return answer
