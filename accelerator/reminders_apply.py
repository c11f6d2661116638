"""What applicants and reviewers are told and reminded of."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accelerator.models import Application, Assignment, Wave
from accelerator.queries import keeping, kept
from accelerator.queries.apply import progress, standing
from accelerator.rules.rag import NATIONS
from notifications.kinds import Kind
from notifications.reminders import Due, Reminder, offset_in_force, week_of
from ui.formats import day, moment

KINDS = [
    Kind("application_received", _("that my application has arrived")),
    Kind("decision", _("the decision on my application"), why_not_off=_("It is the answer to what you sent us.")),
    Kind("application_more_time", _("more time for my application")),
    Kind(
        "application_by_phone",
        _("a time broker who writes my answers down"),
        why_not_off=_("Somebody else writes in your name, so you must know."),
    ),
    Kind("writing_confirmed", _("that somebody wants me to write down their answers")),
    Kind(
        "tell_by_phone",
        _("news for somebody without an e-mail address, whose answers I wrote down"),
        why_not_off=_("Nobody else can tell them."),
    ),
    Kind(
        "patient_taken_away",
        _("an answer of mine that was taken away or given back"),
        why_not_off=_("You are asked to write it again."),
    ),
    Kind(
        "patient_flag",
        _("that somebody may be named in an application"),
        why_not_off=_("It has to be taken away quickly."),
        urgent=True,
    ),
    Kind("file_refused", _("a file of an application that reviewers cannot see")),
    Kind(
        "file_asked_again",
        _("another file for my application"),
        why_not_off=_("You are asked for something."),
    ),
    Kind("idea_fits", _("that my idea fits after all")),
    Kind("call_open", _("a call that has opened, where I asked or my idea is kept")),
    Kind("application_invited", _("an invitation to work on an idea together")),
    Kind("application_comment", _("what others say about an idea that we work on together")),
    Kind("application_draft", _("a call that closes before my idea is sent")),
    Kind("application_waiting", _("how my application is doing")),
    Kind("access_claim", _("answers to what I claimed for taking part")),
    Kind("access_claim_waits", _("claims on the access fund of a wave that I run")),
    Kind("lesson_answered", _("answers to what I wrote in the learning log")),
    Kind("review_assigned", _("applications that I am asked to review")),
    Kind("review_due", _("reviews of mine that are due")),
    Kind(
        "declared_late",
        _("managers who have said too late whose ideas they cannot judge"),
        why_not_off=_("Until somebody acts, they have such an idea before them."),
    ),
    Kind(
        "selection_needs_somebody",
        _("applications that nobody who runs the wave can decide"),
        why_not_off=_("Nobody else can bring somebody in."),
    ),
    Kind("review_outcomes", _("how it came out, of what I reviewed")),
]

DAYS_BEFORE_CLOSE = (7, 2, 1)
DAYS_BETWEEN_NEWS = 14
TOLD_OF_CLOSE_WITHIN = dt.timedelta(days=4)  # of the close; later it is no news
DAYS_BEFORE_REVIEW = (5, 1)


def _unsent() -> "QuerySet[Any]":
    """Drafts of a wave, each with `due_by`: its call's close, or the later moment that it was granted."""
    due_by = Greatest("wave__call_closes", Coalesce("extended_until", "wave__call_closes"))
    drafts = Application.objects.filter(state=Application.State.DRAFT, wave__isnull=False).annotate(due_by=due_by)
    return drafts.select_related("wave__question_set", "lead").order_by("id")


def drafts_before_close(now: dt.datetime) -> Iterator[Due]:
    """A draft that is not sent, 7, 2 and 1 days before it must be in: its call closes, or the time granted to it is over.
    Stops when it is sent or withdrawn."""
    soon = now + dt.timedelta(days=max(DAYS_BEFORE_CLOSE) + 1)
    for draft in _unsent().filter(wave__call_opens__lte=now, due_by__gt=now, due_by__lte=soon):
        assert draft.wave is not None and draft.closes is not None  # filtered by its dates
        offset = offset_in_force(timezone.localdate(draft.closes), DAYS_BEFORE_CLOSE, now)
        if offset is None:
            continue
        done = progress(draft)
        yield Due(
            user=draft.lead,
            key=f"{draft.pk}:{draft.closes.date().isoformat()}:{offset}",
            context={
                "sentence": draft.sentence,
                "closes": moment(draft.closes, zone=True),
                "done": done.done,
                "total": done.total,
            },
            url=reverse("accelerator:application", args=[draft.pk]),
            nation=NATIONS[draft.wave.nation],
            deadline=draft.closes,
        )


def not_sent(now: dt.datetime) -> Iterator[Due]:
    """Once, in the days after a call has closed: that a draft was not sent, that it is kept, and what can be done until the
    next one."""
    for draft in _unsent().filter(due_by__lte=now, due_by__gt=now - TOLD_OF_CLOSE_WITHIN):
        assert draft.wave is not None and draft.closes is not None  # filtered by its dates
        yield Due(
            user=draft.lead,
            key=f"{draft.pk}:{draft.closes.date().isoformat()}",
            context={
                "sentence": draft.sentence,
                "wave": draft.wave.name,
                "closed": moment(draft.closes, zone=True),
            },
            url=reverse("accelerator:application", args=[draft.pk]),
            nation=NATIONS[draft.wave.nation],
        )


def still_waiting(now: dt.datetime) -> Iterator[Due]:
    """Every two weeks from sending until the letter: where it stands, and by when there is an answer."""
    waiting = (
        Application.objects.submitted()
        .filter(decision__sent_at=None, submitted_at__lte=now - dt.timedelta(days=DAYS_BETWEEN_NEWS))
        .select_related("wave", "lead", "decision")
        .prefetch_related("wave__review_phases")
    )
    for application in waiting.order_by("id"):
        assert application.wave is not None and application.submitted_at is not None  # tied by constraints
        times = (now - application.submitted_at).days // DAYS_BETWEEN_NEWS
        yield Due(
            user=application.lead,
            key=f"{application.pk}:{times}",
            context={
                "sentence": application.sentence,
                "label": standing(application).label,
                "hear_by": day(application.wave.support_starts),
            },
            url=reverse("accelerator:application", args=[application.pk]),
            nation=NATIONS[application.wave.nation],
        )


def calls_open(now: dt.datetime) -> Iterator[Due]:
    """Once a call, in the week after it opens: to whoever asked to be told, and to whoever's idea waits for it."""
    for wave in Wave.objects.call_open(now).filter(call_opens__gt=now - keeping.TOLD_WITHIN):
        for one in keeping.to_tell(wave, now):
            yield Due(
                user=one.user,
                key=str(wave.pk),
                context={
                    "wave": wave.name,
                    "closes": moment(wave.call_closes, zone=True),
                    "sentence": one.idea.sentence if one.idea else "",
                },
                url=reverse("accelerator:application", args=[one.idea.pk])
                if one.idea
                else reverse("accelerator:start", args=[wave.slug]),
                nation=NATIONS[wave.nation],
                deadline=wave.call_closes,
            )


def _unfinished(now: dt.datetime, *, overdue: bool) -> dict:
    """(reviewer, phase) → how many of their reviews are open, in phases that have begun and (not) ended."""
    rows = (
        Assignment.objects.wanted()
        .filter(
            state__in=Assignment.OPEN,
            phase__starts__lte=now,
            **({"phase__ends__lte": now} if overdue else {"phase__ends__gt": now}),
        )
        .select_related("reviewer", "phase__wave")
        .order_by("reviewer_id", "phase_id", "id")
    )
    found: dict = defaultdict(int)
    for row in rows:
        found[row.reviewer, row.phase] += 1
    return found


def reviews_due(now: dt.datetime) -> Iterator[Due]:
    """5 days and 1 day before a phase ends, one reminder for all open reviews of it."""
    for (reviewer, phase), count in _unfinished(now, overdue=False).items():
        offset = offset_in_force(timezone.localdate(phase.ends), DAYS_BEFORE_REVIEW, now)
        if offset is not None:
            yield _review(reviewer, phase, count, str(offset))


def reviews_overdue(now: dt.datetime) -> Iterator[Due]:
    """Weekly after a phase has ended, while its letters have not gone."""
    for (reviewer, phase), count in _unfinished(now, overdue=True).items():
        if timezone.localdate(now) < phase.wave.support_starts:
            yield _review(reviewer, phase, count, f"overdue {week_of(now)}")


def needs_somebody(now: dt.datetime) -> Iterator[Due]:
    """Administrators, once a week, of a wave whose call has closed and which holds an undecided application that is kept from
    everybody who runs it. Stops when somebody is brought in, or it is decided."""
    waiting = Application.objects.submitted().filter(Q(decision=None) | Q(decision__sent_at=None))
    for wave in Wave.objects.filter(pk__in=waiting.values("wave"), call_opens__lte=now, ends__gt=now).order_by("id"):
        count = len(kept.nobodys(wave))
        for administrator in kept.holding("administrator") if count else []:
            yield Due(
                user=administrator,
                key=f"{wave.pk}:{week_of(now)}",
                context={"wave": wave.name, "count": count},
                url=reverse("people:people"),
                nation=NATIONS[wave.nation],
            )


def _review(reviewer: object, phase: object, count: int, occasion: str) -> Due:
    return Due(
        user=reviewer,
        key=f"{phase.pk}:{occasion}",  # type: ignore[attr-defined]
        context={"count": count, "due": moment(phase.ends, zone=True)},  # type: ignore[attr-defined]
        url=reverse("accelerator:reviews"),
        nation=NATIONS[phase.wave.nation],  # type: ignore[attr-defined]
        deadline=phase.ends,  # type: ignore[attr-defined]
    )


REMINDERS = [
    Reminder("call-open", "call_open", calls_open, "accelerator/letters/call_opens", _("A call is open: %(wave)s")),
    Reminder(
        "application-draft",
        "application_draft",
        drafts_before_close,
        "accelerator/letters/draft_closes",
        _("The call closes soon: your idea is not sent yet"),
    ),
    Reminder(
        "application-not-sent",
        "application_draft",
        not_sent,
        "accelerator/letters/not_sent",
        _("The call has closed: your idea was not sent, and is kept"),
    ),
    Reminder(
        "application-waiting",
        "application_waiting",
        still_waiting,
        "accelerator/letters/still_waiting",
        _("Your idea is not forgotten"),
    ),
    Reminder(
        "selection-needs-somebody",
        "selection_needs_somebody",
        needs_somebody,
        "accelerator/letters/needs_somebody",
        _("Somebody else must decide: %(wave)s"),
    ),
    Reminder(
        "review-due",
        "review_due",
        reviews_due,
        "accelerator/letters/review_due",
        _("Applications to read: %(count)d left"),
        working_days=True,
    ),
    Reminder(
        "review-overdue",
        "review_due",
        reviews_overdue,
        "accelerator/letters/review_due",
        _("Applications still to read: %(count)d"),
        working_days=True,
    ),
]
