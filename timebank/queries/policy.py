"""The versions of the policy: which is in force, what each changed, and whom a new floor would leave under it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from timebank.models import Account, Policy, WaitingCredit
from ui.errors import Missing
from ui.formats import hours

# Every number of the policy in the order and words of the page; what is not here is shown by its own name, last.
LABELS: dict[str, Any] = {
    "member_floor": gettext_lazy("How far below zero a member may go"),
    "first_floor": gettext_lazy("How far below zero before somebody is known"),
    "introductions": gettext_lazy("Newcomers whom one member’s exchanges make known in those days"),
    "introduction_days": gettext_lazy("Days over which introductions are counted"),
    "soft_warning": gettext_lazy("From where a member is warned"),
    "exchange_step": gettext_lazy("Steps in which hours are agreed"),
    "exchange_least": gettext_lazy("The shortest exchange"),
    "exchange_most": gettext_lazy("The longest exchange"),
    "tolerance": gettext_lazy("How far two records of hours may differ and still agree"),
    "proposal_days": gettext_lazy("Days until an unanswered proposal expires"),
    "reminder_days": gettext_lazy("Days after which somebody is reminded to confirm hours"),
    "silence_days": gettext_lazy("Days of silence after which one side’s hours count"),
    "silence_undo_days": gettext_lazy("Days in which that can be undone"),
    "silence_first_exchanges": gettext_lazy("Exchanges of a newcomer that silence never settles"),
    "late_notice": gettext_lazy("Less notice than this is late"),
    "charge_late": gettext_lazy("Late cancellation is charged"),
    "charge_no_show": gettext_lazy("Staying away is charged"),
    "late_charge": gettext_lazy("The most that either charge may be"),
    "welcome_grant": gettext_lazy("Hours given to each new member"),
}
IN_MINUTES = frozenset(
    [
        "member_floor",
        "first_floor",
        "soft_warning",
        "exchange_step",
        "exchange_least",
        "exchange_most",
        "tolerance",
        "late_notice",
        "late_charge",
        "welcome_grant",
    ]
)
APART = frozenset(["id", "version", "reason", "author", "created_at", "published_at"])


def names() -> list[str]:
    """Every number of the policy, in the page's order."""
    known = [field.name for field in Policy._meta.concrete_fields if field.name not in APART]
    return [name for name in LABELS if name in known] + [name for name in known if name not in LABELS]


def label(name: str) -> str:
    return str(LABELS.get(name) or name.replace("_", " ").capitalize())


def in_words(name: str, value: Any) -> str:
    """A number as the page says it: "10 h below zero", "3, 7, 12", "No"."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or _("None")
    if name in IN_MINUTES:
        return _("%(time)s below zero") % {"time": hours(-value)} if value < 0 else hours(value)
    return str(value)


@dataclass(frozen=True)
class Line:
    """One number of a version, beside what it was."""

    label: str
    value: str
    before: str

    @property
    def changed(self) -> bool:
        return self.value != self.before


@dataclass(frozen=True)
class Version:
    """A version of the policy with its state: draft, in force, superseded, or not used (a draft that was overtaken)."""

    policy: Policy
    state: str
    lines: list[Line]

    @property
    def changes(self) -> list[Line]:
        return [line for line in self.lines if line.changed]


STATES: dict[str, Any] = {
    "draft": gettext_lazy("Draft"),
    "in_force": gettext_lazy("In force"),
    "superseded": gettext_lazy("Superseded"),
    "not_used": gettext_lazy("Not used"),
}


def versions() -> list[Version]:
    """All of them, latest first; each compared with the one that was in force before it. One query."""
    found: list[Version] = []
    rows = list(Policy.objects.select_related("author").order_by("version"))
    in_force = max((row.version for row in rows if row.published_at), default=0)
    before = None
    for row in rows:
        if row.version == in_force:
            state = "in_force"
        elif row.published_at:
            state = "superseded"
        else:
            state = "draft" if row.version > in_force else "not_used"
        found.append(Version(row, state, _lines(row, before or row)))
        before = row if row.published_at else before
    return found[::-1]


def _lines(policy: Policy, before: Policy) -> list[Line]:
    return [
        Line(label(name), in_words(name, getattr(policy, name)), in_words(name, getattr(before, name)))
        for name in names()
    ]


def version(number: int) -> Version:
    """One of them. Raises Missing."""
    found = next((each for each in versions() if each.policy.version == number), None)
    if found is None:
        raise Missing(_("There is no such version of the policy."))
    return found


def would_be_under(policy: Policy) -> QuerySet[Account]:
    """Open accounts of members that a policy's floors would leave under theirs, lowest first: they could only earn.
    What waits until somebody is known cannot be spent under either policy."""
    waiting = WaitingCredit.objects.filter(payee=OuterRef("pk"), ended_at=None).order_by().values("payee")
    waits = Coalesce(Subquery(waiting.annotate(minutes=Sum("minutes")).values("minutes")), 0)
    floor = Case(When(known=True, then=Value(policy.member_floor)), default=Value(policy.first_floor))
    return (
        Account.objects.open()
        .filter(member__isnull=False, balance__lt=floor + waits + F("held"))
        .select_related("member")
        .order_by("balance", "id")
    )
