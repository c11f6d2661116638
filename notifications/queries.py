"""Page-shaped reads of the inbox and the outbox."""

import datetime as dt
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from notifications import kinds
from notifications.models import InboxItem, OutboxMessage, Preference


def unread_count(user: Any) -> int:
    """How many messages somebody has not opened; asked once a request, however often a page needs it."""
    if not getattr(user, "is_authenticated", False):
        return 0
    if not hasattr(user, "_unread_messages"):
        user._unread_messages = InboxItem.objects.filter(user=user).unread().count()
    return user._unread_messages


def inbox(user: Any) -> QuerySet[InboxItem]:
    """Somebody's messages, newest first."""
    return InboxItem.objects.of(user)


def preferences(user: Any) -> list[tuple[kinds.Kind, str]]:
    """Every kind with how this person wants it by e-mail."""
    chosen = dict(Preference.objects.filter(user=user).values_list("kind", "how"))
    return [
        (kind, Preference.How.AT_ONCE if kind.why_not_off else chosen.get(kind.slug, Preference.How.AT_ONCE))
        for kind in kinds.every()
        if kind.slug != "digest" and kind.concerns(user)
    ]


def _shown() -> QuerySet[OutboxMessage]:
    """The messages that administrators may know of: those about somebody's safety might be about the reader."""
    return OutboxMessage.objects.exclude(kind__in=[kind.slug for kind in kinds.every() if kind.private])


def outbox(state: str = "") -> QuerySet[OutboxMessage]:
    """The outbox for administrators, newest first: never the bodies, and no private kinds."""
    rows = _shown().defer("text", "calendar").select_related("user").order_by("-created_at", "-id")
    return rows.filter(state=state) if state else rows


def outbox_counts() -> list[tuple[str, str, int]]:
    """(state, label, how many) for every state, zeros included."""
    found = dict(_shown().values_list("state").annotate(n=Count("pk")).order_by())
    return [(state.value, str(state.label), found.get(state.value, 0)) for state in OutboxMessage.State]


def outbox_health(now: dt.datetime | None = None) -> dict[str, Any]:
    """What needs an eye: messages late by over five minutes, and how often a sending was uncertain."""
    now = now or timezone.now()
    late = Q(state__in=["queued", "uncertain"], not_before__lt=now - dt.timedelta(minutes=5))
    return _shown().aggregate(late=Count("pk", filter=late), uncertain=Sum("uncertain_count", default=0))


def left_by(*, user: Any, key: str, moment: dt.datetime) -> bool:
    """Whether the e-mail with this key was written to this person by `moment`, and has left or could not be sent."""
    done = [OutboxMessage.State.SENT, OutboxMessage.State.FAILED]
    return OutboxMessage.objects.filter(user=user, key=key, created_at__lte=moment, state__in=done).exists()


def export_for(user: Any) -> dict[str, Any]:
    """What this room holds about one person, for "download my data"."""
    return {
        "messages": list(InboxItem.objects.of(user).values("subject", "text", "url", "created_at", "read_at")),
        "emails": list(
            OutboxMessage.objects.filter(user=user)
            .order_by("created_at", "id")
            .values("kind", "subject", "state", "created_at", "sent_at")
        ),
        "preferences": list(Preference.objects.filter(user=user).order_by("kind").values("kind", "how")),
    }
