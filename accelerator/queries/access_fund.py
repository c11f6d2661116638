"""The access fund: who may claim, what somebody has claimed, and what a wave's claims come to."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from accelerator.models import AccessClaim, Application, Assignment, InnovationMember, PanelSeat, Wave
from accelerator.rules import access_fund as rules
from people.models import RoleGrant
from people.rules import live_grants

State = AccessClaim.State


def waves_of(user: Any) -> QuerySet[Wave]:
    """The waves in which somebody takes part: with an application of theirs, in a team, or on the panel."""
    applied = Application.objects.of(user).exclude(state=Application.State.WITHDRAWN)
    return Wave.objects.filter(
        Q(pk__in=applied.values("wave"))
        | Q(pk__in=InnovationMember.objects.filter(user=user).values("innovation__wave"))
        | Q(pk__in=PanelSeat.objects.filter(reviewer=user).values("wave"))
        | Q(pk__in=Assignment.objects.filter(reviewer=user).values("phase__wave"))
    ).order_by("-call_opens", "id")


def claimable(user: Any, today: dt.date | None = None) -> list[Wave]:
    """The waves on whose fund somebody may claim now."""
    today = today or timezone.localdate()
    return [wave for wave in waves_of(user) if rules.takes_claims(wave, today)]


def mine(user: Any) -> QuerySet[AccessClaim]:
    """Somebody's own claims, the newest first."""
    return AccessClaim.objects.filter(claimant=user).select_related("wave").order_by("-asked_at", "-id")


def managers_of(wave: Wave) -> QuerySet[Any]:
    """Everybody who runs this wave now."""
    held = RoleGrant.objects.live(timezone.now()).filter(role="portfolio_manager", scope__in=["", str(wave.pk)])
    return get_user_model().objects.active().filter(pk__in=held.values("user"), suspended_at=None).order_by("id")


def totals(wave: Wave) -> rules.Totals:
    """What a wave's claims come to. One query."""
    return rules.totals(wave.access_claims.values_list("state", "pence"))


@dataclass(frozen=True)
class Desk:
    """A wave's access fund as those who run it see it: `by_kind` has every kind of cost, in pence."""

    fund: int
    all: rules.Totals
    by_kind: list[tuple[Any, rules.Totals]]
    claims: QuerySet[AccessClaim]

    @property
    def left(self) -> int:
        """What is neither paid nor promised; less than nothing where it was agreed to go over."""
        return self.fund - self.all.promised


def desk(wave: Wave) -> Desk:
    """The totals of a wave, and its claims: those that wait first, the oldest of each state first. Two queries."""
    rows: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for kind, state, pence in wave.access_claims.values_list("kind", "state", "pence"):
        rows[kind].append((state, pence))
    order = Case(
        *(When(state=state, then=Value(place)) for place, state in enumerate((State.WAITING, State.AGREED))),
        default=Value(9),
        output_field=IntegerField(),
    )
    claims = wave.access_claims.select_related("claimant").order_by(order, F("asked_at"), "id")
    return Desk(
        wave.access_fund_pence,
        rules.totals(row for found in rows.values() for row in found),
        [(label, rules.totals(rows[kind])) for kind, label in AccessClaim.Kind.choices],
        claims,
    )


COLUMNS = ["claim", "name", "email", "kind", "what for", "spent on", "pounds", "state", "asked on", "answered by",
           "answered on", "paid on", "payment reference", "over the fund"]  # fmt: skip


def export(wave: Wave) -> Iterator[list[Any]]:
    """A wave's claims for finance, the oldest first: whom to pay, for what, how much. No bank details: we have none."""
    rows = wave.access_claims.select_related("claimant", "answered_by").order_by("asked_at", "id")

    def on(moment: dt.datetime | None) -> str:
        return timezone.localdate(moment).isoformat() if moment else ""

    for one in rows:
        yield [
            str(one.pk), str(one.claimant), one.claimant.email or "", one.kind, one.what,
            one.spent_on.isoformat() if one.spent_on else "", f"{one.pence // 100}.{one.pence % 100:02d}", one.state,
            on(one.asked_at), str(one.answered_by or ""), on(one.answered_at), on(one.paid_at), one.paid_reference,
            "yes" if one.over_fund else "",
        ]  # fmt: skip


def export_for(user: Any) -> list[dict[str, Any]]:
    """Somebody's own claims, as plain data."""
    return [
        {
            "wave": one.wave.name, "kind": one.kind, "what": one.what, "pence": one.pence,
            "spent_on": one.spent_on.isoformat() if one.spent_on else None, "state": one.state,
            "asked": one.asked_at.isoformat(), "answered": one.answered_at.isoformat() if one.answered_at else None,
            "reason": one.reason, "paid": one.paid_at.isoformat() if one.paid_at else None, "receipt": one.receipt_name,
        }
        for one in mine(user)
    ]  # fmt: skip


def waiting_card(user: Any) -> dict[str, Any] | None:
    """The waves that `user` runs in which somebody waits for an answer, with how many; None where nobody does."""
    scopes = [scope for role, scope in live_grants(user) if role == "portfolio_manager"]
    if not scopes:
        return None
    waiting = AccessClaim.objects.filter(state=State.WAITING).exclude(claimant=user)
    if "" not in scopes:
        waiting = waiting.filter(wave__in=scopes)
    rows = waiting.values("wave__slug", "wave__name").annotate(count=Count("id")).order_by("wave__name", "wave__slug")
    return {"waves": list(rows)} if rows else None
