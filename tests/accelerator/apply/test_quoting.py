"""What quotes an answer that was taken away: reviewers' words, letters, the pot; found whole, in part, or by the name."""

import pytest

from accelerator.actions import asks, comments, decisions, innovations, quarantine, review
from accelerator.models import Assignment, BulkMove, CoApplicant, Decision, PanelNote, TriageAnswer
from accelerator.rules.quoting import names_in, without
from people.actions import safety
from people.models import Profile, Report, SafeguardingCase
from tests.accelerator.apply.test_quarantine import flagged, question_of, taken
from tests.accelerator.factories import a_full_draft, a_manager, a_person, a_review, a_reviewer, an_application
from tests.accelerator.innovations.factories import a_funded_wave, first, lead_of
from tests.accelerator.review.factories import a_sample
from tests.matrix import make_client
from tests.people.factories import make_staff, make_user
from timebank.models import Listing

NAMED = "Mrs Edith Winterbottom of bed 12 fell twice last week."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (NAMED, "[x]"),
        ("You write that Winterbottom fell.", "You write that [x] fell."),
        ("“edith winterbottom of bed 12” – who is that?", "“[x]” – who is that?"),
        ("She fell twice last week, you say.", "She [x], you say."),
        ("She fell twice, you say.", "She fell twice, you say."),
        ("Of bed 12 fell twice: count it.", "[x]: count it."),
        ("Good: you counted for a week.", "Good: you counted for a week."),
        ("", ""),
    ],
)
def test_a_quotation_goes_and_the_rest_stays(text, left):
    assert without(text, [NAMED], "[x]") == left


def test_names_are_words_with_capitals_together_and_long_numbers_and_never_a_title():
    assert names_in(NAMED) == {"Edith", "Winterbottom"}
    assert names_in("NHS number 943 476 5919, born 01/02/1950, bed 12") == {"943 476 5919", "01/02/1950"}
    assert names_in("On nights we find cups. Nobody asks.") == set()
    assert without("Ring 943 476 5919", ["It is 943 476 5919."], "[x]") == "Ring [x]"
    assert without("Dear Edith, thank you", [NAMED], "[x]", keep=["Edith"]) == "Dear Edith, thank you"
    assert without("Fall. We fall.", ["Fall"], "[x]") == "[x]. We fall."


@pytest.mark.django_db
def test_what_reviewers_and_managers_wrote_and_letters_lose_the_quotation_and_get_it_back():
    application = an_application(a_person("Grace Hopper"), problem=NAMED)
    manager = a_manager()
    done = a_review(
        application, 4, a_reviewer(), for_applicant="Is Edith Winterbottom well?", for_panel=f"“{NAMED}” Hm."
    )
    sample = a_sample(application.wave)
    type(sample).objects.update(text=f"The sample. {NAMED}")
    PanelNote.objects.create(application=application, author=manager, text="Ask about Winterbottom", key="n")
    phase = application.wave.review_phases.get(kind="triage")
    TriageAnswer.objects.create(
        phase=phase, application=application, by=manager, answer="talk", reason="Who is Winterbottom?"
    )
    decisions.decide(by=manager, application=application, outcome="reserve")
    decisions.decide_many(
        by=manager, wave=application.wave, application_ids=[application.pk], outcome="decline", key="k"
    )

    def everything():
        kept = [
            *Assignment.objects.values_list("for_applicant", "for_panel"),
            *PanelNote.objects.values_list("text"),
            *TriageAnswer.objects.values_list("reason"),
            *Decision.objects.values_list("letter"),
            *type(sample).objects.values_list("text"),
        ]
        return " ".join(" ".join(row) for row in kept)

    before = everything()
    assert before.count("Winterbottom") == 6
    flag = taken(application, "problem", manager)
    assert "Winterbottom" not in everything()
    assert "Winterbottom" not in str(BulkMove.objects.get().before)
    assert Assignment.objects.get(pk=done.pk).for_applicant == "Is [taken out] well?"
    assert "Dear Grace" in Decision.objects.get().letter, "who wrote it is no patient here"
    quarantine.restore(by=manager, flagged=flag)
    assert everything() == before


@pytest.mark.django_db
def test_what_was_written_since_then_is_not_overwritten_by_an_undo():
    application, manager = an_application(problem=NAMED), a_manager()
    note = PanelNote.objects.create(application=application, author=manager, text="Winterbottom?", key="n")
    flag = taken(application, "problem", manager)
    PanelNote.objects.filter(pk=note.pk).update(text="Settled.")
    quarantine.restore(by=manager, flagged=flag)
    assert PanelNote.objects.get().text == "Settled."


@pytest.mark.django_db
def test_the_innovation_its_pot_and_its_requests_lose_the_name_too():
    sentence = "A card for Edith Winterbottom and others who cannot ask for a drink"
    application, manager = an_application(wave=a_funded_wave(), sentence=sentence), a_manager()
    innovation = innovations.create_from_application(by=manager, application=application, manager=manager)
    asks.ask_community(
        by=lead_of(innovation), milestone=first(innovation), title=f"Help: {sentence}"[:100],
        description=f"We work on “{sentence}”.", minutes=60, key="ask",
    )  # fmt: skip
    flag = quarantine.flag(
        by=a_person(), application=application, question=application.wave.question_set.questions.get(key="sentence")
    )
    quarantine.quarantine(by=manager, flagged=flag)
    innovation.refresh_from_db()
    listing = Listing.objects.get()
    texts = [
        innovation.name, innovation.summary, innovation.pot.name, innovation.pot.aim, innovation.purpose.label,
        listing.title, listing.description,
    ]  # fmt: skip
    assert not any("Winterbottom" in text for text in texts), texts
    assert innovation.pot.name
    quarantine.restore(by=manager, flagged=flag)
    innovation.refresh_from_db()
    assert innovation.name == innovation.pot.name == sentence
    assert "Winterbottom" in Listing.objects.get().description


@pytest.mark.django_db
def test_an_answer_of_one_word_takes_no_word_out_of_what_others_wrote():
    application, manager = an_application(problem="falls"), a_manager()
    PanelNote.objects.create(application=application, author=manager, text="It is about Falls and falling.", key="n")
    review.redact(by=manager, application=application, key="problem", text="x")
    quarantine.quarantine(by=manager, flagged=flagged(application))
    assert PanelNote.objects.get().text == "It is about Falls and falling."


@pytest.mark.django_db
def test_what_reports_and_safeguarding_cases_keep_loses_the_name_and_gets_it_back_and_keeps_its_own_words():
    sentence = "A card for Edith Winterbottom and others who cannot ask for a drink"
    application, manager = an_application(wave=a_funded_wave(), sentence=sentence), a_manager()
    innovation = innovations.create_from_application(by=manager, application=application, manager=manager)
    quoting, namesake = make_user(name="Quentin Quoter"), make_user(name="Nina Namesake")
    Profile.objects.filter(user=quoting).update(about=f"I am moved by this: {sentence}")
    Profile.objects.filter(user=namesake).update(about="I help at the Winterbottom library")
    broker, lead = make_staff("broker"), make_staff("safeguarding_lead")
    told = {"by": lead_of(innovation), "text": "It names Edith"}
    of_innovation = safety.report(kind="innovation", object_id=innovation.pk, **told)
    of_quoting = safety.report(about=quoting, kind="person", object_id=quoting.pk, **told)
    of_namesake = safety.report(about=namesake, kind="person", object_id=namesake.pk, **told)
    safety.close_report(by=broker, report=of_quoting, outcome="Spoke with him")
    of_pot = safety.open_case(worry="other", kind="pot", object_id=innovation.pot_id, **told)

    def kept():
        reports = {row.pk: row.words for row in Report.objects.all()}
        return reports | {row.pk: row.words for row in SafeguardingCase.objects.all()}

    before = kept()
    quoted = [of_innovation, of_quoting, of_pot]
    assert all("Edith" in before[concern.pk] for concern in quoted), "there is something to take out"
    flag = taken(application, "sentence", manager)
    after = kept()
    assert not any("Edith" in after[concern.pk] or "Winterbottom" in after[concern.pk] for concern in quoted), after
    assert after[of_namesake.pk] == before[of_namesake.pk], "no quotation"
    page = make_client(broker).get(f"/staff/reports/{of_innovation.pk}/").content.decode()
    assert "It names Edith" in page and "Winterbottom" not in page
    assert "Winterbottom" not in make_client(lead).get(f"/staff/safeguarding/{of_pot.pk}/where/").content.decode()
    quarantine.restore(by=manager, flagged=flag)
    assert kept() == before


@pytest.mark.django_db
def test_what_a_report_keeps_of_a_comment_goes_with_the_comment_and_does_not_come_back():
    draft, author = a_full_draft(problem=NAMED), a_person()
    CoApplicant.objects.create(application=draft, user=author, may="comment", accepted_at=draft.created_at)
    question = question_of(draft)
    comment = comments.say(by=author, application=draft, question=question, text="Ask her daughter", key="c")
    safety.report(by=draft.lead, kind="comment", object_id=comment.pk, text="It says too much")
    assert Report.objects.get().words == "Ask her daughter"
    flag = taken(draft)
    assert Report.objects.get().words == ""
    quarantine.restore(by=a_manager(), flagged=flag)
    assert Report.objects.get().words == ""
