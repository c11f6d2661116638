"""The learning log, what is promised about feedback and how a wave is evaluated in a real browser: axe, valid HTML, reflow."""

from accelerator.actions import feedback, lessons
from evaluation import plans
from tests.accelerator.factories import a_lesson, a_manager, a_person, a_wave
from tests.accelerator.looking import check_pages


def pages():
    """Who opens what."""
    manager, ada = a_manager("Priya Nair"), a_person("Ada Idea")
    wave, planned = a_wave(name="Coast and Country"), a_wave(name="Next", call="ahead")
    answered = a_lesson(ada, text="Calls that close on a Sunday leave out everybody who is on shift.", wave=wave)
    lessons.answer(by=manager, lesson=answered, answer="adopted", reason="They close on a weekday.")
    waiting = a_lesson(ada, wave=wave)
    planned.taken_lessons.set([answered])
    policy = feedback.new_version(by=manager, policy=wave.feedback_policy)
    plans.lock_plan(by=None, wave=wave)
    return {
        ada: [
            "/learning/", f"/learning/{answered.pk}/", f"/learning/{waiting.pk}/", "/learning/add/",
            f"/waves/{wave.slug}/feedback/", f"/evaluation/{wave.slug}/plan/",
        ],
        manager: [
            f"/learning/{waiting.pk}/answer/", f"/learning/{waiting.pk}/remove/", "/home/",
            f"/staff/feedback/{policy.pk}/", f"/staff/feedback/{policy.pk}/edit/", "/staff/feedback/new/",
            f"/staff/waves/{wave.slug}/copy/", f"/staff/waves/{planned.slug}/",
            f"/evaluation/{wave.slug}/plan/change/", f"/evaluation/{planned.slug}/plan/change/",
        ],
    }  # fmt: skip


def test_every_page_of_what_is_learnt_and_promised_is_accessible_valid_and_fits_a_phone(live, browse):
    check_pages(browse, live, pages().items())
