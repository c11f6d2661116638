"""Tables that a broker takes away as CSV, a row at a time however long they are. Never with equality answers: they are
behind a wall of their own. Times are minutes."""

import csv
import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from people.models import User
from timebank.models import Entry, Exchange
from timebank.rules import State

CHUNK = 2000
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{MINUS SIGN}", "\N{FULLWIDTH EQUALS SIGN}")


def safe(cell: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(RISKY):
        return f"'{cell}"
    return cell


class _Line:
    """What csv.writer writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def as_csv(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """CSV line by line, beginning with the mark that makes spreadsheets read it as UTF-8."""
    writer = csv.writer(_Line())
    yield "\N{ZERO WIDTH NO-BREAK SPACE}"
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])


def _when(value: dt.datetime | None) -> str:
    return value.isoformat(timespec="seconds") if value else ""


def members(since: dt.date | None = None, until: dt.date | None = None) -> Iterator[list[Any]]:
    """Everybody with an open account, in the order in which they joined; `since` and `until` are about that day."""
    yield [
        "id", "name", "email", "joined", "last_signed_in", "on_board", "paused", "organisation", "region",
        "balance_minutes", "held_minutes", "given_minutes", "received_minutes",
    ]  # fmt: skip
    settled = Exchange.objects.filter(state=State.SETTLED).order_by()

    def total(side: str, **only: Any) -> Any:
        mine = settled.filter(**{side: OuterRef("pk")}, **only).values(side).annotate(m=Sum("settled_minutes"))
        return Coalesce(Subquery(mine.values("m"), output_field=IntegerField()), 0)

    rows = User.objects.filter(closed_at=None)
    rows = _between(rows, "joined_at", since, until).annotate(
        balance=Coalesce("time_account__balance", 0),
        held=Coalesce("time_account__held", 0),
        given=total("provider"),
        received=total("receiver", pot=None),
    )
    for user in rows.select_related("profile__organisation").order_by("joined_at", "id").iterator(chunk_size=CHUNK):
        profile = getattr(user, "profile", None)
        yield [
            str(user.pk), user.name, user.email or "", _when(user.joined_at), _when(user.last_login),
            "yes" if user.conduct_accepted_at else "no", "yes" if user.suspended_at else "no",
            str(profile.organisation or "") if profile else "", profile.region if profile else "",
            user.balance, user.held, user.given, user.received,
        ]  # fmt: skip


def exchanges(since: dt.date | None = None, until: dt.date | None = None) -> Iterator[list[Any]]:
    """Every exchange in the order in which it was proposed; no messages, no statements."""
    yield [
        "id", "title", "state", "provider_id", "provider", "receiver_id", "receiver", "pot", "purpose", "agreed_minutes",
        "settled_minutes", "proposed_at", "accepted_at", "settled_at", "provider_time", "receiver_time",
    ]  # fmt: skip
    rows = _between(Exchange.objects.all(), "proposed_at", since, until).select_related(*Exchange.NAMED_BY)
    for row in rows.order_by("proposed_at", "id").iterator(chunk_size=CHUNK):
        yield [
            str(row.pk), row.title, row.state, str(row.provider_id), str(row.provider), str(row.receiver_id),
            str(row.receiver), str(row.pot or ""), str(row.purpose or ""), row.minutes,
            row.settled_minutes if row.settled_minutes is not None else "",
            _when(row.proposed_at), _when(row.accepted_at), _when(row.settled_at), row.provider_time, row.receiver_time,
        ]  # fmt: skip


def transfers(since: dt.date | None = None, until: dt.date | None = None) -> Iterator[list[Any]]:
    """Every entry of the books, one line each, in the order of their transfers: the lines of a transfer sum to 0."""
    yield [
        "transfer_id", "kind", "at", "account_id", "account", "minutes", "balance_after", "by", "on_behalf_of",
        "exchange_id", "reverses", "reason",
    ]  # fmt: skip
    rows = _between(Entry.objects.all(), "transfer__created_at", since, until)
    rows = rows.select_related("transfer__actor", "transfer__on_behalf_of", "account__member", "account__pot")
    for row in rows.order_by("transfer_id", "account_id").iterator(chunk_size=CHUNK):
        moved = row.transfer
        yield [
            str(moved.pk), moved.kind, _when(moved.created_at), str(row.account_id), str(row.account), row.minutes,
            row.balance_after, str(moved.actor or "the platform"), str(moved.on_behalf_of or ""),
            str(moved.exchange_id or ""), str(moved.reverses_id or ""), moved.memo,
        ]  # fmt: skip


def _between(rows: QuerySet, field: str, since: dt.date | None, until: dt.date | None) -> QuerySet:
    if since:
        rows = rows.filter(**{f"{field}__date__gte": since})
    if until:
        rows = rows.filter(**{f"{field}__date__lte": until})
    return rows


TABLES: dict[str, tuple[Any, Callable[..., Iterator[list[Any]]]]] = {
    "members": (_("Members: who, since when, balance; no equality answers"), members),
    "exchanges": (_("Exchanges: between whom, hours, what for; no messages"), exchanges),
    "transfers": (_("Transfers: every entry of the books"), transfers),
}
