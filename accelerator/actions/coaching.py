"""The hour with a coach that a no comes with, paid from the wave's fund."""

import logging
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.actions.locking import locked
from accelerator.actions.purses import close_purse, open_purse
from accelerator.models import Application, CoachingHour
from accelerator.queries import coaching as queries
from accelerator.queries.helping import branches_for
from accelerator.rules import apply as apply_rules
from accelerator.rules import coaching as rules
from audit.actions import record
from people.rules import check_may_act
from timebank.actions import purposes
from timebank.actions.listings import post_listing
from ui.errors import DomainError, NotAllowed

log = logging.getLogger(__name__)

PURPOSE = "coaching"  # the kind of purpose that the hour is for
MINUTES = 60


@transaction.atomic
def ask(*, by: Any, application: Application) -> CoachingHour:
    """Asks the community for an hour with a coach, after the letter that said no. Once an application: a second click
    finds it. Raises Missing, NotAllowed (not the lead, may not act), DomainError (no such letter, no fund, too little in
    it)."""
    check_may_act(by)
    application = locked(by, application.pk, edit=False)
    if not apply_rules.is_lead(by, application):
        raise NotAllowed(_("Only the person who led this application can ask for the hour."))
    if first := CoachingHour.objects.filter(application=application).first():
        return first
    decision = getattr(application, "decision", None)
    if not rules.is_offered(decision):
        raise DomainError(_("This hour comes with a letter that says “not this time”."))
    wave = application.wave
    assert wave is not None  # it was decided in one
    pot = open_purse(by=by, wave=wave, name=_("Coaching after %(wave)s") % {"wave": wave.name}, minutes=MINUTES)
    skills = branches_for(application)
    listing = post_listing(
        by=by,
        kind="request",
        title=_("An hour of coaching about an idea"),
        description=_(
            "Somebody brought an idea to %(wave)s, and there was no place for it this time. They would like an hour to talk over "
            "what reviewers said and what to try next. They tell you about the idea themselves."
        )
        % {"wave": wave.name},
        skills=skills,
        pot=pot,
        purpose=purposes.create(kind=PURPOSE, label=_("Coaching after a call"), skills=skills),
        minutes=MINUTES,
        key=f"coaching:{application.pk}",
    )
    hour = CoachingHour.objects.create(application=application, listing=listing, pot=pot)
    record(by=by, verb="accelerator.coaching.asked", obj=application, listing=str(listing.pk), minutes=MINUTES)
    return hour


def _end(hour: CoachingHour) -> None:
    """Closes the request and its purse; what is left goes back to the fund."""
    wave = hour.application.wave
    assert wave is not None  # it was decided in one
    close_purse(by=None, wave=wave, purse=hour.pot, words=_("The hour of coaching is over. Thank you."))
    hour.ended_at = timezone.now()
    hour.save(update_fields=["ended_at"])


@transaction.atomic
def end_for(*, user: Any) -> None:
    """Ends the hours that somebody who leaves has asked for and nobody gives yet."""
    for hour in queries.open_hours().select_for_update(of=("self",)).filter(application__lead=user):
        if rules.is_over(queries.states_of([hour])[hour.pk], on_board=False):
            _end(hour)


def sweep() -> int:
    """Ends the hours that have nothing left to wait for: given, or off the board. Returns how many. Harmless to repeat;
    one that cannot end yet is tried again the next time."""
    ended, rows = 0, list(queries.open_hours())
    states = queries.states_of(rows)
    for hour in rows:
        if not rules.is_over(states[hour.pk], on_board=hour.listing.state == "open"):
            continue
        try:
            with transaction.atomic():
                fresh = queries.open_hours().select_for_update(of=("self",)).filter(pk=hour.pk).first()
                if fresh is not None:
                    _end(fresh)
                    ended += 1
        except DomainError:
            log.info("coaching hour %s cannot be ended yet", hour.pk)
    return ended
