"""What a fund pays for, and what that has cost."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from timebank.models import Pot, Tariff, TariffPayment
from timebank.queries.pots import steward_ids
from ui.errors import Missing


@dataclass(frozen=True)
class Cost:
    """One kind of work: whether the fund pays for it now, how much, and what came of it so far (counts and minutes)."""

    work: str
    name: Any
    active: bool
    minutes: int | None  # None: as long as the session was
    paid: int
    paid_minutes: int
    owed: int
    owed_minutes: int


def fund_for(pot_id: Any, user: Any) -> Pot:
    """A wave's fund for one of its stewards. Raises Missing for everybody else."""
    pot = Pot.objects.filter(pk=pot_id, kind=Pot.Kind.WAVE_FUND).first()
    if pot is None or user.pk not in steward_ids(pot.pk):
        raise Missing(_("We cannot find that fund."))
    return pot


def costs(pot: Pot) -> list[Cost]:
    """Every kind of work with what it has cost, in the order of the list. One query."""
    paid, owed = Q(payments__transfer__isnull=False), Q(payments__transfer=None, payments__dropped_at=None)
    rows = {
        tariff.work: tariff
        for tariff in Tariff.objects.filter(pot=pot).annotate(
            paid=Count("payments", filter=paid),
            paid_minutes=Coalesce(Sum("payments__minutes", filter=paid), 0),
            owed=Count("payments", filter=owed & Q(payments__isnull=False)),
            owed_minutes=Coalesce(Sum("payments__minutes", filter=owed), 0),
        )
    }
    return [
        Cost(
            work,
            name,
            *((row.active, row.minutes, row.paid, row.paid_minutes, row.owed, row.owed_minutes) if row else (False, None, 0, 0, 0, 0)),
        )
        for work, name in Tariff.Work.choices
        for row in [rows.get(work)]
    ]  # fmt: skip


def export_for(user: Any) -> list[dict[str, Any]]:
    """What funds have paid or owe somebody, for "download my data"."""
    rows = TariffPayment.objects.filter(to=user).select_related("tariff__pot").order_by("due_at", "id")
    return [
        {
            "for": row.tariff.work,
            "fund": row.tariff.pot.name,
            "minutes": row.minutes,
            "due_at": row.due_at.isoformat(),
            "state": "paid" if row.transfer_id else "dropped" if row.dropped_at else "owed",
        }
        for row in rows
    ]
