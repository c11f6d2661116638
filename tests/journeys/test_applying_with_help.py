"""Two ways that nobody is left alone with the form, in a browser at phone size: a carer is helped with one question by
somebody who sees that question and nothing else; and a no keeps its idea for the next call."""

from django.urls import reverse

from accelerator.actions import decisions, letters
from accelerator.models import Application, QuestionHelp
from tests.accelerator.factories import (
    GOOD_ANSWERS,
    a_full_draft,
    a_manager,
    a_person,
    a_wave,
    an_application,
    close_call,
)
from tests.accelerator.innovations.factories import a_funded_wave
from tests.journeys.walker import Walker
from tests.timebank.browsing import become
from timebank.actions.ledger import account_for
from timebank.queries import verification

DRAFT = "Mum cannot reach her cup at night, and I am not there to help."


def test_a_carer_applies_with_help_from_a_helper_who_sees_only_the_question_until_accepted(live, browse):
    wave = a_funded_wave(slug="spring", name="Spring wave", minutes=10 * 60)
    cara, hedy = a_person("Cara Carer"), a_person("Hedy Helper")
    draft = a_full_draft(cara, wave, problem=DRAFT)
    walkers = {}
    for user in (cara, hedy):
        page = browse(phone=True, base_url=live)
        become(page, user, live)
        walkers[user] = Walker(page)
    carer, helper = walkers[cara], walkers[hedy]
    question = draft.wave.question_set.questions.get(key="problem")

    carer.go(f"/applications/{draft.pk}/question/problem/")
    said = carer.press("Ask someone for help with this question")
    assert "It does not show your name as an applicant, your idea or your draft." in said
    carer.press("Ask for help")
    assert carer.page.title().startswith("Error: "), "who could help is asked for"
    carer.page.get_by_label("Patient voice").check()
    carer.page.get_by_label("30 min").check()
    said = carer.press("Ask for help")
    assert "Nobody has answered yet" in said
    asked = QuestionHelp.objects.get()
    assert account_for(pot=wave.fund).balance == 10 * 60 - 30

    said = helper.go(reverse("timebank:board"))
    assert "Help with a question: The problem" in said
    said = helper.press("Help with a question: The problem")
    assert question.text in said
    for secret in (DRAFT, draft.sentence, "Cara"):
        assert secret not in said
    helper.press("I can help")
    helper.press("Send the proposal")
    assert "Read the question and their draft" not in helper.text()
    assert helper.page.request.get(f"{live}/helping/{asked.pk}/").status == 404

    said = carer.go(f"/applications/{draft.pk}/")
    assert "Somebody offers to help: answer them" in said
    carer.go(f"/applications/{draft.pk}/question/problem/")
    said = carer.press("say yes or no")
    assert "Whoever you say yes to reads that question and your draft, and what would help you take part" in said
    carer.press("Say yes")

    said = helper.go("/home/")
    assert "You are helping with a question" in said
    said = helper.press("The problem")
    assert DRAFT in said and question.guidance in said
    for secret in (GOOD_ANSWERS["idea"], GOOD_ANSWERS["who"], draft.sentence):
        assert secret not in said
    assert helper.page.request.get(f"{live}/applications/{draft.pk}/").status == 404
    helper.press("Write to them, or record your time")
    record_half_an_hour(helper)

    carer.go(f"/applications/{draft.pk}/question/problem/")
    carer.fill(answer="Mum cannot reach her cup at night. She rings, and nobody comes.")
    carer.press("Save and continue")
    carer.go(f"/applications/{draft.pk}/question/problem/")
    carer.press("write to them")
    said = record_half_an_hour(carer)
    assert "Settled: 30 min" in said
    assert helper.page.request.get(f"{live}/helping/{asked.pk}/").status == 404, "it ends with the hours"

    carer.go(f"/applications/{draft.pk}/check/")
    carer.press("Go on")
    carer.press("Go on without answering")
    said = carer.press("Send my application")
    assert "We have your application" in said
    assert Application.objects.get(pk=draft.pk).state == "submitted"
    assert account_for(member=hedy).balance == 30
    assert verification.findings() == []
    carer.finish()
    helper.finish()


def record_half_an_hour(walker: Walker) -> str:
    walker.page.fill("[name=minutes]", "0.5")
    walker.choose(time_kind="own")
    return walker.press("Record the hours")


def test_someone_declined_keeps_the_idea_for_the_next_call(live, browse):
    first = a_wave(slug="spring", name="Spring wave")
    dana, manager = a_person("Dana Declined"), a_manager("Mo Manager")
    earlier = an_application(dana, first)
    close_call(first)
    decisions.decide(by=manager, application=earlier, outcome="decline")
    letters.edit_letter(
        by=manager, application=earlier, letter="Dear Dana, bring it back in autumn.", signed_as="Mo Manager"
    )
    letters.send_letters(by=manager, applications=[earlier])
    page = browse(phone=True, base_url=live)
    become(page, dana, live)
    walker = Walker(page)

    said = walker.go(f"/applications/{earlier.pk}/")
    assert "bring it back in autumn" in said
    said = walker.press("What you can do now")
    assert "Your answers are kept here, ready for the next one." in said
    said = walker.press("See when the next call opens, and let us tell you")
    assert "Get an hour of help now" in said
    said = walker.press("Tell me when a call opens")
    assert "We tell you as soon as a call opens." in said

    second = a_wave(slug="autumn", name="Autumn wave")
    walker.go(f"/applications/{earlier.pk}/")
    walker.press("What you can do now")
    said = walker.press("Take it into Autumn wave")
    assert GOOD_ANSWERS["sentence"] in said
    assert "You go on from what you wrote for Spring wave." in said
    walker.go(page.url + "question/problem/")
    assert page.input_value("[name=answer]") == GOOD_ANSWERS["problem"]
    walker.press("Back")
    said = walker.press("Read it again, with what reviewers said")
    assert "bring it back in autumn" in said
    draft = Application.objects.get(lead=dana, wave=second)
    assert (draft.earlier, draft.answers.count()) == (earlier, len(GOOD_ANSWERS))
    walker.finish()
