"""Writing to a whole team at once, and to whoever tells somebody that nothing else reaches."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accelerator.models import Application, Innovation
from notifications.actions import notify
from people.rules import has_role


def tell_team(
    *,
    innovation: Innovation,
    kind: str,
    key: str,
    subject: str,
    template: str,
    context: Mapping[str, Any],
    view: str = "innovation",
    pk: Any = None,
    but: Any = None,
) -> int:
    """Notifies everybody on the team except `but` (who did it), in the caller's transaction, with a link to the page
    `accelerator:<view>` of `pk` (the innovation where none is given). Returns how many were told."""
    url = reverse(f"accelerator:{view}", args=[pk or innovation.pk])
    members = innovation.members.select_related("user").order_by("joined_at", "id")
    told = [member.user for member in members if but is None or member.user_id != but.pk]
    for user in told:
        notify(
            to=user,
            kind=kind,
            key=key,
            subject=subject,
            template=template,
            context={"innovation": innovation.name, **context},
            url=url,
        )
    return len(told)


def pass_on(*, application: Application, what: str, key: str, by: Any) -> None:
    """Asks the broker who wrote down the answers of somebody without an e-mail address to tell them `what`, which went to
    them and reaches nobody. What it says stays between them and `by`, whom the broker is to ask. Called inside an action;
    `key` tells one piece of news from another."""
    if application.lead.email or application.lead.closed_at:
        return
    latest = (
        application.scribes.exclude(confirmed_at=None).select_related("broker").order_by("-begun_at", "-id").first()
    )
    if latest is None or not latest.broker.is_present or not has_role(latest.broker, "broker"):
        return
    notify(
        to=latest.broker,
        kind="tell_by_phone",
        key=f"tell_by_phone:{key}",
        subject=_("Please tell %(name)s: %(what)s") % {"name": application.lead, "what": what},
        template="accelerator/letters/tell_by_phone",
        context={"lead": application.lead.name, "what": what, "by": by.name, "reference": application.reference},
        url=reverse("accelerator:phone"),
    )
