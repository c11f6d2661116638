"""What a member lets flow of the hours they earn."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from timebank.models import Entry, IdempotencyKey, Pot, StandingShare, Transfer


def live_share(member_id: Any) -> StandingShare | None:
    """The share that holds now, with its pot; None where all that is earned is kept."""
    return StandingShare.objects.select_related("pot").filter(member=member_id, ended_at=None).first()


def has_chosen(user: Any) -> bool:
    """Whether this person has ever let a share flow: then posting an offer asks no more."""
    return StandingShare.objects.filter(member=user).exists()


def pots_to_share_with(user: Any, also: Any = None) -> QuerySet[Pot]:
    """Open pots that a member may let a share flow to: those they run or have joined, the one they chose, and `also`,
    the id of a pot whose page they come from. By name."""
    near = (
        Q(pk__in=user.pot_stewardships.filter(until=None).values("pot"))
        | Q(pk__in=user.pots_joined.filter(left_at=None).values("pot"))
        | Q(pk__in=StandingShare.objects.filter(member=user, ended_at=None).values("pot"))
    )
    if also is not None:
        near |= Q(pk=also)
    open_to_all = Pot.objects.open().filter(kind__in=[Pot.Kind.PROJECT, Pot.Kind.ORGANISATION])
    return open_to_all.filter(near).order_by("name", "id")


def export_for(user: Any) -> list[dict[str, Any]]:
    """A person's standing shares, for "download my data"."""
    rows = StandingShare.objects.filter(member=user).select_related("pot").order_by("since", "id")
    return [
        {
            "per_cent": row.per_cent,
            "to": row.pot.name if row.pot else "the community pot",
            "since": row.since.isoformat(),
            "until": row.ended_at.isoformat() if row.ended_at else None,
        }
        for row in rows
    ]


def gift_key(transfer_id: Any, member_id: Any) -> str:
    """The key of the gift that flowed from what this transfer paid this member."""
    return f"share:{transfer_id}:{member_id}"


def gifts_from(transfers: Sequence[Transfer]) -> list[Transfer]:
    """The gifts that flowed from these transfers, and were not taken back."""
    earned = Entry.objects.filter(transfer__in=transfers, minutes__gt=0, account__member__isnull=False)
    keys = [gift_key(*pair) for pair in earned.values_list("transfer_id", "account__member_id")]
    moved = IdempotencyKey.objects.filter(actor=None, key__in=keys).values("transfer")
    return list(Transfer.objects.filter(pk__in=moved, reversals=None).order_by("id"))
