"""What this app reminds people of: safeguarding cases that nobody has read, open reports, and complaints about data."""

import datetime as dt
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from notifications import calendar
from notifications.kinds import Kind
from notifications.reminders import Due, Reminder, offset_in_force, weeks_overdue
from people import queries, rules
from people.actions import privacy, safety
from people.models import DataComplaint, Report, SafeguardingCase

_SAFETY = _("Somebody may be in danger. This cannot wait and cannot be switched off.")
KINDS = [
    Kind(
        safety.ALERT,
        _("worries about somebody’s safety"),
        why_not_off=_SAFETY,
        urgent=True,
        private=True,
        roles=("safeguarding_lead", "administrator"),
    ),
    Kind(
        safety.ANSWER,
        _("what I told the safeguarding lead"),
        why_not_off=_("We never leave somebody without an answer who was worried."),
        urgent=True,
        private=True,
    ),
    Kind(
        safety.REPORTED,
        _("reports that wait for me"),
        urgent=True,
        private=True,
        roles=("broker", "administrator"),
    ),
    Kind(safety.REPORT_ANSWER, _("what came of my reports"), urgent=True, private=True),
    Kind(
        privacy.COMPLAINT,
        _("complaints about data that wait for me"),
        why_not_off=_("The law gives us 30 days to answer."),
        urgent=True,
        roles=("administrator",),
    ),
    Kind(
        privacy.COMPLAINT_ANSWER,
        _("my complaints about data"),
        why_not_off=_("We owe you an answer."),
        urgent=True,
    ),
]


def unread(now: dt.datetime) -> Iterator[tuple[SafeguardingCase, str]]:
    """Open cases that nobody has read for a working day, each with the occasion: one a working day. A case whose lead holds
    the role no longer waits again, from when it came."""
    for case in SafeguardingCase.objects.open().select_related("lead").order_by("at", "id"):
        handlers = queries.handlers_of(case)
        since = case.waits_since or (None if case.lead in handlers else case.at)
        if since is None or rules.read_by(since) > now:
            continue
        days = calendar.working_days_between(calendar.london(since).date(), calendar.london(now).date())
        yield case, f"{case.pk}:{since:%Y%m%d%H%M}:{days}"


def unread_for_leads(now: dt.datetime) -> Iterator[Due]:
    """Every lead from whom the case is not kept; administrators where no lead may read it."""
    for case, key in unread(now):
        for person in queries.handlers_of(case):
            yield Due(
                person,
                key=key,
                context={"worry": case.get_worry_display(), "at": case.at},
                url=reverse("people:case", args=[case.pk]),
            )


def unread_for_administrators(now: dt.datetime) -> Iterator[Due]:
    """The administrators, who learn that a case waits and nothing else."""
    for case, key in unread(now):
        handlers = {person.pk for person in queries.handlers_of(case)}
        for person in queries.holders("administrator").exclude(pk__in=[*case.kept_from, *handlers]):
            yield Due(person, key=key, url=reverse("people:people"))


def reports_open(now: dt.datetime) -> Iterator[Due]:
    """Whoever handles a report that is not closed: a working day before the promised day, on it, and every week after."""
    today = calendar.london(now).date()
    for report in Report.objects.open().order_by("at", "id"):
        last = report.answer_by
        late, left = weeks_overdue(last, now), calendar.working_days_between(today, last)
        if late is None and left > 1:
            continue
        for person in queries.handlers_of(report):
            yield Due(
                person,
                key=f"{report.pk}:{left if late is None else f'late {late}'}",
                context={"at": report.at, "last": last, "late": late is not None},
                url=reverse("people:report", args=[report.pk]),
            )


COMPLAINT_DAYS = (16, 5, 0)  # days before the 30th: on the 14th, the 25th and the last


def complaints_due(now: dt.datetime) -> Iterator[Due]:
    """The administrators, about complaints that are not answered: after 14, 25 and 30 days."""
    for complaint in DataComplaint.objects.filter(closed_at=None).order_by("received_at", "id"):
        last = calendar.london(complaint.received_at + privacy.ACKNOWLEDGE_WITHIN).date()
        offset = offset_in_force(last, COMPLAINT_DAYS, now)
        if offset is None:
            continue
        for person in queries.holders("administrator"):
            yield Due(
                person,
                key=f"{complaint.pk}:{offset}",
                context={"last": last, "acknowledged": complaint.acknowledged_at is not None},
                url=reverse("people:complaint", args=[complaint.pk]),
            )


REMINDERS = [
    Reminder(
        slug="case_unread",
        kind=safety.ALERT,
        due=unread_for_leads,
        template="people/mail/case_unread",
        subject=_("Nobody has read this safeguarding case: %(worry)s"),
        day_and_night=True,
    ),
    Reminder(
        slug="case_unread_administrators",
        kind=safety.ALERT,
        due=unread_for_administrators,
        template="people/mail/case_unread_administrators",
        subject=_("A safeguarding case waits, and no lead has read it"),
        day_and_night=True,
    ),
    Reminder(
        slug="report_open",
        kind=safety.REPORTED,
        due=reports_open,
        template="people/mail/report_open",
        subject=_("A report waits for an answer"),
        working_days=True,
    ),
    Reminder(
        slug="data_complaint",
        kind=privacy.COMPLAINT,
        due=complaints_due,
        template="people/mail/complaint_due",
        subject=_("A complaint about data waits for an answer"),
    ),
]
