"""Deciding, and the letters that say so. Everything can be changed or taken back until a letter has gone."""

import re
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from accelerator.models import Application, Assignment, BulkMove, Decision, Wave
from accelerator.rules import access
from notifications.actions import notify
from timebank.actions import ledger
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import hours

LONGEST_LETTER = 10_000  # characters


def _managed(by: Any, application_id: Any) -> Application:
    """A submitted application, locked, for a manager of its wave."""
    rows = Application.objects.select_for_update(of=("self",)).select_related("wave", "lead")
    application = rows.filter(pk=application_id).first()
    if application is None:
        raise Missing(_("There is no such application."))
    if not access.runs(by, application.wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can decide."))
    if application.lead_id == by.pk or application.co_applicants.filter(user=by).exists():
        raise NotAllowed(_("You are on this application, so somebody else must decide."))
    if application.state != Application.State.SUBMITTED:
        raise DomainError(_("This application is not in the review any more."))
    return application


@transaction.atomic
def decide(*, by: Any, application: Application, outcome: str) -> Decision:
    """Accepts, reserves or declines, and drafts the letter. Deciding again, before the letter has gone, replaces both;
    the same outcome again changes nothing, so that an edited letter survives a second click."""
    application = _managed(by, application.pk)
    if outcome not in Decision.Outcome.values:
        raise Invalid(_("Choose accept, reserve or decline."), field="outcome")
    decision = Decision.objects.filter(application=application).first()
    if decision is not None:
        if decision.sent_at:
            raise DomainError(_("The letter has gone, so this decision stands."))
        if decision.outcome == outcome:
            return decision
    decision, _made = Decision.objects.update_or_create(
        application=application,
        defaults={
            "outcome": outcome,
            "decided_by": by,
            "decided_at": timezone.now(),
            "letter": assemble_letter(application=application, outcome=outcome),
            "signed_as": by.name,
            "edited_at": None,
        },
    )
    audit.actions.record(by=by, verb="accelerator.application.decided", obj=application, outcome=outcome)
    return decision


@transaction.atomic
def undo(*, by: Any, application: Application) -> None:
    """Takes a decision back, and its letter with it, until the letter has gone. A second click changes nothing."""
    application = _managed(by, application.pk)
    decision = Decision.objects.filter(application=application).first()
    if decision is None:
        return
    if decision.sent_at:
        raise DomainError(_("The letter has gone, so this decision stands."))
    decision.delete()
    audit.actions.record(by=by, verb="accelerator.decision.undone", obj=application)


LONGEST_MOVE = 500  # applications


@transaction.atomic
def decide_many(*, by: Any, wave: Wave, application_ids: Sequence[Any], outcome: str, key: str) -> BulkMove:
    """The same decision on several applications of a wave, all or none, with a letter drafted for each. How each stood
    before is kept, so that `undo_move` can take it back. The same key again moves nothing. Raises NotAllowed, Invalid
    (applications, outcome), and DomainError where a letter has gone."""
    if not access.runs(by, wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can decide."))
    if not application_ids:
        raise Invalid(_("Choose at least one application."), field="applications")
    if len(application_ids) > LONGEST_MOVE:
        raise Invalid(_("Choose at most %(most)d at a time.") % {"most": LONGEST_MOVE}, field="applications")
    applications = list(wave.applications.submitted().filter(pk__in=application_ids).order_by("pk"))
    if len(applications) < len(set(map(str, application_ids))):
        raise Invalid(_("One of these is not in the review any more. Look at the table again."), field="applications")
    list(Application.objects.select_for_update().filter(pk__in=application_ids).order_by("pk"))
    if first := BulkMove.objects.filter(by=by, key=key).first():
        return first
    standing = {decision.application_id: decision for decision in Decision.objects.filter(application__in=applications)}
    before = {
        str(application.pk): {name: getattr(standing[application.pk], name) for name in KEPT}
        if application.pk in standing
        else None
        for application in applications
    }
    for application in applications:
        decide(by=by, application=application, outcome=outcome)
    move = BulkMove.objects.create(wave=wave, by=by, outcome=outcome, before=before, key=key)
    audit.actions.record(by=by, verb="accelerator.move.made", obj=wave, outcome=outcome, count=len(applications))
    return move


KEPT = ("outcome", "letter", "signed_as")  # of a decision, to put it back


@transaction.atomic
def undo_move(*, by: Any, move: BulkMove) -> BulkMove:
    """Takes back the decisions of one move: each application stands again as it stood before. What was decided
    otherwise since then is left alone. A second click changes nothing. Raises NotAllowed, and DomainError where one of
    the letters has gone."""
    move = BulkMove.objects.select_for_update(of=("self",)).select_related("wave").get(pk=move.pk)
    if not access.runs(by, move.wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can decide."))
    if move.undone_at:
        return move
    list(Application.objects.select_for_update().filter(pk__in=move.before).order_by("pk"))
    made = Decision.objects.filter(application__in=move.before, outcome=move.outcome)
    if made.filter(sent_at__isnull=False).exists():
        raise DomainError(
            _("A letter of these has gone, so they are not taken back together. Take each back by itself.")
        )
    for decision in made:
        was = move.before[str(decision.application_id)]
        if was is None:
            decision.delete()
        else:
            for name in KEPT:
                setattr(decision, name, was[name])
            decision.save(update_fields=list(KEPT))
    move.undone_at = timezone.now()
    move.save(update_fields=["undone_at"])
    audit.actions.record(by=by, verb="accelerator.move.undone", obj=move.wave, count=len(move.before))
    return move


def assemble_letter(*, application: Application, outcome: str) -> str:
    """The letter's first draft as plain text: the template of the outcome, then, for each criterion, the words of the
    rubric that reviewers chose on the whole, then their comments for the applicant, in the order they came."""
    done = Assignment.objects.filter(application=application, state=Assignment.State.DONE).order_by(
        "submitted_at", "id"
    )
    lines: list[tuple[str, str]] = []
    scores: dict[Any, list[int]] = {}
    criteria: dict[Any, Any] = {}
    for assignment in done.prefetch_related("scores__criterion"):
        for score in assignment.scores.all():
            if score.score is not None:
                criteria[score.criterion_id] = score.criterion
                scores.setdefault(score.criterion_id, []).append(score.score)
    for pk, criterion in sorted(criteria.items(), key=lambda pair: pair[1].position):
        middle = sorted(scores[pk])[(len(scores[pk]) - 1) // 2]  # the lower median: a score that somebody gave
        lines.append((criterion.name, criterion.anchors[middle]))
    context = {
        "name": application.lead.first_name,
        "sentence": application.sentence,
        "wave": application.wave,
        "lines": lines,
        "comments": [assignment.for_applicant for assignment in done if assignment.for_applicant],
    }
    text = render_to_string(f"accelerator/letters/{outcome}.txt", context)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@transaction.atomic
def edit_letter(*, by: Any, application: Application, letter: str, signed_as: str) -> Decision:
    """Changes the text of a letter that has not gone, and who signs it. Raises Invalid where either is empty."""
    application = _managed(by, application.pk)
    decision = Decision.objects.select_for_update().filter(application=application).first()
    if decision is None:
        raise Missing(_("Decide first, then edit the letter."))
    if decision.sent_at:
        raise DomainError(_("This letter has gone, so it cannot be changed."))
    if not letter.strip():
        raise Invalid(_("Write the letter."), field="letter")
    if len(letter) > LONGEST_LETTER:
        raise Invalid(_("Shorten the letter to %(limit)d characters.") % {"limit": LONGEST_LETTER}, field="letter")
    if not signed_as.strip():
        raise Invalid(_("Sign the letter with your name."), field="signed_as")
    decision.letter, decision.signed_as, decision.edited_at = letter.strip() + "\n", signed_as.strip(), timezone.now()
    decision.save(update_fields=["letter", "signed_as", "edited_at"])
    return decision


def _check_fund_pays(applications: Sequence[Application]) -> None:
    """Says before anything is sent by how much a fund is short for all acceptances together. (The ledger checks again.)"""
    accepting = Decision.objects.filter(
        application__in=[application.pk for application in applications],
        outcome=Decision.Outcome.ACCEPT,
        sent_at=None,
        application__wave__fund__isnull=False,
    )
    needed: dict[Any, int] = {}
    for decision in accepting.select_related("application__wave__fund"):
        wave: Any = decision.application.wave  # it has one, with a fund, by the filter
        needed[wave] = needed.get(wave, 0) + wave.allowance_minutes
    for wave, minutes in needed.items():
        account = ledger.account_for(pot=wave.fund)
        missing = minutes - (account.balance - account.held - account.floor)  # type: ignore[operator]  # a pot has a floor
        if missing > 0:
            raise DomainError(
                _(
                    "The fund of %(wave)s cannot pay for all of these: %(needed)s is needed and %(missing)s is missing. "
                    "Nothing has been sent. Tick fewer, or ask a time broker to add to the fund."
                )
                % {"wave": wave.name, "needed": hours(minutes), "missing": hours(missing)}
            )


@transaction.atomic
def send_letters(*, by: Any, applications: Sequence[Application]) -> list[Decision]:
    """Sends the letters of `applications`; accepting makes the innovation in the same moment. Letters that have gone
    are left alone, so that a second click sends nothing twice. All go or none: raises DomainError where a wave's fund
    cannot pay the allowances of all that are accepted."""
    from accelerator.actions import innovations

    sent: list[Decision] = []
    _check_fund_pays(applications)
    for chosen in sorted(applications, key=lambda application: application.pk):
        application = _managed(by, chosen.pk)
        decision = Decision.objects.select_for_update().filter(application=application).first()
        if decision is None:
            raise DomainError(_("%(reference)s is not decided yet.") % {"reference": application.reference})
        if decision.sent_at:
            continue
        if not decision.signed_as:
            raise Invalid(_("Sign the letter of %(reference)s first.") % {"reference": application.reference})
        decision.sent_at, decision.sent_by = timezone.now(), by
        decision.save(update_fields=["sent_at", "sent_by"])
        if decision.outcome == Decision.Outcome.ACCEPT:
            innovations.create_from_application(by=by, application=application, manager=by)
        audit.actions.record(by=by, verb="accelerator.letter.sent", obj=application, outcome=decision.outcome)
        notify(
            to=application.lead,
            kind="decision",
            key=f"decision:{application.pk}",
            subject=_("About your idea: %(sentence)s") % {"sentence": application.sentence[:120]},
            template="accelerator/letters/letter",
            context={"letter": decision.letter, "signed_as": decision.signed_as, "wave": application.wave},
            url=reverse("accelerator:application", args=[application.pk]),
        )
        sent.append(decision)
    return sent
