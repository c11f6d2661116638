"""Red, amber or green: stated rules over stated facts. Pure: no queries. Every rule gives its reason in a sentence,
the day of what the sentence names, and who it waits on. Thresholds are the constants below."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accelerator.rules.roadmap import TEAMS_TURN
from notifications.calendar import add_working_days
from ui.formats import day

RED_OVERDUE_DAYS = 28  # a milestone this late is red, before that amber
SILENT_DAYS = 42  # six weeks without any sign
RETURNED_DAYS = 14  # evidence sent back and not answered: amber; red after twice as long
BLOCKER_RED_DAYS = 28
LOW_CONFIDENCE = 2
CONFIDENCE_FALL = 2  # points, since the check-in before
UNUSED_SHARE = 0.10  # of the allowance, spent or held by half of the support time
UNREAD_WORKING_DAYS = 5
OVERRIDE_DAYS = 14

SEVERITY = {"red": 0, "amber": 1, "green": 2}
NATIONS = {"england": "ENG", "scotland": "SCT", "wales": "WLS", "northern_ireland": "NIR"}


@dataclass(frozen=True)
class MilestoneFact:
    title: str
    state: str
    end: dt.date
    state_since: dt.date


@dataclass(frozen=True)
class Facts:
    """All that the rules look at. Dates are London days; minutes are time credits."""

    today: dt.date
    life: str = "active"
    paused_until: dt.date | None = None
    milestones: Sequence[MilestoneFact] = ()
    last_activity: dt.date | None = None
    blocker_since: dt.date | None = None  # first check-in of the unbroken run that names a blocker
    blocker_waits_on: str = ""
    confidence: Sequence[tuple[dt.date, int]] = ()  # the team's own, latest first
    allowance: int = 0
    allowance_used: int = 0  # spent and held
    support_starts: dt.date | None = None
    support_ends: dt.date | None = None
    nation: str = "england"


@dataclass(frozen=True)
class Verdict:
    colour: str
    rule: str
    reason: str
    since: dt.date  # the day of the fact that the reason names, not the day on which a threshold was passed
    waiting_on: str
    overridden: bool = field(default=False)


def overdue(facts: Facts) -> Verdict | None:
    """A milestone whose end has passed while it is the team's turn: amber, red after four weeks. The latest one speaks."""
    late = [m for m in facts.milestones if m.state in TEAMS_TURN and m.end < facts.today]
    if not late:
        return None
    worst = min(late, key=lambda m: (m.end, m.title))
    days = (facts.today - worst.end).days
    reason = ngettext(
        "“%(title)s” was due on %(day)s, %(days)d day ago.", "“%(title)s” was due on %(day)s, %(days)d days ago.", days
    ) % {"title": worst.title, "day": day(worst.end), "days": days}
    colour = "red" if days >= RED_OVERDUE_DAYS else "amber"
    return Verdict(colour, "overdue", reason, worst.end, "team")


def silent(facts: Facts) -> Verdict | None:
    """No evidence, check-in or change of a milestone for six weeks: red."""
    if facts.last_activity is None or (facts.today - facts.last_activity).days < SILENT_DAYS:
        return None
    reason = _("Nothing has happened since %(day)s.") % {"day": day(facts.last_activity)}
    return Verdict("red", "silent", reason, facts.last_activity, "team")


def returned_unanswered(facts: Facts) -> Verdict | None:
    """Evidence sent back two weeks ago or more and not answered: amber, red after four weeks."""
    waiting = [m for m in facts.milestones if m.state == "returned"]
    if not waiting:
        return None
    first = min(waiting, key=lambda m: (m.state_since, m.title))
    days = (facts.today - first.state_since).days
    if days < RETURNED_DAYS:
        return None
    reason = _("The evidence for “%(title)s” was sent back on %(day)s and has not been answered.") % {
        "title": first.title,
        "day": day(first.state_since),
    }
    colour = "red" if days >= 2 * RETURNED_DAYS else "amber"
    return Verdict(colour, "returned", reason, first.state_since, "team")


def blocked(facts: Facts) -> Verdict | None:
    """The last check-in names something in the way: amber, red after four weeks."""
    if facts.blocker_since is None:
        return None
    days = (facts.today - facts.blocker_since).days
    reason = _("Something has been in the way since %(day)s: see the check-in.") % {"day": day(facts.blocker_since)}
    colour = "red" if days >= BLOCKER_RED_DAYS else "amber"
    return Verdict(colour, "blocker", reason, facts.blocker_since, facts.blocker_waits_on or "team")


def losing_confidence(facts: Facts) -> Verdict | None:
    """The team's confidence is 2 or less, or 2 points lower than before: amber, and the manager's turn to talk."""
    if not facts.confidence:
        return None
    (on, now), *before = facts.confidence
    if before and before[0][1] - now >= CONFIDENCE_FALL:
        reason = _("The team's confidence fell from %(before)d to %(now)d out of 5.") % {
            "before": before[0][1],
            "now": now,
        }
    elif now <= LOW_CONFIDENCE:
        reason = _("The team's confidence is %(now)d out of 5.") % {"now": now}
    else:
        return None
    return Verdict("amber", "confidence", reason, on, "manager")


def allowance_unused(facts: Facts) -> Verdict | None:
    """Half of the support time is over and less than a tenth of the allowance was spent or held: amber."""
    if not (facts.allowance and facts.support_starts and facts.support_ends):
        return None
    half = facts.support_starts + (facts.support_ends - facts.support_starts) / 2
    if facts.today < half or facts.allowance_used >= UNUSED_SHARE * facts.allowance:
        return None
    return Verdict(
        "amber", "allowance", _("Hardly any of its hours of help have been used, half-way through."), half, "team"
    )


def unread(facts: Facts) -> Verdict | None:
    """Evidence that nobody has read for five working days: the manager's amber."""
    waiting = [m for m in facts.milestones if m.state == "submitted"]
    if not waiting:
        return None
    first = min(waiting, key=lambda m: (m.state_since, m.title))
    if facts.today < add_working_days(first.state_since, UNREAD_WORKING_DAYS, NATIONS[facts.nation]):
        return None
    reason = _("The evidence for “%(title)s” has been waiting to be read since %(day)s.") % {
        "title": first.title,
        "day": day(first.state_since),
    }
    return Verdict("amber", "unread", reason, first.state_since, "manager")


RULES: tuple[Callable[[Facts], Verdict | None], ...] = (
    overdue,
    silent,
    returned_unanswered,
    blocked,
    losing_confidence,
    allowance_unused,
    unread,
)


def findings(facts: Facts) -> list[Verdict]:
    """Everything that the rules find, worst first, and of the same colour the one that began first."""
    if facts.life != "active":
        return []
    found = [verdict for rule in RULES if (verdict := rule(facts))]
    return sorted(found, key=lambda v: (SEVERITY[v.colour], v.since, v.rule))


def verdict(facts: Facts) -> Verdict:
    """The colour by the rules. A paused innovation is green: its clocks and chases have stopped."""
    if facts.life == "paused":
        until = {"day": day(facts.paused_until)}
        return Verdict("green", "paused", _("Paused until %(day)s.") % until, facts.today, "nobody")
    if facts.life != "active":
        return Verdict("green", "ended", _("No longer in the wave."), facts.today, "nobody")
    found = findings(facts)
    if found:
        return found[0]
    since = max((m.state_since for m in facts.milestones), default=facts.today)
    if any(m.state == "submitted" for m in facts.milestones):
        return Verdict("green", "green", _("On track. Evidence is waiting to be read."), since, "manager")
    return Verdict("green", "green", _("On track."), since, "nobody")
