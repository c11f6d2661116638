"""Writing to a whole team at once."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from accelerator.models import Innovation
from notifications.actions import notify


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
