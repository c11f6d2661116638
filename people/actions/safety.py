"""Blocks, reports, and worries about somebody."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people import rules
from people.actions.accounts import one_at_a_time
from people.models import Block, CaseNote, Report, SafeguardingCase, User
from ui.errors import Invalid, NotAllowed


@transaction.atomic
def block(*, by: User, user: User) -> Block:
    """`by` wants nothing to do with `user`: neither can propose to the other. Nobody is told. A second time changes
    nothing. Raises Invalid for oneself."""
    if by == user:
        raise Invalid(_("You cannot block yourself."))
    made, new = Block.objects.get_or_create(blocker=by, blocked=user)
    if new:
        record(by=by, verb="people.block.made", obj=made)
    return made


@transaction.atomic
def unblock(*, by: User, user: User) -> None:
    """Takes back one's own block. A second time changes nothing."""
    deleted, _by_model = Block.objects.filter(blocker=by, blocked=user).delete()
    if deleted:
        record(by=by, verb="people.block.ended", obj=user)


@transaction.atomic
def report(*, by: User, about: User, text: str, place: str = "") -> Report:
    """Tells the brokers that somebody broke the code of conduct. The same words again, while the report is open, are a
    second click: one report. Raises Invalid (no text, oneself)."""
    if by == about:
        raise Invalid(_("You cannot report yourself."))
    if not text.strip():
        raise Invalid(_("Say what happened"), "text")
    text = text.strip()[:4000]
    one_at_a_time(by)
    if told := Report.objects.filter(by=by, about=about, text=text, closed_at=None).order_by("id").first():
        return told
    made = Report.objects.create(by=by, about=about, text=text, place=place[:200])
    record(by=by, verb="people.report.made", obj=made)
    return made


@transaction.atomic
def close_report(*, by: User, report: Report, outcome: str) -> Report:
    """A broker says what came of a report. A second time keeps the first outcome. Raises NotAllowed, Invalid."""
    rules.check_role(by, "broker")
    if not outcome.strip():
        raise Invalid(_("Say what came of it"), "outcome")
    report = Report.objects.select_for_update().get(pk=report.pk)
    if by.pk in (report.about_id, report.by_id):
        raise NotAllowed(_("This is about you. Another broker must look at it."))
    if report.closed_at is None:
        report.closed_at, report.closed_by, report.outcome = timezone.now(), by, outcome.strip()[:2000]
        report.save(update_fields=["closed_at", "closed_by", "outcome"])
        record(by=by, verb="people.report.closed", obj=report)
    return report


@transaction.atomic
def open_case(*, by: User, worry: str, text: str, about: User | None = None, place: str = "") -> SafeguardingCase:
    """Opens a restricted case, which only safeguarding leads see. Anybody signed in may, suspended or not. The same
    words again, while the case is open, are a second click: one case. Raises Invalid."""
    if worry not in SafeguardingCase.Worry.values:
        raise Invalid(_("Choose one of the answers in the list"), "worry")
    if not text.strip():
        raise Invalid(_("Say what you are worried about"), "text")
    text = text.strip()[:4000]
    one_at_a_time(by)
    same = SafeguardingCase.objects.filter(by=by, about=about, worry=worry, text=text, closed_at=None)
    if told := same.order_by("id").first():
        return told
    case = SafeguardingCase.objects.create(by=by, about=about, worry=worry, text=text, place=place[:200])
    record(by=by, verb="people.case.opened", obj=case, worry=worry)
    return case


@transaction.atomic
def add_note(*, by: User, case: SafeguardingCase, text: str, close: bool = False) -> CaseNote:
    """What the safeguarding lead did; with `close` the case ends with it. The words of the newest note again are a
    second click: one note. Raises NotAllowed, Invalid."""
    rules.check_role(by, "safeguarding_lead")
    if not text.strip():
        raise Invalid(_("Write a note"), "text")
    case = SafeguardingCase.objects.select_for_update().get(pk=case.pk)
    newest = case.notes.order_by("-id").first()
    if (
        newest is not None
        and (newest.by_id, newest.text) == (by.pk, text.strip()[:4000])
        and (not close or case.closed_at)
    ):
        return newest
    note = CaseNote.objects.create(case=case, by=by, text=text.strip()[:4000])
    if close and case.closed_at is None:
        SafeguardingCase.objects.filter(pk=case.pk).update(closed_at=timezone.now())
    record(by=by, verb="people.case.noted", obj=case, closed=close)
    return note
