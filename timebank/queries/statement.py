"""The statement of an account: what came in and went out, in words, with the balance after each.

An account may have 100,000 entries, so a page is found by the version of its first or last entry (the key of Entry), never
by counting past the others, and nothing is ever counted whole."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models.accounts import called
from people.models.reference import PlainText
from people.rules import has_any_role
from timebank.models import Account, Entry, Pot, Transfer
from timebank.models.exchanges import help_with
from timebank.queries.pots import steward_ids
from ui.errors import Missing

PAGE = 25
CHUNK = 1000  # entries read at a time for a download
PDF_MOST = 500  # entries in a PDF
K = Transfer.Kind


@dataclass(frozen=True)
class Filters:
    """What a statement is narrowed down to; days are whole and both included."""

    since: dt.date | None = None
    until: dt.date | None = None
    kind: str = ""
    who: str = ""
    pot: str = ""

    @property
    def by_days_only(self) -> bool:
        """Whether every entry of the period is there, so that it has an opening and a closing balance."""
        return not (self.kind or self.who or self.pot)


# In words, by kind and whether it came in: (a member's account, a pot's account). %(who)s is whoever is on the other side.
WORDS: dict[tuple[str, bool], tuple[Any, Any]] = {
    (K.EXCHANGE, True): (gettext_lazy("You gave time to %(helped)s"), gettext_lazy("Time given, from %(who)s")),
    (K.EXCHANGE, False): (gettext_lazy("%(helper)s gave you time"), gettext_lazy("%(helper)s gave time")),
    (K.ADJUSTMENT, True): (
        gettext_lazy("More of your time for %(who)s was settled"),
        gettext_lazy("Put right: more came in from %(who)s"),
    ),
    (K.ADJUSTMENT, False): (
        gettext_lazy("More of the time from %(who)s was settled"),
        gettext_lazy("More of the time from %(who)s was settled"),
    ),
    (K.GROUP_SESSION, True): (gettext_lazy("You gave time to a group"), gettext_lazy("A group session")),
    (K.GROUP_SESSION, False): (
        gettext_lazy("You took part in a group session"),
        gettext_lazy("It paid for a group session"),
    ),
    (K.GRANT, True): (gettext_lazy("Granted to you by %(who)s"), gettext_lazy("Granted by %(who)s")),
    (K.GRANT, False): (gettext_lazy("A grant to %(who)s"), gettext_lazy("A grant to %(who)s")),
    (K.ALLOWANCE, True): (gettext_lazy("Allowance from %(who)s"), gettext_lazy("Allowance from %(who)s")),
    (K.ALLOWANCE, False): (gettext_lazy("Allowance for %(who)s"), gettext_lazy("Allowance for %(who)s")),
    (K.DONATION, True): (gettext_lazy("%(who)s gave you hours"), gettext_lazy("%(who)s gave hours")),
    (K.DONATION, False): (gettext_lazy("You gave hours to %(who)s"), gettext_lazy("It gave hours to %(who)s")),
    (K.TARIFF, True): (gettext_lazy("For work that you did for %(who)s"), gettext_lazy("Paid by %(who)s")),
    (K.TARIFF, False): (gettext_lazy("Paid to %(who)s for their work"), gettext_lazy("Paid to %(who)s for their work")),
    (K.LATE_CHARGE, True): (gettext_lazy("%(who)s cancelled late"), gettext_lazy("%(who)s cancelled late")),
    (K.LATE_CHARGE, False): (gettext_lazy("You cancelled late"), gettext_lazy("Cancelled late")),
    (K.LEAVER_SWEEP, True): (gettext_lazy("Left by %(who)s"), gettext_lazy("Left by %(who)s")),
    (K.LEAVER_SWEEP, False): (gettext_lazy("Left to %(who)s"), gettext_lazy("What was left went to %(who)s")),
    (K.WRITE_OFF, True): (gettext_lazy("A debt written off"), gettext_lazy("A debt written off")),
    (K.WRITE_OFF, False): (
        gettext_lazy("A debt of %(who)s written off"),
        gettext_lazy("A debt of %(who)s written off"),
    ),
}

# An adjustment that belongs to no exchange: a broker moved hours, or they come from another system; the note says why.
PUT_RIGHT: dict[bool, tuple[Any, Any]] = {
    True: (gettext_lazy("Moved to you from %(who)s"), gettext_lazy("Moved here from %(who)s")),
    False: (gettext_lazy("Moved from you to %(who)s"), gettext_lazy("Moved from here to %(who)s")),
}


@dataclass
class Line:
    """One entry as a reader sees it, in minutes; what came in is positive. `undone` and `undoes` name the other half of a
    reversal, with where that stands in this statement."""

    version: int
    at: dt.datetime
    kind: str
    minutes: int
    balance_after: int
    words: str
    what: str  # what the exchange was about; empty where that was not said
    who: str
    note: str
    exchange: UUID | None
    session: UUID | None
    undone: "Half | None"
    undoes: "Half | None"

    @property
    def url(self) -> str:
        """Where to read what the credits moved for; empty where there is no such page."""
        if self.exchange:
            return reverse("timebank:exchange", args=[self.exchange])
        return reverse("timebank:group_session", args=[self.session]) if self.session else ""


@dataclass(frozen=True)
class Half:
    """The other half of a reversal: when it was posted, why, and its place in the same statement."""

    at: dt.datetime
    why: str
    version: int

    @property
    def url(self) -> str:
        """The page of the statement that begins with it."""
        return f"?before={self.version + 1}#entry-{self.version}"


@dataclass
class Page:
    """A page of a statement, latest first. `newer` and `older` are the queries of the pages beside it, or None."""

    lines: list[Line]
    newer: dict[str, int] | None
    older: dict[str, int] | None


def account_read_by(user: Any, pot_id: UUID | None = None) -> tuple[Account | None, Pot | None]:
    """Whose statement `user` asks for: their own account (None before anything moved), or that of a pot which they are a
    steward of; brokers and administrators read a pot's too. Raises Missing for any other pot."""
    if pot_id is None:
        return Account.objects.filter(member=user).first(), None
    pot = Pot.objects.select_related("account").filter(pk=pot_id).first()
    if pot is None or not (user.pk in steward_ids(pot_id) or has_any_role(user, ("broker", "administrator"))):
        raise Missing(_("We cannot find that pot."))
    return getattr(pot, "account", None), pot


def pots_met(account: Account, also: Any = None) -> list[Pot]:
    """Pots to choose from in the filter: those of the last 300 entries, and `also` (the id that the address names)."""
    latest = Entry.objects.filter(account=account).order_by("-account_version").values("transfer")[:300]
    met = Entry.objects.filter(transfer__in=latest, account__pot__isnull=False).exclude(account=account)
    wanted = Q(pk__in=met.values("account__pot"))
    with suppress(ValueError):
        wanted |= Q(pk=UUID(str(also))) & Q(Exists(_with_pot(account, OuterRef("pk"))))
    return list(Pot.objects.filter(wanted).order_by("name", "id"))


def _with_pot(account: Account, pot: Any) -> QuerySet[Entry]:
    """Entries of the pot in transfers that this account had a part in."""
    mine = Entry.objects.filter(transfer=OuterRef("transfer"), account=account)
    return Entry.objects.filter(Exists(mine), account__pot=pot)


def entries(account: Account, filters: Filters = Filters()) -> QuerySet[Entry]:
    """The entries of an account that the filters leave, latest first, without what a line needs (`_read` adds it)."""
    rows = Entry.objects.filter(account=account)
    if filters.since:
        rows = rows.filter(transfer__created_at__gte=_midnight(filters.since))
    if filters.until:
        rows = rows.filter(transfer__created_at__lt=_midnight(filters.until + dt.timedelta(days=1)))
    if filters.kind:
        rows = rows.filter(transfer__kind=filters.kind)
    others = Entry.objects.filter(transfer=OuterRef("transfer")).exclude(account=account)
    if filters.pot:
        rows = rows.filter(Exists(others.filter(account__pot=filters.pot)))
    if filters.who:
        part = PlainText(Value(filters.who.strip(), output_field=TextField()))
        named = others.annotate(
            member_name=PlainText("account__member__name"), pot_name=PlainText("account__pot__name")
        )
        is_system = [
            name for name, words in Account.SYSTEM_NAMES.items() if filters.who.strip().lower() in words.lower()
        ]
        rows = rows.filter(
            Exists(
                named.filter(
                    Q(member_name__contains=part) | Q(pot_name__contains=part) | Q(account__system__in=is_system)
                )
            )
        )
    return rows.order_by("-account_version")


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


class _Row(NamedTuple):
    """What one entry says by itself. Plain values: of an account's 100,000 entries, objects would be most of the time."""

    version: int
    minutes: int
    balance_after: int
    transfer: UUID
    kind: str
    at: dt.datetime
    memo: str
    undoes: UUID | None
    undoes_kind: str | None
    undoes_at: dt.datetime | None
    exchange: UUID | None
    label: str | None
    listing: str | None
    purpose: str | None
    pot: str | None
    provider: str | None
    provider_left: dt.datetime | None
    receiver: str | None
    receiver_left: dt.datetime | None
    session: UUID | None


COLUMNS = (
    "account_version", "minutes", "balance_after", "transfer_id", "transfer__kind", "transfer__created_at",
    "transfer__memo", "transfer__reverses_id", "transfer__reverses__kind", "transfer__reverses__created_at",
    "transfer__exchange_id", "transfer__exchange__label", "transfer__exchange__listing__title",
    "transfer__exchange__purpose__label", "transfer__exchange__pot__name", "transfer__exchange__provider__name",
    "transfer__exchange__provider__closed_at", "transfer__exchange__receiver__name",
    "transfer__exchange__receiver__closed_at", "transfer__group_session__id",
)  # fmt: skip


def _read(rows: QuerySet[Entry]) -> list[_Row]:
    return [_Row(*values) for values in rows.values_list(*COLUMNS)]


def page(
    account: Account,
    filters: Filters = Filters(),
    *,
    before: int | None = None,
    after: int | None = None,
    size: int = PAGE,
) -> Page:
    """`size` lines older than the entry `before`, or newer than `after`, or the latest. At most four queries, whose cost
    does not grow with the account where nothing is filtered."""
    rows = entries(account, filters)
    if after is not None and before is None:
        found = _read(rows.filter(account_version__gt=after).order_by("account_version")[: size + 1])
        more_newer, more_older = len(found) > size, True
        found = found[:size][::-1]
    else:
        if before is not None:
            rows = rows.filter(account_version__lt=before)
        found = _read(rows[: size + 1])
        more_newer, more_older = before is not None, len(found) > size
        found = found[:size]
    return Page(
        lines=list(_lines(account, found)),
        newer={"after": found[0].version} if found and more_newer else None,
        older={"before": found[-1].version} if found and more_older else None,
    )


def every_line(account: Account, filters: Filters) -> Iterator[Line]:
    """All lines, latest first, read `CHUNK` entries at a time: for a download."""
    rows, before = entries(account, filters), None
    while True:
        found = _read((rows if before is None else rows.filter(account_version__lt=before))[:CHUNK])
        yield from _lines(account, found)
        if len(found) < CHUNK:
            return
        before = found[-1].version


def _lines(account: Account, found: list[_Row]) -> Iterator[Line]:
    """The rows in words, with who is on the other side and what was taken back, in two or three more queries."""
    transfers = [row.transfer for row in found]
    others = defaultdict(list)
    sides = Entry.objects.filter(transfer__in=transfers).order_by("account_id")
    for transfer, minutes, system, pot, member, left in sides.values_list(
        "transfer_id", "minutes", "account__system", "account__pot__name", "account__member__name", "account__member__closed_at"
    ):  # fmt: skip
        others[transfer, minutes > 0].append(_owner(system, pot, member, left))
    undone = {
        transfer: (pk, at, memo)
        for transfer, pk, at, memo in Transfer.objects.filter(reverses__in=transfers)
        .order_by("id")
        .values_list("reverses_id", "id", "created_at", "memo")
    }
    halves = {*(pk for pk, _at, _memo in undone.values()), *(row.undoes for row in found if row.undoes)}
    places = dict(
        Entry.objects.filter(account=account, transfer__in=halves).values_list("transfer_id", "account_version")
    ) if halves else {}  # fmt: skip
    for row in found:
        taken_back = undone.get(row.transfer)
        yield _line(
            row,
            who=_and(others[row.transfer, row.minutes < 0]),
            of_pot=account.pot_id is not None,
            undone=Half(taken_back[1], taken_back[2], places[taken_back[0]]) if taken_back else None,
            undoes=Half(row.undoes_at, "", places[row.undoes]) if row.undoes and row.undoes_at else None,
        )


def _line(row: _Row, *, who: str, of_pot: bool, undone: Half | None, undoes: Half | None) -> Line:
    came_in, kind = row.minutes > 0, row.kind
    if row.undoes_kind:
        came_in, kind = not came_in, row.undoes_kind  # said as what it takes back
    names = {"who": who, "helper": who, "helped": who}
    what = ""
    if row.exchange:
        provider, receiver = called(row.provider, row.provider_left), called(row.receiver, row.receiver_left)
        paid = _("%(name)s, paid by %(pot)s") % {"name": receiver, "pot": row.pot} if row.pot else receiver
        names |= {"helper": provider, "helped": paid}
        what = row.label or row.listing or (help_with(row.purpose, provider) if row.purpose else "")
    said = PUT_RIGHT[came_in] if kind == K.ADJUSTMENT and not row.exchange else WORDS[kind, came_in]
    words = str(said[of_pot]) % names
    return Line(
        version=row.version,
        at=row.at,
        kind=row.kind,
        minutes=row.minutes,
        balance_after=row.balance_after,
        words=_("Taken back: “%(what)s”") % {"what": words} if row.undoes_kind else words,
        what=what,
        who=who,
        note=row.memo,
        exchange=row.exchange,
        session=row.session,
        undone=undone,
        undoes=undoes,
    )


def _owner(system: str | None, pot: str | None, member: str | None, left: Any) -> str:
    """What the account on the other side is called."""
    if system:
        return _("the platform") if system == Account.ISSUANCE else Account.SYSTEM_NAMES[system]
    return pot or called(member, left)


def _and(names: list[str]) -> str:
    """Up to three names, then how many more."""
    shown = names if len(names) <= 3 else [*names[:2], _("%(n)d others") % {"n": len(names) - 2}]
    return _(" and ").join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def opening_and_closing(lines: list[Line]) -> tuple[int, int]:
    """The balance before the oldest and after the latest of these lines (latest first; at least one), in minutes."""
    oldest = lines[-1]
    return oldest.balance_after - oldest.minutes, lines[0].balance_after
