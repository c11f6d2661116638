"""The pages of applying and reviewing in a real browser at phone size: axe, valid HTML, reflow, no console error."""

import pytest

from accelerator.actions import review
from tests.accelerator.factories import (
    a_decision,
    a_draft,
    a_full_draft,
    a_manager,
    a_review,
    a_reviewer,
    a_wave,
    an_application,
    an_assignment,
)
from tests.accelerator.looking import check_pages


@pytest.fixture
def scene(live):
    wave, scored = a_wave(slug="spring", name="Spring wave"), a_wave(slug="autumn", name="Autumn wave")
    started, full = a_draft(wave=wave), a_full_draft(wave=wave)
    sent, other = an_application(wave=scored), an_application(wave=scored)
    manager, reviewer = a_manager(), a_reviewer()
    assignment = an_assignment(other, reviewer, manager)
    review.accept_assignment(by=reviewer, assignment=assignment)
    a_review(sent, 4)
    a_decision(sent, "decline", manager)
    question = f"/applications/{started.pk}/question"
    return [
        (None, ["/waves/", "/waves/spring/", "/waves/spring/apply/"]),
        (started.lead, ["/", "/applications/", f"/applications/{started.pk}/", f"/applications/{started.pk}/check/"]),
        (started.lead, [f"{question}/{key}/" for key in ("problem", "unfair", "stage", "show", "sentence")]),
        (
            full.lead,
            [f"/applications/{full.pk}/{page}/" for page in ("check", "about-you", "send", "withdraw", "invite")],
        ),
        (sent.lead, [f"/applications/{sent.pk}/", f"/applications/{sent.pk}/sent/"]),
        (reviewer, ["/", "/reviews/", f"/reviews/{assignment.pk}/"]),
        (
            manager,
            [
                "/",
                "/selection/",
                "/selection/autumn/",
                "/selection/spring/more-time/",
                "/selection/autumn/letters/",
                f"/selection/application/{other.pk}/",
                f"/selection/application/{sent.pk}/letter/",
            ],
        ),
    ]


def test_every_page_is_accessible_valid_and_fits_a_phone(live, browse, scene):
    check_pages(browse, live, scene)
