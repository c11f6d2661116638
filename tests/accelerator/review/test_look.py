"""The pages of selection, of the panel and of planning waves in a real browser: axe, valid HTML, reflow."""

from accelerator.actions import allocation, decisions, quarantine_evidence, questions, review
from accelerator.queries import allocation as queries
from tests.accelerator.factories import (
    a_manager,
    a_review,
    a_reviewer,
    a_seat,
    a_wave,
    an_application,
    close_call,
    the_phase,
)
from tests.accelerator.innovations.factories import a_file, a_funded_wave, an_innovation, evidence_for, first
from tests.accelerator.looking import check_pages
from tests.accelerator.review.factories import a_declined, a_sample


def test_every_page_of_selection_is_accessible_valid_and_fits_a_phone(live, browse):
    wave, manager = a_wave(), a_manager()
    sent = [an_application(wave=wave) for _ in range(3)]
    panel = [a_reviewer(name) for name in ("Ruth Okafor", "Tomasz Zielinski")]
    close_call(wave)
    allocation.give_out(by=manager, phase=the_phase(wave), fingerprint=queries.propose(the_phase(wave)).fingerprint)
    for number, application in enumerate(sent[:2]):
        for assignment in application.assignments.all():
            a_review(application, 2 + number, assignment.reviewer)
    decisions.decide_many(by=manager, wave=wave, application_ids=[sent[0].pk], outcome="decline", key="one")
    review.declare_conflict(by=panel[0], email="friend@example.org")
    review.declare_conflict(by=panel[1], person=sent[2].lead)
    back, read = (sent[2].assignments.get(reviewer=one) for one in panel)
    a_seat(panel[1], wave)
    review.hand_back(by=panel[0], assignment=back)
    shown = evidence_for(first(an_innovation(manager=manager)), files=[a_file()])
    quarantine_evidence.flag(by=manager, submission=shown, file=shown.files.get())
    quarantine_evidence.flag(by=manager, submission=shown, note="a surname")
    draft = questions.new_version(by=manager, question_set=wave.question_set)
    declined = a_declined(wave=a_funded_wave(), manager=manager)
    sample = a_sample(declined.wave, manager)
    a_seat(panel[1], declined.wave)
    a_declined(application=sent[0], manager=manager)
    letters = f"/selection/{wave.slug}/letters/"
    decisions.decide(by=manager, application=sent[1], outcome="accept")
    home, candidate, asked = (
        f"/selection/{wave.slug}/",
        f"/selection/application/{sent[1].pk}/",
        f"/staff/questions/{draft.pk}/",
    )
    staff = f"/staff/waves/{wave.slug}/"
    paths = {
        manager: [home, f"{home}give-out/", f"{home}panel/", candidate, f"{candidate}redact/problem/", "/staff/waves/",
                  "/staff/waves/new/", staff, f"{staff}copy/", asked, f"{asked}add/", f"{asked}problem/",
                  letters, f"{letters}words/decline/", f"/selection/{wave.slug}/sample/",
                  f"/evaluation/{wave.slug}/mix/", "/staff/patients/", "/reviews/declared/",
                  f"/evidence/{shown.pk}/", f"/evidence/{shown.pk}/names-a-patient/", f"/selection/{declined.wave.slug}/sample/"],
        panel[0]: ["/reviews/", f"/reviews/panel/{wave.slug}/", "/reviews/declared/",
                   f"/reviews/outcomes/{wave.slug}/"],
        panel[1]: [f"/reviews/sample/{sample.pk}/", f"/reviews/{read.pk}/", "/reviews/"],
        declined.lead: [f"/applications/{declined.pk}/next/", f"/applications/{declined.pk}/"],
    }  # fmt: skip
    check_pages(browse, live, paths.items())
