"""Who may do what with an exchange, and when: one table of states, and pure arithmetic on minutes.

Nothing here reads the database. `TABLE` is the only description of how an exchange moves: `actions.exchanges` asks it,
`docs/exchanges.md` is written from it (`python -m timebank.rules`), and a test proves it complete and disjoint.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

MOST_MINUTES = 24 * 60  # of one exchange
# The policy in force has the last word on these four; the words of the table are those of the first policy.
ANSWER_DAYS = 14  # an unanswered proposal expires
SILENCE_DAYS = 14  # one side recorded hours and the other said nothing
UNDO_DAYS = 30  # what silence settled may be undone
FIRST_EXCHANGES = 2  # silence never settles in somebody's first two
LAPSE_DAYS = 30  # no hours recorded so long after the date …
LAPSE_DAYS_UNDATED = 90  # … or after acceptance where no date was agreed
WAITING_DAYS = 30  # hours agreed, credits short: then what is held is final
SILENCE_LONGEST_DAYS = 60  # … then a broker looks, however long the silent side is away
BACK_DAYS = 3  # whoever comes back from being away has these to answer
LATE_MINUTES = 24 * 60  # cancelling with less notice than this is late
STATEMENT_DAYS = 5  # both sides say what happened
DECIDE_DAYS = 10  # a broker decides
UNDECIDED_DAYS = 30  # nobody decided: what is held goes back
APPEAL_DAYS = 14  # one appeal against a decision
CLAIM_DAYS = 7  # a claim that is not decided is let go
CONTEST_DAYS = 7  # to say that it did happen
OFFLINE_DAYS = 30  # to say that what a broker recorded is wrong


class State(TextChoices):
    PROPOSED = "proposed", _("Waiting for an answer")
    ACCEPTED = "accepted", _("Agreed")
    DELIVERED = "delivered", _("Hours to confirm")
    SETTLED = "settled", _("Settled")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")
    CANCELLED = "cancelled", _("Cancelled")
    NO_SHOW = "no_show", _("Did not happen")
    DISPUTED = "disputed", _("With a broker")
    REVERSED = "reversed", _("Reversed")


class Why(TextChoices):
    """What kept somebody from coming. One word for illness, disability and caring: which of them is nobody's business."""

    DUTY = "duty", _("Called to clinical duty")
    HEALTH = "health", _("Illness, disability or caring for somebody")
    PLANS = "plans", _("My plans changed")
    OTHER = "other", _("Something else")


EXCUSED = frozenset({Why.DUTY, Why.HEALTH})  # always, without proof


class Absent(TextChoices):
    PROVIDER = "provider", _("Who was to give the time")
    RECEIVER = "receiver", _("Who was to receive it")
    BOTH = "both", _("We both could not make it")


DECIDERS = ("broker", "administrator")  # the roles that decide
DECIDED_BY_A_BROKER = frozenset({"settle", "split", "cancel"})
OPEN_STATES = frozenset({State.PROPOSED, State.ACCEPTED, State.DELIVERED, State.DISPUTED})


class Who(StrEnum):
    """A side of an exchange, or somebody outside it. A person may be several: the provider may have proposed."""

    PROPOSER = "who proposed"
    ANSWERER = "who was asked"
    PROVIDER = "who gives the time"
    RECEIVER = "who receives it"
    BROKER = "a broker or administrator who is not a party"
    PLATFORM = "the platform"


PARTIES = frozenset({Who.PROVIDER, Who.RECEIVER})


class Hours(StrEnum):
    """How the two records of hours stand, the new one included."""

    NONE = "none"
    ONE = "one side"
    AGREE = "agree"
    DIFFER = "differ"


@dataclass(frozen=True)
class Facts:
    """What the guards of the table look at; built under lock by `actions.exchanges`."""

    hours: Hours = Hours.NONE
    covered: bool = True  # the payer can pay what is due, with what is held for it
    answer_overdue: bool = False
    started: bool = True  # its time has come, or none was agreed
    record_overdue: bool = False
    silence_overdue: bool = False
    silence_may_settle: bool = False
    silence_longest: bool = False
    silent_away: bool = False  # the silent side is away, or came back a moment ago
    waiting_overdue: bool = False
    paid: bool = False  # something has been paid
    part_settled: bool = False  # hours that nobody disputes were paid: they stay whatever is decided
    reopened: bool = False  # what has been paid is itself in dispute
    heard: bool = True  # both sides have said what happened, or have had the time for it
    undecided: bool = False
    undo_open: bool = False
    appeal_open: bool = False
    offline_open: bool = False
    contest_open: bool = False
    excusable: bool = False
    claim_open: bool = False
    claim_overdue: bool = False
    owed_on_leaving: bool = False  # a side leaves the time bank: hours are paid, or due by the word of who stays


@dataclass(frozen=True)
class Guard:
    words: str
    holds: Callable[[Facts], bool]


ALWAYS = Guard("always", lambda f: True)
ANSWERABLE = Guard("the payer has the credits, and it has not expired", lambda f: f.covered and not f.answer_overdue)
UNANSWERED = Guard(f"unanswered for {ANSWER_DAYS} days", lambda f: f.answer_overdue)
STARTED = Guard("its time has come", lambda f: f.started)
UNRECORDED = Guard(
    f"no hours recorded {LAPSE_DAYS} days after the date ({LAPSE_DAYS_UNDATED} where none was agreed)",
    lambda f: f.record_overdue,
)
ONE_SIDE = Guard("the other side has not recorded hours yet", lambda f: f.hours in {Hours.NONE, Hours.ONE})
AGREED = Guard("both recorded, within the tolerance", lambda f: f.hours is Hours.AGREE and f.covered)
SHORT = Guard("both agree, but the payer lacks credits", lambda f: f.hours is Hours.AGREE and not f.covered)
DIFFERENT = Guard("both recorded, beyond the tolerance: the lower hours are paid", lambda f: f.hours is Hours.DIFFER)
AGREED_AFTER_ALL = Guard("both recorded, within the tolerance", lambda f: AGREED.holds(f) and not f.reopened)
STILL_OPEN = Guard(
    "the hours still differ, or the payer lacks credits", lambda f: not AGREED.holds(f) and not f.reopened
)
SILENT = Guard(
    f"one side silent for {SILENCE_DAYS} days, and not away: the lower of recorded and agreed hours, never above the hold",
    lambda f: f.hours is Hours.ONE and f.silence_overdue and f.silence_may_settle and not f.silent_away,
)
SILENT_REFERRED = Guard(
    f"one side silent for {SILENCE_DAYS} days in its first {FIRST_EXCHANGES} exchanges, or with a report, block or "
    f"suspension between the two; or away for {SILENCE_LONGEST_DAYS} days",
    lambda f: (
        f.hours is Hours.ONE
        and f.silence_overdue
        and (f.silence_longest if f.silent_away else not f.silence_may_settle)
    ),
)
SHORT_TOO_LONG = Guard(
    f"short of credits for {WAITING_DAYS} days: what is held is final", lambda f: SHORT.holds(f) and f.waiting_overdue
)
HEARD = Guard(f"both have said what happened, or {STATEMENT_DAYS} days have passed", lambda f: f.heard)
HEARD_NOTHING_STAYS = Guard("the same, and no hours are undisputed", lambda f: f.heard and not f.part_settled)
HEARD_PART_STAYS = Guard("the same: the undisputed hours stay paid", lambda f: f.heard and f.part_settled)
UNDECIDED_UNPAID = Guard(f"nobody decided for {UNDECIDED_DAYS} days", lambda f: f.undecided and not f.paid)
UNDECIDED_PAID = Guard(
    f"nobody decided for {UNDECIDED_DAYS} days: what was paid stays", lambda f: f.undecided and f.paid
)
APPEALABLE = Guard(f"a broker decided at most {APPEAL_DAYS} days ago: one appeal", lambda f: f.appeal_open)
OFFLINE = Guard(f"a broker recorded it for them at most {OFFLINE_DAYS} days ago", lambda f: f.offline_open)
CONTESTABLE = Guard(f"the other side said so at most {CONTEST_DAYS} days ago", lambda f: f.contest_open)
EXCUSABLE = Guard("they did not come or cancelled late, and have not said why", lambda f: f.excusable)
CLAIM_OPEN = Guard("the policy charges for it, and it is not decided", lambda f: f.claim_open)
CLAIM_OVERDUE = Guard(f"not decided for {CLAIM_DAYS} days", lambda f: f.claim_open and f.claim_overdue)
OWED = Guard("hours are due, or were paid", lambda f: f.owed_on_leaving)
NOT_OWED = Guard("nothing is due", lambda f: not OWED.holds(f))
UNDOABLE = Guard(f"silence settled it, at most {UNDO_DAYS} days ago", lambda f: f.undo_open)


@dataclass(frozen=True)
class Transition:
    """From one state to another by one event, if the guard holds, by any of `who`."""

    event: str
    source: State
    target: State
    who: frozenset[Who]
    when: Guard


def _rows(event: str, sources: Iterable[State], target: State, who: Iterable[Who], when: Guard) -> Iterator[Transition]:
    for source in sources:
        yield Transition(event, source, target, frozenset(who), when)


S = State
TABLE: tuple[Transition, ...] = (
    *_rows("accept", [S.PROPOSED], S.ACCEPTED, [Who.ANSWERER], ANSWERABLE),
    *_rows("decline", [S.PROPOSED], S.DECLINED, [Who.ANSWERER], ALWAYS),
    *_rows("withdraw", [S.PROPOSED], S.WITHDRAWN, [Who.PROPOSER], ALWAYS),
    *_rows("lapse", [S.PROPOSED], S.EXPIRED, [Who.PLATFORM], UNANSWERED),
    *_rows("lapse", [S.ACCEPTED], S.EXPIRED, [Who.PLATFORM], UNRECORDED),
    *_rows("cancel", [S.ACCEPTED], S.CANCELLED, PARTIES, ALWAYS),
    *_rows("no_show", [S.ACCEPTED], S.NO_SHOW, PARTIES, STARTED),
    *_rows("record", [S.ACCEPTED], S.DELIVERED, PARTIES, ALWAYS),  # the first record: there is no other yet
    *_rows("record", [S.DELIVERED], S.DELIVERED, PARTIES, ONE_SIDE),
    *_rows("record", [S.DELIVERED], S.DELIVERED, PARTIES, SHORT),
    *_rows("record", [S.DELIVERED], S.SETTLED, PARTIES, AGREED),
    *_rows("record", [S.DELIVERED], S.DISPUTED, PARTIES, DIFFERENT),
    *_rows("record", [S.DISPUTED], S.SETTLED, PARTIES, AGREED_AFTER_ALL),
    *_rows("record", [S.DISPUTED], S.DISPUTED, PARTIES, STILL_OPEN),
    *_rows("take_held", [S.DELIVERED], S.SETTLED, [Who.PROVIDER], SHORT),
    *_rows("retry", [S.DELIVERED], S.SETTLED, [Who.PLATFORM], AGREED),
    *_rows("silence", [S.DELIVERED], S.SETTLED, [Who.PLATFORM], SILENT),
    *_rows("silence", [S.DELIVERED], S.DISPUTED, [Who.PLATFORM], SILENT_REFERRED),
    *_rows("stop_waiting", [S.DELIVERED], S.SETTLED, [Who.PLATFORM], SHORT_TOO_LONG),
    *_rows("dispute", [S.ACCEPTED, S.DELIVERED], S.DISPUTED, PARTIES, ALWAYS),
    *_rows("dispute", [S.SETTLED], S.DISPUTED, PARTIES, OFFLINE),
    *_rows("dispute", [S.NO_SHOW], S.DISPUTED, PARTIES, CONTESTABLE),
    *_rows("decide_hours", [S.DISPUTED], S.SETTLED, [Who.BROKER], HEARD),
    *_rows("decide_nothing", [S.DISPUTED], S.CANCELLED, [Who.BROKER], HEARD_NOTHING_STAYS),
    *_rows("decide_nothing", [S.DISPUTED], S.SETTLED, [Who.BROKER], HEARD_PART_STAYS),
    *_rows("stop_deciding", [S.DISPUTED], S.CANCELLED, [Who.PLATFORM], UNDECIDED_UNPAID),
    *_rows("stop_deciding", [S.DISPUTED], S.SETTLED, [Who.PLATFORM], UNDECIDED_PAID),
    *_rows("appeal", [S.SETTLED, S.CANCELLED], S.DISPUTED, PARTIES, APPEALABLE),
    *(row for s in (S.CANCELLED, S.NO_SHOW) for row in _rows("excuse", [s], s, PARTIES, EXCUSABLE)),
    *(row for s in (S.CANCELLED, S.NO_SHOW) for row in _rows("waive", [s], s, [Who.PROVIDER], CLAIM_OPEN)),
    *(row for s in (S.CANCELLED, S.NO_SHOW) for row in _rows("decide_claim", [s], s, [Who.BROKER], CLAIM_OPEN)),
    *(row for s in (S.CANCELLED, S.NO_SHOW) for row in _rows("let_go", [s], s, [Who.PLATFORM], CLAIM_OVERDUE)),
    *_rows("undo", [S.SETTLED], S.REVERSED, PARTIES, UNDOABLE),
    *_rows("reverse", [S.SETTLED], S.REVERSED, [Who.BROKER], ALWAYS),
    *_rows("leave", [S.DELIVERED, S.DISPUTED], S.SETTLED, PARTIES, OWED),
    *_rows("leave", [S.DELIVERED, S.DISPUTED], S.CANCELLED, PARTIES, NOT_OWED),
)
FINAL_STATES = frozenset(State) - {row.source for row in TABLE if row.target != row.source}
EVENTS = tuple(dict.fromkeys(row.event for row in TABLE))

WHAT = {  # each event in words, for the docs
    "accept": "accept: the payer's credits are held",
    "decline": "decline",
    "withdraw": "withdraw",
    "lapse": "expire: what is held is released",
    "cancel": "cancel: what is held is released",
    "no_show": "say that it did not happen: what is held is released",
    "record": "record hours",
    "take_held": "take what is held as final",
    "retry": "try again",
    "silence": "go by one side's hours",
    "stop_waiting": "settle what is held",
    "dispute": "ask a broker",
    "decide_hours": "decide: settle or split",
    "decide_nothing": "decide: nothing more",
    "stop_deciding": "end it without a decision",
    "appeal": "appeal to another broker or an administrator",
    "excuse": "say what kept them: duty, illness, disability and caring are always excused",
    "waive": "let the charge go",
    "decide_claim": "decide about the charge",
    "let_go": "let the charge go: what is held is released",
    "undo": "undo",
    "reverse": "reverse whole",
    "leave": "leave the time bank: the word of the side that stays counts, never above what is held",
}


def possible(state: str, event: str, who: Iterable[Who]) -> bool:
    """Whether somebody who is `who` may try this event from this state at all (its guards apart)."""
    roles = frozenset(who)
    return any(row.event == event and row.source == state and row.who & roles for row in TABLE)


def outcome(state: str, event: str, who: Iterable[Who], facts: Facts) -> State | None:
    """The state that follows, or None where this person may not do this now."""
    roles = frozenset(who)
    for row in TABLE:
        if row.event == event and row.source == state and row.who & roles and row.when.holds(facts):
            return row.target
    return None


def sides(user: Any, *, provider_id, receiver_id, proposed_by_id, pot_id=None, stewards=frozenset()) -> frozenset[Who]:
    """Which sides of an exchange a person is. `stewards`: ids of the stewards of the pot that pays, who all act for
    the receiver; the provider never does, so nobody is on both sides. None is the platform."""
    if user is None:
        return frozenset({Who.PLATFORM})
    if user.pk == provider_id:
        side = Who.PROVIDER
    elif (pot_id is None and user.pk == receiver_id) or (pot_id is not None and user.pk in stewards):
        side = Who.RECEIVER
    else:
        return frozenset()
    proposer_side = Who.PROVIDER if proposed_by_id == provider_id else Who.RECEIVER
    return frozenset({side, Who.PROPOSER if side is proposer_side else Who.ANSWERER})


def hours_standing(provider: int | None, receiver: int | None, tolerance: int) -> Hours:
    """How two records compare; `tolerance` in minutes, itself within."""
    if provider is None and receiver is None:
        return Hours.NONE
    if provider is None or receiver is None:
        return Hours.ONE
    return Hours.AGREE if abs(provider - receiver) <= tolerance else Hours.DIFFER


def mean_minutes(one: int, other: int) -> int:
    """The mean of two records, half minutes down: 120 and 108 -> 114; 61 and 60 -> 60."""
    return (one + other) // 2


def due_minutes(provider: int | None, receiver: int | None, tolerance: int) -> int:
    """What may be paid on these records, in minutes: the mean where they agree, the lower where they differ, the one
    where there is one."""
    known = [m for m in (provider, receiver) if m is not None]
    if len(known) < 2:
        return known[0] if known else 0
    return mean_minutes(*known) if abs(known[0] - known[1]) <= tolerance else min(known)


def minutes_on_leaving(
    *, giver_leaves: bool, provider: int | None, receiver: int | None, claimed: int | None, held: int, paid: int
) -> int:
    """What is paid in all, in minutes, where one side leaves before an exchange is settled: who leaves gives way.

    The record of the side that stays counts. Where there is none, a receiver who leaves pays what the giver asked a broker
    for (`claimed`), else what they recorded themselves; a giver who leaves lets it go. Never more than is paid and held."""
    word = receiver if giver_leaves else next((m for m in (provider, claimed, receiver) if m is not None), None)
    return max(paid, min(word or 0, paid + held))


def spendable(balance: int, held: int, floor: int | None) -> int | None:
    """Minutes that an account can still promise, down to its floor; None where it has no floor."""
    return None if floor is None else max(0, balance - held - floor)


def lapse_at(accepted_at: dt.datetime, starts_at: dt.datetime | None) -> dt.datetime:
    """When an accepted exchange without any recorded hours expires."""
    if starts_at is None:
        return accepted_at + dt.timedelta(days=LAPSE_DAYS_UNDATED)
    return max(starts_at, accepted_at) + dt.timedelta(days=LAPSE_DAYS)


def is_late(starts_at: dt.datetime | None, now: dt.datetime, notice: int = LATE_MINUTES) -> bool:
    """Whether cancelling now is late: less than `notice` minutes before the start (the policy's number)."""
    return starts_at is not None and now > starts_at - dt.timedelta(minutes=notice)


def _since(moment: dt.datetime | None, now: dt.datetime, days: int) -> bool:
    """Whether so many days have passed since something that has happened."""
    return moment is not None and now >= moment + dt.timedelta(days=days)


def may_decide(user_id: Any, exchange: Any, case: Any) -> bool:
    """Whether a broker or administrator who is no party is independent of it: did not decide what is appealed, and did not
    record the exchange for its two sides."""
    if exchange.offline and exchange.proposed_by_id == user_id:
        return False
    return case is None or case.appeals is None or case.appeals.decided_by_id != user_id


def facts_of(
    exchange: Any,
    *,
    user: Any,
    now: dt.datetime,
    policy: Any,
    who: Iterable[Who],
    cases: Sequence[Any],
    claim: Any,
    **known: Any,
) -> Facts:
    """What dates and records say about an exchange to `user`, with what the caller knows about hours and credits. `cases`
    are its disputes, oldest first; `claim` is its claim or None. Pages and actions ask the same question."""
    side = {Who.PROVIDER: "provider", Who.RECEIVER: "receiver"}
    mine = next((side[w] for w in who if w in side), "")
    case = cases[-1] if cases and cases[-1].decided_at is None else None
    decided = cases[-1] if cases and case is None else None
    claim_open = claim is not None and claim.decided_at is None
    stated = case is not None and bool(case.provider_statement and case.receiver_statement)
    paid = exchange.settled_minutes or 0
    return Facts(
        answer_overdue=exchange.state == State.PROPOSED and now >= exchange.answer_by,
        started=exchange.starts_at is None or now >= exchange.starts_at,
        record_overdue=exchange.accepted_at is not None and now >= lapse_at(exchange.accepted_at, exchange.starts_at),
        silence_overdue=_since(exchange.delivered_at, now, policy.silence_days),
        silence_longest=_since(exchange.delivered_at, now, SILENCE_LONGEST_DAYS),
        waiting_overdue=_since(exchange.waiting_since, now, WAITING_DAYS),
        paid=exchange.settled_minutes is not None,
        part_settled=case is not None and case.undisputed > 0,
        reopened=case is not None and paid > case.undisputed,
        heard=stated or (case is not None and _since(case.raised_at, now, STATEMENT_DAYS)),
        undecided=case is not None and _since(case.raised_at, now, UNDECIDED_DAYS),
        undo_open=exchange.silent and not _since(exchange.settled_at, now, policy.silence_undo_days),
        appeal_open=decided is not None
        and decided.decision in DECIDED_BY_A_BROKER
        and decided.appeals_id is None
        and not _since(decided.decided_at, now, APPEAL_DAYS),
        offline_open=exchange.offline and not cases and not _since(exchange.settled_at, now, OFFLINE_DAYS),
        contest_open=bool(mine)
        and exchange.absent == mine
        and exchange.state_by_id != user.pk
        and (claim is None or claim.decision != "charged")
        and not _since(exchange.state_at, now, CONTEST_DAYS),
        excusable=bool(mine)
        and exchange.why not in EXCUSED
        and (exchange.absent in {mine, Absent.BOTH} or (claim_open and mine == "receiver")),
        claim_open=claim_open,
        claim_overdue=claim_open and _since(claim.raised_at, now, CLAIM_DAYS),
        **known,
    )


class Step(StrEnum):
    """What one side of an open exchange can do next, or what it waits for."""

    ANSWER = "answer"  # say yes or no
    AWAIT_ANSWER = "await_answer"
    MEET = "meet"  # agreed, its time has not come
    RECORD = "record"  # say how long it took
    AWAIT_HOURS = "await_hours"
    AWAIT_CREDITS = "await_credits"
    TAKE_HELD = "take_held"
    STATEMENT = "statement"  # tell the broker what happened
    AWAIT_BROKER = "await_broker"
    NOTHING = "nothing"  # it is over


WAITS_FOR_ME = frozenset({Step.ANSWER, Step.RECORD, Step.TAKE_HELD, Step.STATEMENT})


def next_step(state: str, who: frozenset[Who], *, started: bool, recorded: bool, short: bool, stated: bool) -> Step:
    """The one obvious next thing for a side. `recorded`: this side has recorded hours; `short`: agreed hours wait for
    credits; `stated`: this side has told the broker its story."""
    if state == State.PROPOSED:
        return Step.ANSWER if Who.ANSWERER in who else Step.AWAIT_ANSWER
    if state == State.ACCEPTED:
        return Step.RECORD if started else Step.MEET
    if state == State.DELIVERED:
        if short:
            return Step.TAKE_HELD if Who.PROVIDER in who else Step.AWAIT_CREDITS
        return Step.AWAIT_HOURS if recorded else Step.RECORD
    if state == State.DISPUTED:
        return Step.AWAIT_BROKER if stated else Step.STATEMENT
    return Step.NOTHING


def _stage(row: Transition) -> tuple[int, int]:
    order = list(State)
    return order.index(row.source), order.index(row.target)


def as_markdown() -> str:
    """docs/exchanges.md: the same table as a drawing and as rows."""
    lines = [
        "# How an exchange moves",
        "",
        "Written from `timebank/rules.py` by `python -m timebank.rules`; a test keeps it in step. Do not edit it by hand.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> proposed",
    ]
    arrows: dict[tuple[State, State], list[str]] = {}
    for row in sorted(TABLE, key=_stage):
        events = arrows.setdefault((row.source, row.target), [])
        if row.event not in events:
            events.append(row.event)
    lines += [
        f"    {source.value} --> {target.value}: {', '.join(events)}" for (source, target), events in arrows.items()
    ]
    lines += [f"    {state.value} --> [*]" for state in State if state not in OPEN_STATES]
    lines += ["```", "", "| from | event | to | who | when |", "|---|---|---|---|---|"]
    for row in TABLE:
        who = ", ".join(w.value for w in Who if w in row.who)
        lines.append(f"| {row.source.value} | {WHAT[row.event]} | {row.target.value} | {who} | {row.when.words} |")
    lines += [
        "",
        "## Rules beside the table",
        "",
        "* Nobody is on both sides. A steward of a pot is never paid from that pot: another member gives the time, or the",
        "  steward gives it for nothing. Every steward may act for the receiving side of what the pot pays.",
        "* Where two people have blocked each other, or one is suspended or has left, nothing new is agreed and no hours are",
        "  recorded between them; declining, withdrawing, cancelling and asking a broker always work.",
        "* Both records within 15 minutes of each other: their mean is paid, half minutes down (2 h and 1 h 48 pay 1 h 54).",
        "  Further apart: the lower is paid at once (2 h and 1 h 30 pay 1 h 30) and what is left of the hold stays for the rest.",
        "* More than was held is paid if the payer's floor allows it, else it waits. Less: the rest is released.",
        "* Who leaves the time bank gives way in what is not settled: the hours of the side that stays are paid, never above",
        "  what is held. A giver who leaves lets go of hours that nobody confirmed.",
        "* A broker's decision says what is paid in all. It never takes back the undisputed hours; a reversal does, whole.",
        "* An appeal is decided by somebody else: another broker or an administrator, never a party. It may raise or lower what",
        "  was decided. To lower it, whole payments are reversed and what remains is posted anew; a payment is never cut.",
        "* Whoever recorded an exchange for two people who are not online does not decide a dispute about it.",
        "* Being called to clinical duty, illness, disability and caring are always excused, without proof; the other side reads",
        "  only that it is excused. Charges for late cancellation and for staying away are off unless the policy says otherwise;",
        "  then whoever kept the time free has a claim, which only a broker's decision turns into credits.",
        "* Nothing is settled by silence while the silent side is away, nor in the three days after.",
        "* A broker may act for a member who asked: the log keeps both names, and the member is told.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    from pathlib import Path

    Path(__file__).resolve().parent.parent.joinpath("docs", "exchanges.md").write_text(as_markdown())
