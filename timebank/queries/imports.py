"""What an uploaded file would do, row by row, without doing it. Each reader returns a `Plan`: rows that are all right, and
problems named by line and reason. `actions.imports` does a plan that has no problem. Its rows are in the same order each time
that the same file is read, whatever of it was done meanwhile.

Rules of the TimeOverflow file. Its columns are source_id, source_type, destination_id, destination_type, amount (seconds),
created_at, reason, post_id, with or without a line of headings; a member's id is the one in the members file of the same
source. What the organisation paid out is a grant, since it had made those hours; what was paid to it goes to the community
pot. Seconds that are not whole minutes are rounded to the nearest minute, half minutes down, and named; what rounds to
nothing is refused. A row is itself and its number among equal rows of the file: the same row of the same source never
moves twice, in this file or another one.
"""

import csv
import datetime as dt
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from core import addresses, names
from people.models import Skill, User
from timebank.forms.fields import ExactHoursField
from timebank.models import Account, IdempotencyKey, Import, ImportedId, Listing, Policy
from ui.asked import as_number
from ui.formats import hours

MOST_ROWS = 50_000
KEPT = 1_000  # problems and notes that are kept by name; the rest is counted
CHUNK = 5_000
MOST_MINUTES = 1_000_000  # of one opening balance or transfer
TRANSFER_COLUMNS = [
    "source_id", "source_type", "destination_id", "destination_type", "amount", "created_at", "reason", "post_id",
]  # fmt: skip
COLUMNS = {
    Import.Kind.MEMBERS: (["name"], ["id", "email", "balance"]),
    Import.Kind.LISTINGS: (["member", "kind", "title"], ["description", "skills", "hours", "mode", "place"]),
    Import.Kind.TRANSFERS: (TRANSFER_COLUMNS[:6], TRANSFER_COLUMNS[6:]),
}  # (needed, possible) column headings


@dataclass
class Plan:
    """What a file would do. `rows` are the plans of single rows, of the kind that the file is."""

    rows: list[Any] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)

    def problem(self, line: int, words: str) -> None:
        self.problems.append((line, words))

    def note(self, line: int, words: str) -> None:
        self.notes.append((line, words))


@dataclass(frozen=True)
class MemberRow:
    line: int
    external_id: str
    name: str
    email: str
    minutes: int  # the opening balance; may be negative
    user: User | None  # who is here already
    key: str  # of the opening balance
    granted: bool  # it has been posted before


@dataclass(frozen=True)
class ListingRow:
    line: int
    user: User
    kind: str
    title: str
    description: str
    skills: list[Skill]
    minutes: int | None
    mode: str
    place: str
    key: str
    posted: bool


@dataclass(frozen=True)
class TransferRow:
    line: int
    payer: User | None  # None: the organisation
    payee: User | None
    minutes: int
    at: dt.datetime
    memo: str
    key: str
    moved: bool


class Unreadable(Exception):
    """The file as a whole cannot be read; the message says why."""


def plan(upload: Import) -> Plan:
    """What this file would do now."""
    found = Plan()
    try:
        lines = list(_lines(bytes(upload.content), upload.kind))
    except Unreadable as error:
        found.problem(1, str(error))
        return found
    if not lines:
        found.problem(1, _("The file has no rows."))
    READERS[Import.Kind(upload.kind)](found, lines, upload.source)
    return found


# ── reading CSV ──


def _lines(content: bytes, kind: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, cells by heading) of every row that is not empty. Commas or semicolons, UTF-8 or Windows letters."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise Unreadable(_("This is not a CSV file. Save the sheet as “CSV UTF-8” and upload that."))
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    needed, possible = COLUMNS[Import.Kind(kind)]
    headings: list[str] | None = None
    rows, began = 0, 1
    try:
        for cells in reader:
            line, began = began, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if headings is None:
                headings = [cell.strip().lower().replace(" ", "_") for cell in cells]
                if kind == Import.Kind.TRANSFERS and "source_id" not in headings:
                    headings = TRANSFER_COLUMNS  # as TimeOverflow's own importer reads it: by position
                else:
                    _check_headings(headings, needed, possible)
                    continue
            rows += 1
            if rows > MOST_ROWS:
                raise Unreadable(_("The file has more than 50,000 rows. Split it, and import the older part first."))
            yield line, {name: cell.strip() for name, cell in zip(headings, cells, strict=False)}
    except csv.Error as error:
        raise Unreadable(_("This is not a CSV file that we can read: %(why)s.") % {"why": error}) from error


def _check_headings(headings: list[str], needed: list[str], possible: list[str]) -> None:
    missing = [name for name in needed if name not in headings]
    if missing:
        raise Unreadable(_("The first line must name the columns. Missing: %(names)s.") % {"names": ", ".join(missing)})
    twice = [name for name, n in Counter(headings).items() if n > 1 and name in {*needed, *possible}]
    if twice:
        raise Unreadable(_("A column is there twice: %(names)s.") % {"names": ", ".join(twice)})


def minutes_of(text: str) -> int:
    """A balance in minutes, "3.5", "1 h 30" or "-2"; 0 where it is empty. Raises ValueError with a sentence."""
    text = text.strip()
    sign = -1 if text[:1] in {"-", "−"} else 1
    text = text.lstrip("-−+ ")
    if not text or text.strip("0.,: h") == "":
        return 0
    try:
        return sign * (ExactHoursField(max_minutes=MOST_MINUTES).clean(text) or 0)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error


def source_name(name: str) -> str:
    """How a source is kept: "The  Bank" and "the bank" are one."""
    return " ".join(name.split()).lower()


def key_of(source: str, what: str, *parts: str) -> str:
    """The idempotency key of one row: the source, and a digest of what the row is."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
    return f"import:{slugify(source_name(source))[:40]}:{what}:{digest}"


def _used(keys: Iterable[str]) -> set[str]:
    """Which of these rows have moved hours before."""
    keys, used = list(keys), set()
    for start in range(0, len(keys), CHUNK):
        found = IdempotencyKey.objects.filter(actor=None, key__in=keys[start : start + CHUNK])
        used |= set(found.values_list("key", flat=True))
    return used


def _known(source: str) -> dict[str, User]:
    """Open accounts by their id in the other system."""
    rows = ImportedId.objects.filter(source=source_name(source), user__closed_at=None).select_related("user")
    return {row.external_id: row.user for row in rows}


def _by_email(typed: Iterable[str]) -> dict[str, User]:
    """Whoever has one of these addresses, by its normal form."""
    found: dict[str, User] = {}
    wanted = sorted({addresses.known_as(address) for address in typed} - {""})
    for start in range(0, len(wanted), CHUNK):
        rows = User.objects.filter(email__in=wanted[start : start + CHUNK])
        found |= {row.email: row for row in rows if row.email}
    return found


def accounts_of(users: Iterable[User]) -> dict[Any, Account]:
    """Their accounts by member id, where they have one."""
    found: dict[Any, Account] = {}
    ids = [user.pk for user in users]
    for start in range(0, len(ids), CHUNK):
        found |= {a.member_id: a for a in Account.objects.filter(member__in=ids[start : start + CHUNK])}
    return found


# ── members and opening balances ──


def read_members(found: Plan, lines: list[tuple[int, dict[str, str]]], source: str) -> None:
    """Columns: name, and id or email or both; balance in hours."""
    known = _known(source)
    here = _by_email(cells.get("email", "") for _line, cells in lines)
    keys = {
        line: key_of(source, "opening", cells.get("id") or addresses.known_as(cells.get("email", "")))
        for line, cells in lines
    }
    used = _used(keys.values())
    floor = Policy.objects.in_force().member_floor
    accounts = accounts_of([*known.values(), *here.values()])
    seen: dict[str, int] = {}
    for line, cells in lines:
        row = _member_row(line, cells, known, here, keys[line], keys[line] in used)
        reason = row if isinstance(row, str) else _member_problem(row, cells, known, seen, accounts, floor)
        if reason:
            found.problem(line, reason)
        else:
            found.rows.append(row)
    fresh = [row for row in found.rows if row.minutes and not row.granted]
    found.totals = {
        "rows": len(lines),
        "new": sum(row.user is None for row in found.rows),
        "here": sum(row.user is not None for row in found.rows),
        "without_email": sum(not row.email and row.user is None for row in found.rows),
        "given": sum(row.minutes for row in fresh if row.minutes > 0),
        "owed": sum(-row.minutes for row in fresh if row.minutes < 0),
        "before": sum(row.granted for row in found.rows),
    }


def _member_row(line: int, cells: dict[str, str], known: dict, here: dict, key: str, granted: bool) -> MemberRow | str:
    """The row, or why it cannot be read."""
    try:
        minutes = minutes_of(cells.get("balance", ""))
    except ValueError as error:
        return _("The balance “%(typed)s”: %(why)s.") % {"typed": cells["balance"][:40], "why": str(error).rstrip(".")}
    typed, external = cells.get("email", ""), cells.get("id", "")
    try:
        email = addresses.normal(typed) if typed else ""
    except addresses.NotAnAddress as error:
        return _("“%(typed)s” is not an e-mail address. %(why)s") % {"typed": typed[:80], "why": error}
    user = known.get(external) or here.get(email)
    return MemberRow(line, external, cells.get("name", ""), email, minutes, user, key, granted)


def _member_problem(
    row: MemberRow, cells: dict, known: dict, seen: dict[str, int], accounts: dict[Any, Account], floor: int
) -> str:
    """Why this row may not be imported; nothing where it may. Remembers whom it has seen."""
    if not row.name:
        return _("There is no name.")
    if len(row.name) > 100:
        return _("The name is longer than 100 characters.")
    if problem := names.problem_with(row.name):
        return problem
    if not row.email and not row.external_id:
        return _("Give an id or an e-mail address, so that nobody is added twice.")
    if len(row.external_id) > 60:
        return _("The id is longer than 60 characters.")
    for mark in filter(None, (row.email, row.external_id and f"id {row.external_id}")):
        if mark in seen:
            return _("%(mark)s is on line %(line)s already.") % {"mark": mark, "line": seen[mark]}
    seen |= dict.fromkeys(filter(None, (row.email, row.external_id and f"id {row.external_id}")), row.line)
    mapped = known.get(row.external_id)
    if mapped and row.email and mapped.email and mapped.email != row.email:
        return _("The id %(id)s belongs to somebody with another e-mail address.") % {"id": row.external_id}
    if row.user and row.user.suspended_at:
        return _("%(name)s is paused here.") % {"name": row.user}
    account = accounts.get(row.user.pk) if row.user else None
    if row.minutes < 0 and not row.granted:
        available = account.available if account else -floor
        if available + row.minutes < 0:
            return _("A balance of %(time)s is under the floor of %(floor)s.") % {
                "time": hours(row.minutes),
                "floor": hours(floor),
            }
    return ""


# ── offers and requests ──

KINDS = {"offer": "offer", "offers": "offer", "request": "request", "want": "request", "inquiry": "request"}
MODES = {
    "": "remote",
    "online": "remote",
    "remote": "remote",
    "in person": "on_site",
    "on_site": "on_site",
    "both": "both",
}


def read_listings(found: Plan, lines: list[tuple[int, dict[str, str]]], source: str) -> None:
    """Columns: member (id or e-mail address), kind, title; description, skills (separated by ;), hours, mode, place."""
    known = _known(source)
    here = _by_email(cells.get("member", "") for _line, cells in lines)
    skills = {skill.slug: skill.merged_into or skill for skill in Skill.objects.select_related("merged_into")}
    listed = set(Listing.objects.filter(key__startswith="import:").values_list("key", flat=True))
    for line, cells in lines:
        try:
            row = _listing_row(line, cells, known, here, skills, listed, source)
        except ValueError as error:
            found.problem(line, str(error))
        else:
            found.rows.append(row)
            listed.add(row.key)  # the same line twice in one file is one listing
    found.totals = {
        "rows": len(lines),
        "offers": sum(row.kind == "offer" and not row.posted for row in found.rows),
        "requests": sum(row.kind == "request" and not row.posted for row in found.rows),
        "waiting": sum(row.user.conduct_accepted_at is None and not row.posted for row in found.rows),
        "before": sum(row.posted for row in found.rows),
    }


def _listing_row(
    line: int, cells: dict[str, str], known: dict, here: dict, skills: dict, listed: set, source: str
) -> ListingRow:
    """The row. Raises ValueError with why it cannot be imported."""
    who = cells.get("member", "")
    user = known.get(who) or here.get(addresses.known_as(who))
    if user is None:
        raise ValueError(_("Nobody with the id or e-mail address “%(typed)s” is here.") % {"typed": who[:80]})
    if not user.is_present:
        raise ValueError(_("%(name)s is paused or has left.") % {"name": user})
    kind = KINDS.get(cells.get("kind", "").lower())
    if kind is None:
        raise ValueError(_("The kind must be “offer” or “request”."))
    title = " ".join(cells.get("title", "").split())
    if not title or len(title) > 100:
        raise ValueError(_("The title must have 1 to 100 characters."))
    if len(cells.get("description", "")) > 4000:
        raise ValueError(_("The description is longer than 4,000 characters."))
    names = [name.strip() for name in cells.get("skills", "").split(";") if name.strip()]
    unknown = [name for name in names if slugify(name) not in skills]
    if unknown:
        raise ValueError(_("There is no skill called “%(name)s”.") % {"name": unknown[0][:60]})
    mode = MODES.get(cells.get("mode", "").lower())
    if mode is None:
        raise ValueError(_("The mode must be “online”, “in person” or “both”."))
    try:
        minutes = minutes_of(cells.get("hours", ""))
    except ValueError as error:
        raise ValueError(_("The hours: %(why)s.") % {"why": str(error).rstrip(".")}) from error
    if not 0 <= minutes <= 60_000:
        raise ValueError(_("The hours must be from 0 to 1,000."))
    key = key_of(source, "listing", str(user.pk), kind, title.lower())
    return ListingRow(
        line, user, kind, title, cells.get("description", ""), [skills[slugify(name)] for name in names],
        minutes or None, mode, "" if mode == "remote" else cells.get("place", "")[:100], key, key in listed,
    )  # fmt: skip


# ── TimeOverflow's transfers ──

ORGANISATION = "organization"


def whole_minutes(seconds: int) -> int:
    """The nearest minute, half minutes down: 90 s -> 1, 91 s -> 2, 30 s -> 0."""
    return (seconds + 29) // 60


def read_transfers(found: Plan, lines: list[tuple[int, dict[str, str]]], source: str) -> None:
    """Columns as at the top of this module. Payers are followed through time, so that none goes under their floor."""
    known = _known(source)
    times: Counter[str] = Counter()
    rows: list[TransferRow] = []
    rounded = 0
    now = timezone.now()
    for line, cells in lines:
        try:
            row, seconds = _transfer_row(line, cells, known, times, source, now)
        except ValueError as error:
            found.problem(line, str(error))
            continue
        if seconds != row.minutes * 60:
            rounded += row.minutes * 60 - seconds
            found.note(
                line, _("%(seconds)s seconds become %(time)s.") % {"seconds": seconds, "time": hours(row.minutes)}
            )
        rows.append(row)
    used = _used(row.key for row in rows)
    rows = [TransferRow(**{**vars(row), "moved": row.key in used}) for row in rows]
    rows.sort(key=lambda row: (row.at, row.line))
    _follow(found, rows)
    found.rows = rows
    fresh = [row for row in rows if not row.moved]
    found.totals = {
        "rows": len(lines),
        "new": len(fresh),
        "before": len(rows) - len(fresh),
        "minutes": sum(row.minutes for row in fresh),
        "granted": sum(row.minutes for row in fresh if row.payer is None),
        "to_pot": sum(row.minutes for row in fresh if row.payee is None),
        "people": len({user.pk for row in fresh for user in (row.payer, row.payee) if user}),
        "rounded_seconds": rounded,
    }


def _transfer_row(
    line: int, cells: dict[str, str], known: dict, times: Counter, source: str, now: dt.datetime
) -> tuple[TransferRow, int]:
    """The row and its seconds. Raises ValueError with why it cannot be imported."""
    payer, payee = (_side(cells, side, known) for side in ("source", "destination"))
    if payer == payee:
        raise ValueError(_("The hours go from somebody to themselves."))
    typed = cells.get("amount", "")
    seconds = as_number(typed, largest=10**18)
    if not seconds:
        raise ValueError(_("The amount “%(typed)s” is not a number of seconds above 0.") % {"typed": typed[:40]})
    minutes = whole_minutes(seconds)
    if minutes == 0:
        raise ValueError(_("%(seconds)s seconds are less than a minute.") % {"seconds": seconds})
    if minutes > MOST_MINUTES:
        raise ValueError(_("%(time)s is more than we can believe.") % {"time": hours(minutes)})
    at = _moment(cells.get("created_at", ""))
    if at > now:
        raise ValueError(_("The date %(date)s is in the future.") % {"date": cells["created_at"]})
    what = [cells.get(name, "") for name in TRANSFER_COLUMNS]
    mark = "\x1f".join(what)
    times[mark] += 1
    words = " ".join(cells.get("reason", "").split())
    memo = f"{' '.join(source.split())}: {words}" if words else _("From %(source)s") % {"source": source}
    return TransferRow(
        line, payer, payee, minutes, at, memo[:500], key_of(source, "transfer", *what, str(times[mark])), False
    ), seconds


def _side(cells: dict[str, str], side: str, known: dict[str, User]) -> User | None:
    kind = cells.get(f"{side}_type", "").lower()
    if kind == ORGANISATION:
        return None
    if kind not in {"member", "user", "account"}:
        raise ValueError(_("The type “%(typed)s” is neither Member nor Organization.") % {"typed": kind[:40]})
    external = cells.get(f"{side}_id", "")
    if external not in known:
        raise ValueError(
            _("Nobody here has the id “%(id)s”. Import the members of this source first.") % {"id": external[:60]}
        )
    return known[external]


def _moment(text: str) -> dt.datetime:
    """ "2019-03-04 10:11:12 UTC", ISO, or a day alone; without a zone it is London's."""
    try:
        at = dt.datetime.fromisoformat(text.strip().removesuffix("UTC").strip() + ("+00:00" if "UTC" in text else ""))
    except ValueError:
        raise ValueError(_("“%(typed)s” is not a date like 2019-03-04 10:11:12.") % {"typed": text[:40]}) from None
    return at if timezone.is_aware(at) else timezone.make_aware(at)


def _follow(found: Plan, rows: list[TransferRow]) -> None:
    """Names each row that would take its payer under their floor, given all that comes before it."""
    people = {user.pk: user for row in rows for user in (row.payer, row.payee) if user}
    floor = Policy.objects.in_force().member_floor
    accounts = accounts_of(people.values())
    free = {pk: accounts[pk].available if pk in accounts else -floor for pk in people}
    for row in rows:
        if row.moved:
            continue
        if row.payer is not None:
            free[row.payer.pk] -= row.minutes
            if free[row.payer.pk] < 0:
                found.problem(
                    row.line,
                    _("It would take %(name)s %(time)s under their floor. Give them an opening balance first.")
                    % {"name": row.payer, "time": hours(-free[row.payer.pk])},
                )
        if row.payee is not None:
            free[row.payee.pk] += row.minutes


READERS: dict[Import.Kind, Callable[[Plan, list[tuple[int, dict[str, str]]], str], None]] = {
    Import.Kind.MEMBERS: read_members,
    Import.Kind.LISTINGS: read_listings,
    Import.Kind.TRANSFERS: read_transfers,
}


# ── what pages say ──


def uploads() -> QuerySet[Import]:
    """Every file that was brought, latest first."""
    return Import.objects.defer("content").select_related("uploaded_by", "confirmed_by").order_by("-uploaded_at", "-id")


def export_for(user: User) -> list[dict[str, str]]:
    """Who somebody was in the system that they came from, for "download my data"."""
    rows = ImportedId.objects.filter(user=user).order_by("source", "external_id")
    return [{"from": row.source, "your_id_there": row.external_id} for row in rows]


def in_words(upload: Import) -> list[str]:
    """The totals as sentences, the important first; empty while it was not read."""
    t = upload.totals
    if not t:
        return []
    if upload.kind == Import.Kind.MEMBERS:
        said = [
            _("New people, who will be invited: %(new)s.") % t,
            _("Of them without an e-mail address, so that a broker acts for them: %(without_email)s.") % t
            if t["without_email"]
            else "",
            _("Here already, so that only their id is kept: %(here)s.") % t if t["here"] else "",
            _("Opening balances, granted as new credits: %(time)s.") % {"time": hours(t["given"])},
            _("Debts that are taken over, into the community pot: %(time)s.") % {"time": hours(t["owed"])}
            if t["owed"]
            else "",
            _("Had their opening balance from this source before, and get none now: %(before)s.") % t
            if t["before"]
            else "",
        ]
    elif upload.kind == Import.Kind.LISTINGS:
        said = [
            _("Offers: %(offers)s. Requests: %(requests)s.") % t,
            _("Waiting, paused, until their owner has agreed to the code of conduct: %(waiting)s.") % t
            if t["waiting"]
            else "",
            _("Imported before or twice in the file, and left alone: %(before)s.") % t if t["before"] else "",
        ]
    else:
        said = [
            _("Transfers: %(n)s, of %(time)s in all. People: %(people)s.")
            % {"n": t["new"], "time": hours(t["minutes"]), "people": t["people"]},
            _("Of it paid out by the organisation, so granted as new credits: %(time)s.")
            % {"time": hours(t["granted"])},
            _("Of it paid to the organisation, so into the community pot: %(time)s.") % {"time": hours(t["to_pot"])},
            _("Imported before, so that they do not move again: %(before)s.") % t if t["before"] else "",
            _("Rounding to whole minutes changes the sum by %(rounded_seconds)s seconds.") % t
            if t["rounded_seconds"]
            else "",
        ]
    return [words for words in said if words]
