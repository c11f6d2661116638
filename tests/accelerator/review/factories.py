"""What tests of selection begin with."""

from typing import Any

from accelerator.actions import judging, letters, review, samples
from accelerator.models import Application, Sample, Wave
from people.models import User
from tests.accelerator.factories import (
    a_decision,
    a_manager,
    a_review,
    a_reviewer,
    a_wave,
    an_application,
    an_assignment,
    the_phase,
)
from tests.accelerator.innovations.factories import a_funded_wave


def a_declined(
    lead: User | None = None,
    wave: Wave | None = None,
    manager: User | None = None,
    application: Application | None = None,
) -> Application:
    """An application whose letter said no, in a wave with a fund."""
    manager = manager or a_manager()
    application = application or an_application(lead, wave or a_funded_wave())
    a_decision(application, "decline", manager)
    letters.send_letters(by=manager, applications=[application])
    return Application.objects.get(pk=application.pk)


def a_sample(wave: Wave, manager: User | None = None) -> Sample:
    """What everybody scores first, in the wave's scoring phase."""
    text = "What goes wrong?\nClocks on the ward are too small to read."
    return samples.set_sample(by=manager or a_manager(), phase=the_phase(wave), text=text, agreed=True)


def world(people: dict[str, Any]) -> dict[str, Any]:
    """The URL matrix's part: an application of `party` that was declined, with one review, a sample to score, and a review
    by somebody who turned out to be too close."""
    manager, wave = people["portfolio_manager"], a_funded_wave(slug="matrix-declined", name="Matrix declined wave")
    application = an_application(people["party"], wave)
    too_close = an_assignment(an_application(wave=a_wave()), manager=manager)
    review.declare_conflict(by=too_close.reviewer, person=too_close.application.lead)
    a_review(application, 3, people["reviewer"])
    declined = a_declined(manager=manager, application=application)
    late, reader = an_application(wave=a_wave(slug="matrix-late", name="Matrix late wave")), a_reviewer()
    assert late.wave is not None
    judging.note_first_sight(by=reader, wave=late.wave)
    review.declare_conflict(by=reader, person=late.lead)
    return {
        "late_slug": late.wave.slug,
        "late_id": late.pk,
        "late_reader_id": reader.pk,
        "declined_id": declined.pk,
        "declined_slug": wave.slug,
        "sample_id": a_sample(wave, manager).pk,
        "too_close_id": too_close.pk,
    }
