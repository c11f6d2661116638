"""The quick first look: who says what, what it comes to, and that what is out goes no further."""

import datetime as dt
from itertools import product
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from accelerator.actions import decisions, letters, review, triage
from accelerator.actions import phases as phase_actions
from accelerator.models import Application, Decision, PanelSeat, TriageAnswer
from accelerator.queries import triage as queries
from accelerator.queries.allocation import propose
from accelerator.rules.triage import ON, OUT, TALK, WAITING, standing
from notifications.models import OutboxMessage
from tests.accelerator.factories import (
    a_manager,
    a_person,
    a_reviewer,
    a_wave,
    an_application,
    an_assignment,
    close_call,
    the_phase,
)
from tests.matrix import make_client
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def ask_the_panel(wave, **changed):
    """The panel takes part in the first look of a wave."""
    phase = queries.phase_of(wave)
    fields = {name: getattr(phase, name) for name in phase_actions.FIELDS}
    return phase_actions.change_phase(by=a_manager(), phase=phase, **fields | {"readers": "panel"} | changed)


def promised(wave, name=""):
    reviewer = a_reviewer(name)
    PanelSeat.objects.create(wave=wave, reviewer=reviewer, promised_at=timezone.now())
    return reviewer


@pytest.mark.parametrize(
    ("answers", "needed", "expected"),
    [
        ([], 1, WAITING),
        (["yes"], 1, ON), (["yes"], 3, ON), (["yes", "yes"], 2, ON),
        (["no"], 1, OUT), (["no"], 2, WAITING), (["no", "no"], 2, OUT),
        (["talk"], 1, TALK), (["yes", "no"], 1, TALK), (["no", "yes"], 2, TALK), (["yes", "talk"], 1, TALK),
        (["no!"], 3, OUT), (["yes!"], 3, ON), (["no", "no", "yes!"], 1, ON), (["no!", "yes", "talk"], 1, OUT),
        (["yes!", "no!"], 1, OUT), (["no!", "yes!"], 1, ON), (["talk!"], 1, TALK), (["talk!", "yes"], 1, TALK),
        (["no", "talk!"], 1, TALK),
    ],
)  # fmt: skip
def test_what_a_first_look_comes_to(answers, needed, expected):
    """ "!" is a manager's word."""
    assert standing([(one.strip("!"), one.endswith("!")) for one in answers], needed) == expected


def test_every_combination_of_answers_comes_to_one_of_the_four():
    words = [(answer, manager) for answer in ("yes", "no", "talk") for manager in (True, False)]
    for count in range(4):
        for answers in product(words, repeat=count):
            for needed in (1, 2):
                assert standing(answers, needed) in (WAITING, TALK, ON, OUT)
                if standing(answers, needed) == OUT:
                    assert ("no", True) in answers or [a for a, _m in answers].count("no") >= needed


def test_what_is_out_is_read_by_nobody_and_gets_a_kind_letter_with_the_reason():
    wave, manager = a_wave(), a_manager()
    lead = a_person("Ada Idea")
    parked, good = an_application(lead, wave), an_application(wave=wave)
    client = make_client(manager)
    first = client.get(f"/selection/{wave.slug}/first-look/{parked.pk}/").content.decode()
    assert "Ada Idea" in first and "Picture cards" in first
    home = f"/selection/{wave.slug}/first-look/{parked.pk}/"
    assert client.post(home, {"answer": "no"}).status_code == 422
    reason = "It is about the car park; the estates team can change that sooner than we can."
    for _ in range(2):
        client.post(home, {"answer": "no", "reason": reason})
    assert TriageAnswer.objects.filter(application=parked).count() == 1 and queries.out(wave) == {parked.pk}
    client.post(f"/selection/{wave.slug}/first-look/{good.pk}/", {"answer": "yes"})
    close_call(wave)
    for _ in range(3):
        a_reviewer()
    assert {pk for pk, _reviewer in propose(the_phase(wave)).plan.pairs} == {good.pk}
    with pytest.raises(DomainError, match="nobody is asked to read it"):
        review.assign(by=manager, phase=the_phase(wave), application=parked, reviewer=a_reviewer())
    for _ in range(2):
        client.post(f"/selection/{wave.slug}/first-look/letters/", {"key": "0199e3a8-0000-7000-8000-000000000001"})
    table = client.get(f"/selection/{wave.slug}/").content.decode()
    assert table.count("out at first look") == 1
    decision = Decision.objects.get(application=parked)
    assert not Decision.objects.filter(application=good).exists()
    assert decision.outcome == "decline" and reason in decision.letter and "no judgement of you" in decision.letter
    assert manager.name not in decision.letter.replace(decision.signed_as, "")
    assert not OutboxMessage.objects.filter(kind="decision").exists()  # a manager reads it first
    letters.send_letters(by=manager, applications=[parked])
    assert OutboxMessage.objects.filter(kind="decision", user=lead).count() == 1
    with pytest.raises(DomainError, match="letter has gone"):
        triage.say(by=manager, as_manager=True, application=parked, answer="yes")


def test_a_decline_of_an_idea_that_went_on_has_the_usual_letter():
    wave, manager = a_wave(), a_manager()
    application = an_application(wave=wave)
    triage.say(by=manager, as_manager=True, application=application, answer="yes", reason="Clear.")
    assert "Clear." not in decisions.decide(by=manager, application=application, outcome="decline").letter


def test_after_each_answer_comes_the_next_that_waits():
    wave, manager = a_wave(), a_manager()
    one, two = an_application(wave=wave), an_application(wave=wave)
    client = make_client(manager)
    answered = client.post(f"/selection/{wave.slug}/first-look/{one.pk}/", {"answer": "yes"})
    assert answered["Location"].endswith(f"{two.pk}/")
    last = client.post(f"/selection/{wave.slug}/first-look/{two.pk}/", {"answer": "yes"})
    assert last["Location"].endswith("/first-look/")
    assert "Nothing waits for you" in client.get(f"/selection/{wave.slug}/first-look/").content.decode()


def test_reviewers_take_part_only_where_the_phase_asks_them_and_have_promised():
    wave = a_wave()
    application = an_application(wave=wave)
    ruth = a_reviewer("Ruth")
    client, home = make_client(ruth), f"/reviews/first-look/{wave.slug}/{application.pk}/"
    assert client.get(home).status_code == 404 and client.post(home, {"answer": "yes"}).status_code == 404
    assert "First look" not in client.get("/reviews/").content.decode()
    ask_the_panel(wave)
    assert f"/reviews/first-look/{wave.slug}/" in client.get("/reviews/").content.decode()
    assert client.get(home).url == f"/reviews/panel/{wave.slug}/?{urlencode({'next': home})}"
    with pytest.raises(NotAllowed, match="promise"):
        triage.say(by=ruth, application=application, answer="yes")
    PanelSeat.objects.create(wave=wave, reviewer=ruth, promised_at=timezone.now())
    assert client.post(home, {"answer": "yes"}).status_code == 302
    assert queries.standings(wave) == {application.pk: ON}
    other = a_person(role="reviewer", scope=a_wave().pk)
    assert make_client(other).get(home).status_code == 404


def test_two_reviewers_must_say_no_where_two_are_asked_for_and_a_manager_settles_it():
    wave, manager = a_wave(), a_manager()
    ask_the_panel(wave, minimum_reviews=2)
    application = an_application(wave=wave)
    ruth, tom = promised(wave), promised(wave)
    with pytest.raises(Missing):
        triage.say(by=ruth, as_manager=True, application=application, answer="yes")
    triage.say(by=ruth, application=application, answer="no", reason="No idea yet.")
    assert queries.out(wave) == set()
    triage.say(by=tom, application=application, answer="no", reason="Somebody has this.")
    assert queries.out(wave) == {application.pk} and queries.is_out(application)
    triage.say(by=manager, as_manager=True, application=application, answer="yes")
    assert queries.out(wave) == set() and queries.reasons_out(application) == []


def test_a_reviewer_sees_no_name_and_nothing_of_the_others_before_their_own_word():
    wave = a_wave()
    ask_the_panel(wave, names="after_own", other_reviews="after_own", reviewer_names="never")
    lead = a_person("Wilhelmina Quartz")
    application = an_application(lead, wave, problem="Ask Wilhelmina Quartz about it.")
    tom, ruth = promised(wave, "Tom Tell"), promised(wave, "Ruth")
    triage.say(by=tom, application=application, answer="no", reason="A car park.")
    client, home = make_client(ruth), f"/reviews/first-look/{wave.slug}/{application.pk}/"
    pages = client.get(home).content.decode() + client.get(f"/reviews/first-look/{wave.slug}/").content.decode()
    for secret in ("Quartz", "Wilhelmina", "A car park", "Tom Tell", "Not this time</strong>", lead.email):
        assert secret not in pages
    assert "Ask " in pages
    client.post(home, {"answer": "talk", "reason": "Who pays?"})
    exported = queries.export_for(ruth)
    assert [one["reason"] for one in exported] == ["Who pays?"] and "Quartz" not in str(exported)
    page = client.get(home).content.decode()
    assert "Brought by Wilhelmina Quartz" in page and "A car park" in page and "Tom Tell" not in page


def test_nobody_looks_at_what_they_are_too_close_to():
    wave = a_wave()
    ask_the_panel(wave)
    manager = a_manager()
    own = an_application(manager, wave)
    rival = promised(wave)
    an_application(rival, wave)
    theirs = an_application(wave=wave)
    with pytest.raises(NotAllowed, match="somebody else must decide"):
        triage.say(by=manager, as_manager=True, application=own, answer="yes")
    assert make_client(manager).get(f"/selection/{wave.slug}/first-look/{own.pk}/").status_code == 404
    with pytest.raises(NotAllowed, match="too close"):
        triage.say(by=rival, application=theirs, answer="no", reason="Mine is better.")


def test_the_first_look_keeps_its_dates_for_reviewers_and_a_manager_may_answer_late():
    wave, manager = a_wave(), a_manager()
    ask_the_panel(wave)
    ruth, application = promised(wave), an_application(wave=wave)
    now = timezone.now()
    wave.review_phases.filter(kind="triage").update(starts=now + DAY, ends=now + 2 * DAY)
    for by in (ruth, manager):
        with pytest.raises(DomainError, match="begins on"):
            triage.say(by=by, as_manager=by == manager, application=application, answer="yes")
    wave.review_phases.filter(kind="triage").update(starts=now - 2 * DAY, ends=now - DAY)
    with pytest.raises(DomainError, match="ended on"):
        triage.say(by=ruth, application=application, answer="yes")
    triage.say(by=manager, as_manager=True, application=application, answer="yes")
    an_assignment(application)
    with pytest.raises(DomainError, match="Reviewers have this application"):
        triage.say(by=manager, as_manager=True, application=application, answer="no", reason="Late doubts.")
    assert (
        make_client(manager).post(f"/selection/{wave.slug}/first-look/{application.pk}/", {"answer": "yes"}).status_code
        == 409
    )


@pytest.mark.parametrize(
    "bad",
    [{"answer": "maybe"}, {"answer": "no"}, {"answer": "talk", "reason": "  "}, {"answer": "no", "reason": "x" * 1001}],
)
def test_an_answer_that_is_none_is_refused(bad):
    application = an_application(wave=a_wave())
    with pytest.raises(Invalid):
        triage.say(by=a_manager(), as_manager=True, application=application, **bad)
    assert not TriageAnswer.objects.exists()


def test_drafts_withdrawn_ones_and_waves_without_a_first_look_have_none():
    wave, manager = a_wave(), a_manager()
    application = an_application(wave=wave)
    Application.objects.filter(pk=application.pk).update(state="withdrawn", withdrawn_at=timezone.now())
    with pytest.raises(Missing):
        triage.say(by=manager, as_manager=True, application=application, answer="yes")
    with pytest.raises(DomainError, match="Nothing that is out"):
        triage.draft_letters(by=manager, wave=wave, key="k")
    wave.review_phases.filter(kind="triage").delete()
    assert make_client(manager).get(f"/selection/{wave.slug}/first-look/").status_code == 409
    assert make_client(promised(wave)).get(f"/reviews/first-look/{wave.slug}/").status_code == 404


def test_the_list_costs_the_same_however_many_were_sent(django_assert_max_num_queries):
    wave, manager = a_wave(), a_manager()
    phase = queries.phase_of(wave)
    for _ in range(12):
        an_application(wave=wave)
    with django_assert_max_num_queries(13):
        assert len(queries.look(manager, phase, runs=True).rows) == 12
