"""The statement of an account: what came in and went out, in words, with the balance after each.

An account may have 100,000 entries, so a page is found by the version of its first or last entry (the key of Entry), never
by counting past the others, and nothing is ever counted whole."""

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, TextField, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models.reference import PlainText
from people.rules import has_any_role
from timebank.models import Account, Entry, Exchange, Pot, Transfer
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
    """One entry as a reader sees it. `minutes` in is positive; `undone` and `undoes` name the other half of a reversal,
    with where that stands in this statement."""

    entry: Entry
    words: str
    what: str  # what the exchange was about; empty where that was not said
    url: str
    who: str
    note: str
    undone: "Half | None" = None
    undoes: "Half | None" = None

    @property
    def version(self) -> int:
        return self.entry.account_version

    @property
    def at(self) -> dt.datetime:
        return self.entry.transfer.created_at


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
    """The entries of an account that the filters leave, latest first, without what a line needs (`_dressed` adds it)."""
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


def _dressed(rows: QuerySet[Entry]) -> QuerySet[Entry]:
    """With all that a line says, in three more queries however many rows."""
    exchange = [f"transfer__exchange__{name}" for name in Exchange.NAMED_BY]
    return rows.select_related(*exchange, "transfer__reverses", "transfer__group_session").prefetch_related(
        Prefetch(
            "transfer__entries",
            Entry.objects.select_related("account__member", "account__pot").order_by("account_id"),
        ),
        Prefetch("transfer__reversals", Transfer.objects.order_by("id")),
    )


def page(
    account: Account,
    filters: Filters = Filters(),
    *,
    before: int | None = None,
    after: int | None = None,
    size: int = PAGE,
) -> Page:
    """`size` lines older than the entry `before`, or newer than `after`, or the latest. At most six queries, whose cost
    does not grow with the account where nothing is filtered."""
    rows = _dressed(entries(account, filters))
    if after is not None and before is None:
        found = list(rows.filter(account_version__gt=after).order_by("account_version")[: size + 1])
        more_newer, more_older = len(found) > size, True
        found = found[:size][::-1]
    else:
        if before is not None:
            rows = rows.filter(account_version__lt=before)
        found = list(rows[: size + 1])
        more_newer, more_older = before is not None, len(found) > size
        found = found[:size]
    return Page(
        lines=_lines(account, found),
        newer={"after": found[0].account_version} if found and more_newer else None,
        older={"before": found[-1].account_version} if found and more_older else None,
    )


def every_line(account: Account, filters: Filters) -> Iterator[Line]:
    """All lines, latest first, read `CHUNK` entries at a time: for a download."""
    rows, before = _dressed(entries(account, filters)), None
    while True:
        part = rows if before is None else rows.filter(account_version__lt=before)
        found = list(part[:CHUNK])
        yield from _lines(account, found)
        if len(found) < CHUNK:
            return
        before = found[-1].account_version


def _lines(account: Account, found: list[Entry]) -> list[Line]:
    related = {half.pk for entry in found for half in _halves(entry.transfer)}
    places = dict(
        Entry.objects.filter(account=account, transfer__in=related).values_list("transfer_id", "account_version")
    ) if related else {}  # fmt: skip
    return [_line(account, entry, places) for entry in found]


def _halves(transfer: Transfer) -> list[Transfer]:
    return [*transfer.reversals.all(), *([transfer.reverses] if transfer.reverses else [])]


def _line(account: Account, entry: Entry, places: dict[Any, int]) -> Line:
    transfer, exchange = entry.transfer, entry.transfer.exchange
    who = _others(entry)
    came_in, kind = entry.minutes > 0, transfer.kind
    undone = next(iter(transfer.reversals.all()), None)
    if transfer.reverses:
        came_in, kind = not came_in, transfer.reverses.kind  # said as what it takes back
    names = {
        "who": who,
        "helper": str(exchange.provider) if exchange else who,
        "helped": _helped(exchange, who),
    }
    said = PUT_RIGHT[came_in] if kind == K.ADJUSTMENT and exchange is None else WORDS[kind, came_in]
    words = str(said[0 if account.pot_id is None else 1]) % names
    if transfer.reverses:
        words = _("Taken back: “%(what)s”") % {"what": words}
    return Line(
        entry=entry,
        words=words,
        what=exchange.title if exchange and (exchange.label or exchange.listing or exchange.purpose) else "",
        url=_page_of(transfer),
        who=who,
        note=transfer.memo,
        undone=_half(undone, undone.memo, places) if undone else None,
        undoes=_half(transfer.reverses, "", places) if transfer.reverses else None,
    )


def _page_of(transfer: Transfer) -> str:
    """Where to read what the credits moved for; empty where there is no such page."""
    if transfer.exchange:
        return reverse("timebank:exchange", args=[transfer.exchange.pk])
    session = getattr(transfer, "group_session", None)
    return reverse("timebank:group_session", args=[session.pk]) if session else ""


def _half(transfer: Transfer, why: str, places: dict[Any, int]) -> Half:
    return Half(at=transfer.created_at, why=why, version=places[transfer.pk])


def _others(entry: Entry) -> str:
    """Who is on the other side: up to three names, then how many more."""
    names = [
        str(other.account) if other.account.system != Account.ISSUANCE else _("the platform")
        for other in entry.transfer.entries.all()
        if (other.minutes < 0) != (entry.minutes < 0)
    ]
    shown = names if len(names) <= 3 else [*names[:2], _("%(n)d others") % {"n": len(names) - 2}]
    return _(" and ").join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _helped(exchange: Exchange | None, who: str) -> str:
    """Who received the time, and the pot that paid for it."""
    if exchange is None:
        return who
    if exchange.pot:
        return _("%(name)s, paid by %(pot)s") % {"name": exchange.receiver, "pot": exchange.pot}
    return str(exchange.receiver)


def opening_and_closing(lines: list[Line]) -> tuple[int, int]:
    """The balance before the oldest and after the latest of these lines (latest first; at least one), in minutes."""
    oldest = lines[-1].entry
    return oldest.balance_after - oldest.minutes, lines[0].entry.balance_after
