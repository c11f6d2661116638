"""Deciding. Everything can be changed or taken back until a letter has gone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from accelerator.actions.judging import managed
from accelerator.models import Application, BulkMove, Decision, Wave
from accelerator.queries import letters
from accelerator.queries.kept import kept_from
from accelerator.rules import access
from ui.errors import DomainError, Invalid, NotAllowed


@transaction.atomic
def decide(*, by: Any, application: Application, outcome: str) -> Decision:
    """Accepts, reserves or declines, and drafts the letter. Deciding again, before the letter has gone, replaces both;
    the same outcome again changes nothing, so that an edited letter survives a second click."""
    application = managed(by, application.pk)
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
            "letter": letters.assemble(application, outcome),
            "signed_as": by.name,
            "edited_at": None,
        },
    )
    audit.actions.record(by=by, verb="accelerator.application.decided", obj=application, outcome=outcome)
    return decision


@transaction.atomic
def undo(*, by: Any, application: Application) -> None:
    """Takes a decision back, and its letter with it, until the letter has gone. A second click changes nothing."""
    application = managed(by, application.pk)
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
    otherwise since then is left alone. A second click changes nothing. Raises NotAllowed, also where one of these
    applications is kept from them, and DomainError where one of the letters has gone."""
    move = BulkMove.objects.select_for_update(of=("self",)).select_related("wave").get(pk=move.pk)
    if not access.runs(by, move.wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can decide."))
    if not kept_from(by, move.wave).isdisjoint(map(UUID, move.before)):
        raise NotAllowed(_("Another manager of this wave must take this move back."))
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
