"""Blocks, reports, and worries about somebody."""

from collections.abc import Callable, Iterable
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from core import addresses
from notifications.actions import notify, notify_each, take_from
from people import concerns, queries, rules
from people.actions.accounts import one_at_a_time
from people.models import Block, CaseNote, Report, SafeguardingCase, User
from people.models.safety import Concern
from ui.errors import Invalid, Missing

ALERT = "people.safeguarding"  # the kinds of message
ANSWER = "people.safeguarding_answer"
REPORTED = "people.reported"
REPORT_ANSWER = "people.report_answer"
Step = CaseNote.Step


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
    """Take back one's own block. A second time changes nothing."""
    deleted, _by_model = Block.objects.filter(blocker=by, blocked=user).delete()
    if deleted:
        record(by=by, verb="people.block.ended", obj=user)


def _where(by: User | None, about: User | None, kind: str, object_id: Any) -> dict[str, Any]:
    """The fields that say where something was seen, and from whom it is kept. Raises Missing where `by` may not see it,
    Invalid where it is not about `about`."""
    kept = {about.pk} if about is not None else set()
    if not kind:
        return {"kept_from": sorted(kept)}
    seen = concerns.see(kind, object_id, by or queries.NOBODY)
    if about is not None and about not in seen.people:
        raise Invalid(_("Choose one of the answers in the list"), "about")
    return {
        "kind": kind,
        "object_id": str(object_id),
        "words": seen.words,
        "kept_from": sorted(kept | seen.kept_from()),
    }


@transaction.atomic
def report(*, by: User, text: str, about: User | None = None, kind: str = "", object_id: Any = "") -> Report:
    """Tell the brokers that something breaks the code of conduct: about a person, or where it was seen, or both. They hear
    of it at once, without names. The same words again, while the report is open, are a second click: one report.
    Raises Invalid (no text, oneself), Missing."""
    if by == about:
        raise Invalid(_("You cannot report yourself."))
    if not text.strip():
        raise Invalid(_("Say what happened"), "text")
    where = _where(by, about, kind, object_id)
    where["kept_from"] = sorted({*where["kept_from"], by.pk})
    text = text.strip()[:4000]
    one_at_a_time(by)
    same = Report.objects.open().filter(by=by, about=about, text=text, object_id=where.get("object_id", ""))
    if told := same.order_by("id").first():
        return told
    made = Report.objects.create(by=by, about=about, text=text, **where)
    made.refresh_from_db()
    record(by=by, verb="people.report.made", obj=made)
    notify_each(
        people=queries.handlers_of(made),
        kind=REPORTED,
        key=f"report:{made.pk}",
        subject=_("Somebody has reported something"),
        template="people/mail/reported",
        url=reverse("people:report", args=[made.pk]),
        button=_("Read the report"),
    )
    return made


@transaction.atomic
def close_report(*, by: User, report: Report, outcome: str, finding: str = Report.Finding.ACTED) -> Report:
    """Say what came of a report: `outcome` is kept for the brokers, `finding` is what whoever reported it hears.
    A second time keeps the first outcome. Raises NotAllowed, Missing (kept from `by`), Invalid."""
    rules.check_role(by, "broker", "administrator")
    if not outcome.strip():
        raise Invalid(_("Say what came of it"), "outcome")
    if finding not in Report.Finding.values:
        raise Invalid(_("Choose one of the answers in the list"), "finding")
    report = _locked(Report, report, by)
    if report.closed_at is None:
        report.closed_at, report.closed_by = timezone.now(), by
        report.outcome, report.finding = outcome.strip()[:2000], finding
        report.save(update_fields=["closed_at", "closed_by", "outcome", "finding"])
        record(by=by, verb="people.report.closed", obj=report, finding=finding)
        notify(
            to=report.by,
            kind=REPORT_ANSWER,
            key=f"report:{report.pk}:closed",
            subject=_("What came of your report"),
            template="people/mail/report_closed",
            context={"finding": finding, "at": report.at},
        )
    return report


def _locked(model: Any, concern: Concern, by: User) -> Any:
    """A report or case, locked, where `by` handles it. Raises Missing: nobody learns of what is kept from them."""
    found = model.objects.select_for_update(of=("self",)).visible_to(by).filter(pk=concern.pk).first()
    if found is None:
        raise Missing
    return found


@transaction.atomic
def open_case(
    *,
    worry: str,
    text: str,
    by: User | None = None,
    about: User | None = None,
    kind: str = "",
    object_id: Any = "",
    name: str = "",
    email: str = "",
) -> SafeguardingCase:
    """Open a restricted case and alert whoever handles it at once, by day and night. Anybody may, suspended, signed in or
    not: without an account `email` is where to answer. The same words again, while the case is open, are a second click:
    one case. Raises Invalid, Missing."""
    if worry not in SafeguardingCase.Worry.values:
        raise Invalid(_("Choose one of the answers in the list"), "worry")
    if not text.strip():
        raise Invalid(_("Say what you are worried about"), "text")
    if by is None and not email:
        raise Invalid(_("Enter an email address, so that we can answer"), "email")
    about = None if about == by else about  # they hear of it like anybody who raised a case
    where = _where(by, about, kind, object_id)
    if by is not None:
        name = email = ""
        one_at_a_time(by)
        where["kept_from"] = [
            pk for pk in where["kept_from"] if pk != by.pk
        ]  # a lead may write down what they were told
    text = text.strip()[:4000]
    same = SafeguardingCase.objects.open().filter(
        by=by, email=email, about=about, worry=worry, text=text, object_id=where.get("object_id", "")
    )
    if told := same.order_by("id").first():
        return told
    case = SafeguardingCase.objects.create(
        by=by, name=name[:100], email=email, about=about, worry=worry, text=text, **where
    )
    case.refresh_from_db()
    record(by=by, verb="people.case.opened", obj=case, worry=worry)
    _alert(case)
    readers = queries.handlers_of(case)
    _answer(case, "opened", _("We have what you told us"), readers=[str(person) for person in readers])
    return case


def _alert(case: SafeguardingCase, to: User | None = None) -> None:
    """Tell whoever handles the case that it waits: how pressing it is and what to do, never a name or a word of it. Where
    nobody on the site may read it, whoever runs the site hears that it waits."""
    people = [to] if to is not None else queries.handlers_of(case)
    notify_each(
        people=people,
        to_email=None if people else addresses.known_as(parseaddr(settings.REPLY_TO_EMAIL)[1]) or None,
        kind=ALERT,
        key=f"case:{case.pk}:{case.waits_since:%Y%m%d%H%M%S%f}",
        subject=_("Safeguarding: %(worry)s") % {"worry": case.get_worry_display()},
        template="people/mail/safeguarding_alert",
        context={
            "worry": case.get_worry_display(),
            "at": case.at,
            "until": rules.read_by(case.waits_since or case.at),
            "nobody": not people,
        },
        url=reverse("people:case", args=[case.pk]),
        button=_("Sign in and read the case"),
    )


def _answer(case: SafeguardingCase, what: str, subject: str, **context: Any) -> None:
    """Tell whoever raised a case how it goes on, without a word about anybody else."""
    notify(
        to=case.by,
        to_email=case.email or None,
        kind=ANSWER,
        key=f"case:{case.pk}:{what}",
        subject=subject,
        template=f"people/mail/case_{what.partition(':')[0]}",
        context={"until": rules.read_by(case.at), **context},
    )


def _take(case: SafeguardingCase, by: User) -> None:
    """`by` has read a locked, open case and looks after it; whoever raised it hears their name."""
    if case.lead_id == by.pk and case.waits_since is None:
        return
    case.lead, case.waits_since = by, None
    case.save(update_fields=["lead", "waits_since"])
    CaseNote.objects.create(case=case, by=by, step=Step.TAKEN)
    record(by=by, verb="people.case.taken", obj=case)
    if case.by_id != by.pk:
        subject = _("%(name)s has read what you wrote") % {"name": by}
        _answer(case, f"taken:{by.pk}", subject, lead=str(by))


@transaction.atomic
def take_case(*, by: User, case: SafeguardingCase) -> SafeguardingCase:
    """Say that one has read a case and looks after it. A second click changes nothing. Raises NotAllowed, Missing,
    Invalid (closed)."""
    case = _open_case(case, by)
    _take(case, by)
    return case


@transaction.atomic
def hand_on(*, by: User, case: SafeguardingCase, to: User, text: str = "") -> SafeguardingCase:
    """Hand a case on to somebody else who may handle it. They are alerted at once, and it waits until they have read it.
    Raises NotAllowed, Missing, Invalid."""
    case = _open_case(case, by)
    if to == by or to not in queries.handlers_of(case):
        raise Invalid(_("Choose somebody else who may read this case"), "to")
    if case.lead_id == to.pk and case.waits_since is not None:
        return case
    case.lead, case.waits_since = to, timezone.now()
    case.save(update_fields=["lead", "waits_since"])
    CaseNote.objects.create(case=case, by=by, step=Step.HANDED, to=to, text=text.strip()[:4000])
    record(by=by, verb="people.case.handed_on", obj=case, to=str(to.pk))
    _alert(case, to)
    return case


@transaction.atomic
def add_note(*, by: User, case: SafeguardingCase, text: str, close: bool = False) -> CaseNote:
    """Write down what was done; with `close` the case ends with it, and `text` is its outcome. Whoever writes the first
    note looks after the case. The words of the newest note again are a second click: one note.
    Raises NotAllowed, Missing, Invalid."""
    if not text.strip():
        raise Invalid(_("Write a note"), "text")
    rules.check_role(by, "safeguarding_lead", "administrator")
    case, text = _locked(SafeguardingCase, case, by), text.strip()[:4000]
    step = Step.CLOSED if close else Step.NOTE
    newest = case.notes.order_by("-id").first()
    if newest is not None and (newest.by_id, newest.text, newest.step) == (by.pk, text, step):
        return newest
    if case.closed_at is not None:
        raise Invalid(_("This case is closed."))
    if case.lead_id is None or case.waits_since is not None:
        _take(case, by)
    note = CaseNote.objects.create(case=case, by=by, step=step, text=text)
    if close:
        case.closed_at, case.closed_by, case.outcome = timezone.now(), by, text[:2000]
        case.save(update_fields=["closed_at", "closed_by", "outcome"])
        if case.by_id != by.pk:
            _answer(case, "closed", _("About what you told us"))
    record(by=by, verb="people.case.noted", obj=case, closed=close)
    return note


@transaction.atomic
def name_person(*, by: User, case: SafeguardingCase, user: User) -> SafeguardingCase:
    """Say whom a case is about, where it came without a name or with a wrong one: from then on it is kept from them, and
    what told them of it is taken back. `by` looks after the case, if nobody else who may read it does. A second click
    changes nothing. Raises NotAllowed, Missing, Invalid."""
    case = _open_case(case, by)
    if user == by:
        raise Invalid(_("If it is about you, hand the case on to somebody else first."), "who")
    if case.about_id == user.pk:
        return case
    case.about, case.kept_from = user, sorted({*case.kept_from, user.pk})
    case.save(update_fields=["about", "kept_from"])
    if case.lead_id in {None, user.pk} or case.waits_since is not None:
        _take(case, by)
    text = _("This is about %(name)s.") % {"name": user}
    CaseNote.objects.create(case=case, by=by, step=Step.NOTE, text=text)
    take_from(user=user, url=reverse("people:case", args=[case.pk]))
    record(by=by, verb="people.case.named", obj=case)
    return case


@transaction.atomic
def look_where(*, by: User, concern: Concern) -> concerns.Seen | None:
    """What a report or case is about, as it stands now, for whoever handles it: they need not be a party. Every look is in
    the log. None where it has gone. Raises NotAllowed, Missing."""
    model: Any = type(concern)
    rules.check_role(by, model.objects.none().role, "administrator")
    if not model.objects.visible_to(by).filter(pk=concern.pk).exists():
        raise Missing
    record(by=by, verb="people.concern.looked", obj=concern, kind=concern.kind, object_id=concern.object_id)
    return concerns.look(concern.kind, concern.object_id)


@transaction.atomic
def reword(
    *,
    by: User | None,
    reword: Callable[[str], str],
    things: Iterable[tuple[str, Any]] = (),
    quoting: Iterable[str] = (),
) -> int:
    """Other words in what reports and cases keep of a thing, open or closed: where something has to go that should never
    have been written, or comes back. It looks at what they keep of `things`, each a kind and an id, and at whatever holds
    one of the texts in `quoting` whole. The caller has asked who may; `by` learns of no report or case. What was written
    in a report or case itself stays, as it does in its notes. Returns how many were changed."""
    near = Q(pk__in=[])  # nothing yet
    for kind, object_id in things:
        near |= Q(kind=kind, object_id=str(object_id))
    for text in quoting:
        near |= Q(words__contains=text)
    changed = 0
    for model in (Report, SafeguardingCase):
        for concern in model.objects.select_for_update(of=("self",)).exclude(words="").filter(near).order_by("pk"):
            words = reword(concern.words)
            if words != concern.words:
                concern.words = words
                concern.save(update_fields=["words"])
                record(by=by, verb="people.concern.reworded", obj=concern)
                changed += 1
    return changed


def _open_case(case: SafeguardingCase, by: User) -> SafeguardingCase:
    """The case, locked. Raises NotAllowed, Missing, and Invalid where it is closed."""
    rules.check_role(by, "safeguarding_lead", "administrator")
    case = _locked(SafeguardingCase, case, by)
    if case.closed_at is not None:
        raise Invalid(_("This case is closed."))
    return case
