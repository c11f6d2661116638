"""Everything that moves or holds credits. Amounts are minutes; 60 are one credit.

The work is done by the SQL functions of migration 0002, each in one round trip and each a single statement, so these
functions need no transaction of their own and take part in the caller's. What a function refuses changes nothing, and
the caller's transaction lives on: a caller may catch `NotEnough` and go on. A transfer is its own audit: it keeps who,
on whose behalf, why and when, and nobody can change it.

Lock order: lock the exchange (or session) first, then call these; they lock accounts by id, then holds.
"""

import datetime as dt
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import has_any_role
from timebank.models import Account, Entry, Hold, LedgerCheck, Policy, Pot, Transfer, WaitingCredit
from timebank.queries import verification
from ui.errors import DomainError, Invalid
from ui.formats import hours

LARGEST = 2_000_000_000  # minutes in one leg; what the column holds


class NotEnough(DomainError):
    """The account cannot pay or promise so much. `available` is what it could, `missing` the rest, in minutes: for the
    caller. Only whoever owns the account, looks after it or works on the desk reads them in the message."""

    def __init__(self, account_id: UUID, available: int, missing: int, by: Any):
        self.account_id, self.available, self.missing = account_id, available, missing
        if not _may_know(account_id, by):
            super().__init__(_("There are too few credits to pay for this at the moment. Nothing was changed."))
            return
        super().__init__(
            _("There is not enough in the account: %(available)s can be spent, and %(missing)s is missing.")
            % {"available": hours(max(available, 0)), "missing": hours(missing)}
        )


class KeyUsed(DomainError):
    """The idempotency key was used before, for something else."""


# What stood in the way, as the SQL functions and the constraints name it -> (error, what a person reads).
REFUSALS = {
    "key_used": (KeyUsed, "This was sent before with other details. Nothing was changed. Open the page again."),
    "closed": (DomainError, "This account is closed, so no credits can move into it or out of it."),
    "no_account": (DomainError, "There is no such account."),
    "hold_ended": (DomainError, "These credits are no longer held. Look at the exchange to see what happened."),
    "settled": (DomainError, "This exchange is settled already."),
    "reversed": (DomainError, "This has been reversed already."),
}
CONSTRAINTS = {
    "idempotency_key_once": "key_used",
    "transfer_exchange_settles_once": "settled",
    "transfer_reversed_once": "reversed",
    "transfer_settles_hold_once": "hold_ended",
}


def _may_know(account_id: UUID, by: Any) -> bool:
    """Whether a refusal may tell this person what is in the account; the platform (None) tells nobody else."""
    pk = _id(by)
    if pk is None:
        return True
    own = Q(member=pk) | Q(pot__stewards__user=pk, pot__stewards__until=None)
    return Account.objects.filter(own, pk=account_id).exists() or has_any_role(by, ["broker", "administrator"])


def _refuse(refused: str, detail: str | None, by: Any = None) -> None:
    """Raises the domain error for what a SQL function refused to this person; `detail` is JSON."""
    if refused == "not_enough" and detail is not None:
        numbers = json.loads(detail)
        raise NotEnough(UUID(numbers["account"]), numbers["available"], numbers["missing"], by)
    error, message = REFUSALS[refused]
    raise error(_(message))


class _PreparedCursor(ServerBindingCursor):
    """Parameters go beside the statement, which the server parses and plans once for each connection. (Django's own
    cursors write them into it, and switch preparing off for the connection; they never look at this number.)"""

    def execute(self, query: Any, params: Any = None) -> Any:
        self.connection.prepare_threshold = 0  # type: ignore[attr-defined]  # psycopg's, which the stubs leave out
        return super().execute(query, params, prepare=True, binary=True)  # type: ignore[misc]  # the same


def _cursor() -> CursorWrapper:
    """A prepared cursor; Django's own where it logs queries, which shows the statement with its parameters."""
    connection.ensure_connection()
    if connection.queries_logged:
        return connection.cursor()
    return connection.make_cursor(_PreparedCursor(connection.connection))  # type: ignore[arg-type,call-arg]  # the same


def _call(sql: str, params: list) -> tuple:
    """The one row that a SQL function answers with: one statement, one round trip."""
    try:
        with _cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchone()
    except IntegrityError as error:  # lost a race that no lock covers
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if constraint not in CONSTRAINTS:
            raise
        _refuse(CONSTRAINTS[constraint], None)
        raise


def _id(thing: Any) -> Any:
    """The primary key of a model instance, or what was given where it is an id or None already."""
    return getattr(thing, "pk", thing)


def check_minutes(minutes: Any) -> None:
    """Raises Invalid (minutes) unless this is a whole number of minutes that can be moved."""
    if isinstance(minutes, bool) or not isinstance(minutes, int):
        raise Invalid(_("Time is counted in whole minutes."), field="minutes")
    if not 0 < minutes <= LARGEST:
        raise Invalid(_("Give a time of more than 0 minutes."), field="minutes")


def _check_legs(legs: list[tuple[UUID, int]]) -> None:
    for _account, minutes in legs:
        check_minutes(abs(minutes) if isinstance(minutes, int) else minutes)
    if len(legs) < 2 or sum(minutes for _account, minutes in legs) != 0:
        raise Invalid(_("What leaves one account must arrive in another."))
    if len({account for account, _minutes in legs}) < len(legs):
        raise Invalid(_("An account cannot pay itself."))


def _check_key(key: str) -> None:
    if not key or len(key) > 200:
        raise Invalid(_("The form is out of date. Open the page again."))


def account_for(*, member: Any = None, pot: Pot | None = None) -> Account:
    """The account of a member or of a pot, opened on first use with the floor that the policy says (a pot has 0)."""
    if (member is None) == (pot is None):
        raise ValueError("Name a member or a pot, and not both.")
    owner = {"member": member} if pot is None else {"pot": pot}
    return Account.objects.filter(**owner).first() or _open_account(owner, is_pot=pot is not None)


@transaction.atomic
def _open_account(owner: dict, *, is_pot: bool) -> Account:
    floor = 0
    if not is_pot:  # locked, so that a new policy that is being published misses no account
        floor = Policy.objects.select_for_update().in_force().member_floor
    account, opened = Account.objects.get_or_create(**owner, defaults={"floor": floor})
    if opened:  # the database writes the floor of somebody who is known, or not
        account.refresh_from_db(fields=["known", "floor"])
    return account


@transaction.atomic
def accounts_for(members: Sequence[Any]) -> dict[Any, Account]:
    """The accounts of many members by their ids, those that are missing opened as `account_for` opens one: for imports."""
    of_these = Account.objects.filter(member__in=members)
    there = set(of_these.values_list("member_id", flat=True))
    missing = [member for member in members if member.pk not in there]
    if missing:
        floor = Policy.objects.select_for_update().in_force().member_floor
        Account.objects.bulk_create(
            [Account(member=member, floor=floor) for member in missing], batch_size=1000, ignore_conflicts=True
        )
    return {account.member_id: account for account in of_these}


def system_account(name: str) -> Account:
    """One of the two system accounts: `Account.ISSUANCE` or `Account.COMMUNITY_POT`."""
    return Account.objects.get(system=name)


POST = (
    "SELECT refused, detail::text, transfer_id, at, replayed FROM public.ledger_post("
    "%s, %s::uuid[], %s::integer[], %s::uuid, %s, %s::uuid, %s, %s::uuid, %s::uuid, %s::uuid, %s::timestamptz)"
)
FIELDS = [field.attname for field in Transfer._meta.concrete_fields]


def _array(values: Iterable[Any]) -> str:
    """Ids or numbers as PostgreSQL writes an array: cheaper than letting the driver look at each."""
    return f"{{{','.join(map(str, values))}}}"


def _text(identifier: Any) -> str | None:
    """The id of a model instance, or an id, as text; None stays None."""
    return None if identifier is None else str(_id(identifier))


def post(
    *,
    kind: str,
    legs: Iterable[tuple[UUID, int]],
    by: Any,
    key: str,
    on_behalf_of: Any = None,
    memo: str = "",
    exchange: Any = None,
    reverses: Transfer | None = None,
    ends_hold: Hold | UUID | None = None,
    at: dt.datetime | None = None,
) -> Transfer:
    """Moves credits: the one door for every posting, in one round trip.

    `legs` are (account id, minutes), positive into the account and negative out of it; they sum to 0. `by` is a user,
    or None for the platform. The same `key` with the same request gives the first transfer again (`replayed` is then
    true) and moves nothing. `ends_hold` is the active hold that this pays: it becomes `settled`, and its minutes are
    free for this transfer. An exchange settles once, with kind `exchange`; what a dispute adds later is an
    `adjustment` with the same exchange. `at` is for records of the past (imports, demonstration data).

    Raises Invalid for amounts that cannot be or a missing reason, NotEnough (409) with what is available and missing, KeyUsed, and
    DomainError where an account is closed, the hold has ended, or the exchange is settled or reversed already.
    """
    legs = sorted(legs)  # the same request has the same hash, however its legs are ordered
    _check_legs(legs)
    _check_key(key)
    if kind in Transfer.NEED_A_REASON and not memo.strip():
        raise Invalid(_("Say why, so that everybody can see it."), field="memo")
    who, whose, about, undone, paid = (_text(thing) for thing in (by, on_behalf_of, exchange, reverses, ends_hold))
    params = [
        str(kind), _array(account for account, _minutes in legs), _array(minutes for _account, minutes in legs), who, key,
        whose, memo, about, undone, paid, at,
    ]  # fmt: skip
    refused, detail, transfer_id, created_at, replayed = _call(POST, params)
    if refused:
        _refuse(refused, detail, by)
    transfer = Transfer.from_db(
        connection.alias,
        FIELDS,
        (
            transfer_id, kind, len(legs), _id(by), _id(on_behalf_of), memo, _id(exchange), _id(reverses), _id(ends_hold),
            created_at,
        ),
    )  # fmt: skip
    transfer.replayed = bool(replayed)
    return transfer


@dataclass(frozen=True)
class Past:
    """One transfer of the past, between two accounts: see `post_past`."""

    kind: str
    payer: UUID
    payee: UUID
    minutes: int
    key: str
    memo: str
    at: dt.datetime


POST_PAST = """
SELECT p.refused, p.detail::text
FROM unnest(%s::text[], %s::uuid[], %s::uuid[], %s::integer[], %s::text[], %s::text[], %s::timestamptz[])
     WITH ORDINALITY AS r (kind, payer, payee, minutes, key, memo, at, place)
CROSS JOIN LATERAL public.ledger_post(
    r.kind, ARRAY[least(r.payer, r.payee), greatest(r.payer, r.payee)],
    CASE WHEN r.payer < r.payee THEN ARRAY[-r.minutes, r.minutes] ELSE ARRAY[r.minutes, -r.minutes] END,
    NULL, r.key, NULL, r.memo, NULL, NULL, NULL, r.at) AS p
"""


@transaction.atomic
def post_past(rows: Sequence[Past]) -> None:
    """Posts transfers of the past in the order given, by the platform, in one round trip: for imports. Each is posted by
    the same function, and so by the same rules and keys, as `post`; all of them are kept or none.

    Lock the accounts first (`lock_all`), and post a few thousand at most in one transaction: each makes another version of
    its accounts' rows, and one that is in them all (issuance) has to be found among its versions. Raises what `post`
    raises, for the first that is refused."""
    for row in rows:
        _check_legs([(row.payer, -row.minutes), (row.payee, row.minutes)])
        _check_key(row.key)
        if row.kind in Transfer.NEED_A_REASON and not row.memo.strip():
            raise Invalid(_("Say why, so that everybody can see it."), field="memo")
    columns = [[getattr(row, field.name) for row in rows] for field in fields(Past)]
    columns[0] = [str(kind) for kind in columns[0]]
    with connection.cursor() as cursor:
        cursor.execute(POST_PAST, columns)
        answers = cursor.fetchall()
    for refused, detail in answers:
        if refused:
            _refuse(refused, detail)


def lock_all(account_ids: Iterable[UUID]) -> None:
    """Locks accounts in id order, as everybody does, so that nobody waits in a circle."""
    rows = Account.objects.select_for_update(no_key=True).filter(pk__in=set(account_ids)).order_by("pk")
    list(rows.values_list("pk"))


PLACE = (
    "SELECT refused, detail::text, hold_id FROM public.ledger_place_hold("
    "%s::uuid, %s::integer, %s::uuid, %s::uuid, %s, %s::timestamptz, %s::uuid)"
)
CHANGE = (
    "SELECT refused, detail::text, hold_id FROM public.ledger_change_hold("
    "%s::uuid, %s, %s::integer, %s::uuid, %s, %s::timestamptz)"
)


def _hold(sql: str, params: list, by: Any) -> Hold:
    refused, detail, hold_id = _call(sql, params)
    if refused:
        _refuse(refused, detail, by)
    return Hold.objects.get(pk=hold_id)


def place_hold(
    *,
    account_id: UUID,
    minutes: int,
    by: Any,
    key: str,
    exchange: Any = None,
    group_session: Any = None,
    at: dt.datetime | None = None,
) -> Hold:
    """Promises `minutes` of an account to an exchange, or to a group session (once while it is active), so that whoever
    accepts work can be sure of being paid.

    Raises Invalid, NotEnough with what is missing, KeyUsed, or DomainError for a closed account."""
    check_minutes(minutes)
    _check_key(key)
    return _hold(PLACE, [account_id, minutes, _id(exchange), _id(by), key, at, _id(group_session)], by)


def grow_hold(*, hold_id: UUID, minutes: int, by: Any, key: str) -> Hold:
    """Raises an active hold to `minutes` in all. Raises Invalid where that is less than is held, NotEnough with what
    is missing, or DomainError where the hold has ended."""
    check_minutes(minutes)
    _check_key(key)
    held = Hold.objects.values_list("minutes", flat=True).filter(pk=hold_id).first()
    if held is not None and minutes < held:
        raise Invalid(_("A hold can only grow. Pay less when it is settled, and the rest is free again."), "minutes")
    return _hold(CHANGE, [hold_id, Hold.State.ACTIVE.value, minutes, _id(by), key, None], by)


def end_hold(*, hold_id: UUID, state: str, by: Any, key: str, at: dt.datetime | None = None) -> Hold:
    """Ends an active hold as `released` or `expired`; its credits are free again. (Paying it: `post(ends_hold=)`.)
    Raises DomainError where it has ended already."""
    if state not in (Hold.State.RELEASED, Hold.State.EXPIRED):
        raise ValueError("A hold is ended as released or expired; post(ends_hold=) settles it.")
    _check_key(key)
    return _hold(CHANGE, [hold_id, str(state), None, _id(by), key, at], by)


@transaction.atomic
def reverse(*, transfer: Transfer, by: Any, reason: str, key: str, on_behalf_of: Any = None) -> Transfer:
    """Undoes a transfer whole, by its exact mirror. It may take an account under its floor (`Account.under_floor`
    finds them; tell the member). Raises Invalid without a reason, DomainError where it was reversed already, is a
    reversal itself, or touches a closed account."""
    if not reason.strip():
        raise Invalid(_("Say why this is reversed."), field="reason")
    if transfer.kind == Transfer.Kind.REVERSAL:
        raise DomainError(_("A reversal cannot be reversed. Record what should have happened instead."))
    mirror = [(e.account_id, -e.minutes) for e in Entry.objects.filter(transfer=transfer)]
    reversal = post(
        kind=Transfer.Kind.REVERSAL, legs=mirror, by=by, key=key, on_behalf_of=on_behalf_of, memo=reason,
        exchange=transfer.exchange_id, reverses=transfer,
    )  # fmt: skip
    if not reversal.replayed:
        record(
            by=by,
            verb="timebank.transfer.reversed",
            obj=transfer,
            on_behalf_of=on_behalf_of,
            by_transfer=str(reversal.pk),
        )
    return reversal


def _locked(*accounts: Account) -> list[Account]:
    """The same accounts, locked in id order and read again."""
    ids = [account.pk for account in accounts]
    fresh = {a.pk: a for a in Account.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")}
    return [fresh[pk] for pk in ids]


@transaction.atomic
def close_account(*, account: Account, by: Any, key: str, to_pot: Pot | None = None) -> Account:
    """Empties an account and closes it for good. Credits that are left go to `to_pot` (default: the community pot);
    a debt is written off by the community pot, and by issuance only where that is empty. What waits until somebody is
    known goes to the community pot whatever the wish: it cannot be passed on. Raises DomainError while
    credits are held: end the open exchanges first."""
    community, issuance = system_account(Account.COMMUNITY_POT), system_account(Account.ISSUANCE)
    heir = account_for(pot=to_pot) if to_pot is not None else community
    account, community, issuance, heir = _locked(account, community, issuance, heir)
    if account.closed_at is not None:
        return account
    if account.held:
        raise DomainError(
            _("%(time)s is still held for open exchanges. End those first.") % {"time": hours(account.held)}
        )
    waiting = WaitingCredit.objects.filter(payee=account, ended_at=None)
    kept_back = min(sum(waiting.values_list("minutes", flat=True)), max(account.balance, 0))
    waiting.update(ended_at=timezone.now(), outcome=WaitingCredit.Outcome.LEFT)
    if account.balance > 0:
        shares = {heir.pk: account.balance - kept_back}
        shares[community.pk] = shares.get(community.pk, 0) + kept_back  # nobody passes on what waited
        post(
            kind=Transfer.Kind.LEAVER_SWEEP, by=by, key=key,
            legs=[(account.pk, -account.balance), *((pk, minutes) for pk, minutes in shares.items() if minutes)],
        )  # fmt: skip
    elif account.balance < 0:
        debt = -account.balance
        shared = min(debt, max(community.available, 0))
        legs = [(account.pk, debt), (community.pk, -shared), (issuance.pk, shared - debt)]
        post(
            kind=Transfer.Kind.WRITE_OFF, by=by, key=key, memo="A leaver's debt",
            legs=[(pk, minutes) for pk, minutes in legs if minutes],
        )  # fmt: skip
    account.closed_at = timezone.now()
    Account.objects.filter(pk=account.pk).update(closed_at=account.closed_at)
    record(by=by, verb="timebank.account.closed", obj=account, minutes=account.balance)
    account.refresh_from_db()
    return account


def check_and_record() -> LedgerCheck:
    """Recomputes all eight invariants from the entries and keeps what was found: the nightly task calls this."""
    began = time.monotonic()
    findings = verification.findings()
    return LedgerCheck.objects.create(
        seconds=round(time.monotonic() - began, 3),
        entries=Entry.objects.count(),
        findings=[finding.as_dict() for finding in findings[:1000]],
        found=len(findings),
    )
