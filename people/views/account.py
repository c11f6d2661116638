"""One's own account and profile, and other members' pages."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from people import queries, rules
from people.access import require_conduct
from people.actions import accounts, privacy, safety
from people.forms import CloseForm, ProfileForm
from people.models import Block
from people.roles import ROLES
from ui.downloads import attachment
from ui.errors import Invalid, Missing


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Everything about one's own account, in one list."""
    roles = [ROLES[role] for role, _scope in rules.held_grants(request.user)]
    return render(request, "people/account.html", {"roles": roles})


def edit_profile(request: HttpRequest) -> HttpResponse:
    """What I say about myself; each question says who sees the answer."""
    user: Any = request.user
    profile = user.profile
    initial = {name: getattr(profile, name) for name in accounts.EDITABLE}
    form = ProfileForm(
        request.POST or None, initial={**initial, "name": user.name, "skills": list(profile.skills.all())}
    )
    if request.method == "POST" and form.is_valid():
        answers = dict(form.cleaned_data)
        try:
            accounts.set_name(by=user, name=answers.pop("name"))
            accounts.edit_profile(by=user, **answers)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Your profile is saved."))
            return redirect("people:person", user.pk)
    return render(request, "people/edit_profile.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@require_conduct
def person(request: HttpRequest, user_id: Any) -> HttpResponse:
    """A member's page."""
    viewer: Any = request.user
    member = queries.person_for(viewer, user_id)
    context = {
        "member": member,
        "profile": member.profile,
        "skills": member.profile.skills.order_by("name", "id"),
        "sections": queries.profile_sections(member, viewer),
        "me": member == viewer,
        "may_pause": rules.may_pause(viewer, member),
        "blocked": Block.objects.filter(blocker=viewer, blocked=member).exists(),
    }
    return render(request, "people/person.html", context)


@require_POST
def block(request: HttpRequest, user_id: Any) -> HttpResponse:
    viewer: Any = request.user
    safety.block(by=viewer, user=queries.person_for(viewer, user_id))
    messages.success(request, _("You will not meet this person here. They are not told."))
    return redirect("people:blocks")


@require_POST
def unblock(request: HttpRequest, block_id: Any) -> HttpResponse:
    made = Block.objects.filter(pk=block_id, blocker=request.user).select_related("blocked").first()
    if made is None:
        raise Missing
    safety.unblock(by=request.user, user=made.blocked)  # type: ignore[arg-type]  # signed in
    messages.success(request, _("The block is taken back."))
    return redirect("people:blocks")


@require_safe
def blocks(request: HttpRequest) -> HttpResponse:
    """The people I have blocked."""
    mine = Block.objects.filter(blocker=request.user).select_related("blocked").order_by("-at", "-id")
    return render(request, "people/blocks.html", {"blocks": mine})


@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    """My data, as a zip."""
    return attachment(queries.data_zip(request.user), "my-data.zip", "application/zip")  # type: ignore[arg-type]  # signed in


def close(request: HttpRequest) -> HttpResponse:
    """Close my account."""
    user: Any = request.user
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        privacy.close_account(by=user, user=user)
        logout(request)
        messages.success(request, _("Your account is closed. Thank you for your time here."))
        return redirect("ui:front")
    context = {"form": form, "steps": queries.closing_steps(user)}
    return render(request, "people/close.html", context, status=422 if form.errors else 200)
