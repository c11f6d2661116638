"""The quick first look at what was sent in: yes, not this time, or let us talk about it."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from accelerator.actions import decisions
from accelerator.actions.judging import check_may_judge
from accelerator.actions.review import check_promised
from accelerator.models import Application, Assignment, BulkMove, Decision, ReviewPhase, TriageAnswer, Wave
from accelerator.queries import triage as queries
from accelerator.queries.kept import too_close
from accelerator.queries.phases import reads_in
from accelerator.rules import access
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import moment

LONGEST_REASON = 1000  # characters


@transaction.atomic
def say(*, by: Any, application: Application, answer: str, reason: str = "", as_manager: bool = False) -> TriageAnswer:
    """What `by` says of an application: "yes", "no" or "talk". Saying something else later replaces it. One who speaks
    `as_manager` of the wave settles it, and may do so until reviewers have it or its letter has gone; reviewers whom the
    phase asks have until it ends.
    Raises NotAllowed, Missing, Invalid (answer, reason), DomainError out of time."""
    application = Application.objects.select_for_update(of=("self",)).select_related("wave").get(pk=application.pk)
    phase = queries.phase_of(application.wave) if application.wave else None
    if phase is None or application.state != Application.State.SUBMITTED:
        raise Missing(_("There is no such application."))
    phase.wave = application.wave  # type: ignore[assignment]  # it has one: it has a phase
    _check_may(by, application, phase, as_manager=as_manager)
    _check_time(application, phase, as_manager=as_manager)
    reason = reason.strip()
    if answer not in TriageAnswer.Answer.values:
        raise Invalid(_("Choose yes, not this time, or talk about it."), field="answer")
    if answer != TriageAnswer.Answer.YES and not reason:
        raise Invalid(_("Say why in a sentence."), field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(_("Shorten it to %(limit)d characters.") % {"limit": LONGEST_REASON}, field="reason")
    standing = TriageAnswer.objects.filter(phase=phase, application=application, by=by).first()
    if standing is not None and (standing.answer, standing.reason) == (answer, reason):
        return standing
    said, _made = TriageAnswer.objects.update_or_create(
        phase=phase,
        application=application,
        by=by,
        defaults={"answer": answer, "reason": reason, "as_manager": as_manager, "at": timezone.now()},
    )
    audit.actions.record(by=by, verb="accelerator.triage.said", obj=application, answer=answer, manager=as_manager)
    return said


def _check_may(by: Any, application: Application, phase: ReviewPhase, *, as_manager: bool) -> None:
    """Raises Missing for those who have no part in it, NotAllowed for those who are too close or have not promised."""
    if not (access.runs(by, phase.wave) if as_manager else reads_in(by, phase)):
        raise Missing(_("There is no such application."))
    if as_manager:  # managers can open whose it is; to reviewers, to be refused for what they said since would tell
        check_may_judge(by, application)
    if Application.objects.filter(too_close(by), pk=application.pk).exists():
        raise NotAllowed(_("You are too close to this application, so somebody else must look at it."))
    if not as_manager:
        check_promised(by=by, wave=phase.wave)


def _check_time(application: Application, phase: ReviewPhase, *, as_manager: bool) -> None:
    now = timezone.now()
    if now < phase.starts:
        raise DomainError(_("The first look begins on %(when)s.") % {"when": moment(phase.starts, zone=True)})
    if now >= phase.ends and not as_manager:
        raise DomainError(
            _("The first look ended on %(when)s. Talk to the portfolio manager.")
            % {"when": moment(phase.ends, zone=True)}
        )
    if Assignment.objects.filter(application=application).exists():
        raise DomainError(_("Reviewers have this application already, so it is decided with the others."))
    if Decision.objects.filter(application=application, sent_at__isnull=False).exists():
        raise DomainError(_("Its letter has gone, so the decision stands."))


@transaction.atomic
def draft_letters(*, by: Any, wave: Wave, key: str) -> BulkMove:
    """Declines, kindly, everything that is out after the first look and not decided yet, as one move that can be taken
    back; the letters wait to be read and sent. A second click drafts nothing more. Raises NotAllowed, DomainError where
    nothing is out."""
    if not access.runs(by, wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can decide."))
    if first := BulkMove.objects.filter(by=by, key=key).first():
        return first
    waiting = wave.applications.submitted().filter(pk__in=queries.out(wave), decision=None).order_by("pk")
    waiting = waiting.exclude(too_close(by, said_since=True))
    ids = list(waiting.values_list("pk", flat=True)[: decisions.LONGEST_MOVE])
    if not ids:
        raise DomainError(_("Nothing that is out still waits for a letter."))
    return decisions.decide_many(by=by, wave=wave, application_ids=ids, outcome=Decision.Outcome.DECLINE, key=key)
