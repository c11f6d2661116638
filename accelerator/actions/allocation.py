"""The panel: what each reviewer takes on, and giving out a whole phase at once."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import audit.actions
from accelerator.actions.judging import judged
from accelerator.actions.review import LONGEST_COMMENT
from accelerator.models import (
    Application,
    Assignment,
    DeclaredConflict,
    HelpKind,
    PanelNote,
    PanelSeat,
    ReviewPhase,
    Wave,
)
from accelerator.queries.agreement import NOTHING
from accelerator.queries.allocation import Proposal, panel, propose
from accelerator.queries.kept import kept_from
from accelerator.rules import access
from notifications.actions import notify
from people.rules import has_role
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import moment

MOST_ROOM = 200  # applications


@transaction.atomic
def take_seat(*, by: Any, wave: Wave, room: int, knows: Iterable[str], promises: bool) -> PanelSeat:
    """A reviewer says how many applications they have room for and what they know about, and promises to keep what they
    read to themselves. Once given, the promise stays. Raises NotAllowed, and Invalid (room, knows, promises)."""
    knows = sorted(set(knows))
    if not has_role(by, "reviewer", wave.pk):
        raise NotAllowed(_("Only reviewers of this wave can do this."))
    if not 0 <= room <= MOST_ROOM:
        raise Invalid(_("Give a number from 0 to %(most)d.") % {"most": MOST_ROOM}, field="room")
    if not set(knows) <= set(HelpKind.values):
        raise Invalid(_("Choose from the list."), field="knows")
    seat = PanelSeat.objects.select_for_update().filter(wave=wave, reviewer=by).first()
    if not promises and (seat is None or seat.promised_at is None):
        raise Invalid(_("Promise to keep what you read to yourself, or ask to leave the panel."), field="promises")
    seat, _made = PanelSeat.objects.update_or_create(wave=wave, reviewer=by, defaults={"room": room, "knows": knows})
    if seat.promised_at is None:
        seat.promised_at = timezone.now()
        seat.save(update_fields=["promised_at"])
        audit.actions.record(by=by, verb="accelerator.panel.promised", obj=seat)
    return seat


@transaction.atomic
def take_back_declared(*, by: Any, declared_id: Any) -> None:
    """Takes one's own declaration back. In waves whose applications they have seen it holds to the end: a row that came
    back would tell whose it is. A second click changes nothing. Raises Missing where there is none of one's own."""
    declared = DeclaredConflict.objects.select_for_update().filter(pk=declared_id, reviewer=by).first()
    if declared is None:
        raise Missing(_("There is no such declaration."))
    if declared.taken_back_at is None:
        declared.taken_back_at = timezone.now()
        declared.save(update_fields=["taken_back_at"])


@transaction.atomic
def give_out(*, by: Any, phase: ReviewPhase, fingerprint: str, now: dt.datetime | None = None) -> list[Assignment]:
    """Gives out all that a phase still needs, as it was looked at: `fingerprint` is that proposal's. Every reviewer gets
    one letter, however much they are asked to read. What is kept from `by` waits for another manager.

    Raises NotAllowed for anybody but a manager of the wave, and DomainError where the plan has changed meanwhile, there
    is nothing to give out, or the phase scores nothing. A second click finds the plan changed, and gives out nothing.
    """
    phase = ReviewPhase.objects.select_for_update(of=("self",)).select_related("wave").get(pk=phase.pk)
    if not access.runs(by, phase.wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can give out reviews."))
    if phase.kind != ReviewPhase.Kind.SCORE:
        raise DomainError(_("Reviews are given out in a scoring phase."))
    proposal = propose(phase, now, without=kept_from(by, phase.wave))
    if not proposal.plan.pairs:
        raise DomainError(_("Everything that can be given out has been given out."))
    if proposal.fingerprint != fingerprint:
        raise DomainError(_("Something has changed since you looked, so nothing was given out. Look at the new plan."))
    made = Assignment.objects.bulk_create(
        Assignment(phase=phase, application_id=application, reviewer_id=reviewer)
        for application, reviewer in proposal.plan.pairs
    )
    audit.actions.record(by=by, verb="accelerator.review.given_out", obj=phase, count=len(made))
    _ask(phase, proposal, fingerprint)
    return made


def _ask(phase: ReviewPhase, proposal: Proposal, fingerprint: str) -> None:
    theirs: dict[Any, list[str]] = defaultdict(list)
    for application, reviewer in proposal.plan.pairs:
        theirs[reviewer].append(proposal.applications[application].reference)
    for reviewer, references in theirs.items():
        count = len(references)
        notify(
            to=proposal.reviewers[reviewer],
            kind="review_assigned",
            key=f"review_given_out:{phase.pk}:{fingerprint}",
            subject=ngettext("An application to review", "%(count)d applications to review", count) % {"count": count},
            template="accelerator/letters/review_assigned",
            context={"references": references, "due": moment(phase.ends, zone=True), "wave": phase.wave.name},
            url="/reviews/",
        )


@transaction.atomic
def nudge(*, by: Any, phase: ReviewPhase, reviewer_ids: Iterable[Any], now: dt.datetime | None = None) -> int:
    """Reminds reviewers of what waits for them in this phase, each at most once a day. Returns how many were chosen who
    have something open. Raises NotAllowed, Invalid where nobody was chosen."""
    now = now or timezone.now()
    if not access.runs(by, phase.wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can do this."))
    chosen = {str(pk) for pk in reviewer_ids}
    if not chosen:
        raise Invalid(_("Choose at least one reviewer."), field="reviewers")
    waiting = [one for one in panel(phase, NOTHING) if one.open and str(one.reviewer.pk) in chosen]
    for one in waiting:
        notify(
            to=one.reviewer,
            kind="review_due",
            key=f"review_nudge:{phase.pk}:{timezone.localdate(now)}",
            subject=ngettext("%(count)d review waits for you", "%(count)d reviews wait for you", one.open)
            % {"count": one.open},
            template="accelerator/letters/review_nudge",
            context={"open": one.open, "done": one.done, "due": moment(phase.ends, zone=True), "wave": phase.wave.name},
            url="/reviews/",
        )
    audit.actions.record(by=by, verb="accelerator.review.nudged", obj=phase, count=len(waiting))
    return len(waiting)


@transaction.atomic
def add_note(*, by: Any, application: Application, text: str, key: str) -> PanelNote:
    """Notes something on an application for the others who moderate it. A second click writes nothing. Raises
    NotAllowed, Invalid (text)."""
    application = judged(by, application.pk)
    text = text.strip()
    if not text:
        raise Invalid(_("Write a note first."), field="text")
    if len(text) > LONGEST_COMMENT:
        raise Invalid(_("Shorten your note to %(limit)d characters.") % {"limit": LONGEST_COMMENT}, field="text")
    note, _made = PanelNote.objects.get_or_create(
        author=by, key=key, defaults={"application": application, "text": text}
    )
    return note
