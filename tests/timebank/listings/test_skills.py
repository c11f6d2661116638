"""Skills that people suggest, and what a broker makes of them."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from people.models import Skill
from tests.timebank.browsing import at, text_of
from tests.timebank.exchanges.test_reads import counted
from tests.timebank.factories import a_broker, a_listing, a_member, a_skill, a_suggestion
from timebank.actions.skills import adopt_skill, drop_skill, merge_skill
from timebank.models import SkillSuggestion
from timebank.queries.board import Asked, search
from timebank.queries.skills import nearest, suggested
from ui.errors import DomainError, Invalid, NotAllowed

pytestmark = pytest.mark.django_db


def found(words):
    return [listing.title for listing in search(a_member(), Asked(q=words)).listings]


def test_a_new_skill_waits_for_a_broker_and_is_found_meanwhile():
    ada, ben = a_member(), a_member()
    first = a_listing(ada, title="One", suggested=["Knitting circles", "  user   research "])
    second = a_listing(ben, title="Two", suggested=["KNITTING CIRCLES"])
    [waiting] = suggested()
    assert (waiting.name, waiting.suggested_by, waiting.listings_n) == ("Knitting circles", ada, 2)
    assert first.labels == ["User research", "Knitting circles"]  # the tree has the other
    assert list(second.suggestions.all()) == [waiting]
    assert sorted(found("knitting")) == ["One", "Two"]


def test_a_merged_suggestion_becomes_that_skill_here_and_for_whoever_writes_it_later():
    broker, coaching = a_broker(), a_skill("Coaching")
    suggestion = a_suggestion(a_member(), "Koaching")
    for _click in range(2):
        merge_skill(by=broker, suggestion=suggestion, into=coaching, reason="A slip of the pen")
    [listing] = search(a_member(), Asked(skill="coaching")).listings
    assert listing.labels == ["Coaching"]
    assert a_listing(a_member(), suggested=["koaching"]).labels == ["Coaching"]
    assert not suggested().exists()


def test_an_adopted_suggestion_is_a_skill_of_the_tree():
    branch = Skill.objects.get(slug="design")
    suggestion = adopt_skill(by=a_broker(), suggestion=a_suggestion(a_member()), parent=branch, reason="We lack it")
    skill = Skill.objects.get(slug="knitting")
    assert (skill.parent, skill.kind, suggestion.skill) == (branch, "digital", skill)
    assert [row.labels for row in search(a_member(), Asked(skill="design")).listings] == [["Knitting"]]
    assert {facet.value for facet in search(a_member(), Asked()).facets["skill"]} == {"design", "knitting"}


def test_a_dropped_suggestion_leaves_its_listings_and_does_not_come_back():
    suggestion = a_suggestion(a_member(), "Buy my book")
    drop_skill(by=a_broker(), suggestion=suggestion, reason="An advertisement")
    assert suggestion.listings.count() == 0
    assert a_listing(a_member(), suggested=["Buy my book"]).labels == []
    assert not suggested().exists()


def test_only_a_broker_decides_and_says_why_and_only_once():
    suggestion, coaching = a_suggestion(a_member()), a_skill("Coaching")
    with pytest.raises(NotAllowed):
        merge_skill(by=a_member(), suggestion=suggestion, into=coaching, reason="Because")
    with pytest.raises(NotAllowed):
        adopt_skill(by=a_member(), suggestion=suggestion, parent=coaching.parent, reason="Because")
    broker = a_broker()
    for reason in ("  ", "x" * 301):
        with pytest.raises(Invalid) as refused:
            merge_skill(by=broker, suggestion=suggestion, into=coaching, reason=reason)
        assert refused.value.field == "reason"
    with pytest.raises(Invalid, match="branch"):
        adopt_skill(by=broker, suggestion=suggestion, parent=coaching, reason="Because")
    merge_skill(by=broker, suggestion=suggestion, into=coaching, reason="Because")
    with pytest.raises(DomainError, match="already"):
        drop_skill(by=broker, suggestion=suggestion, reason="No")


@pytest.mark.parametrize("names", [["x" * 61], ["!!!"], ["one", "two", "three", "four"]])
def test_suggestions_that_cannot_be_are_refused(names):
    with pytest.raises(Invalid) as refused:
        a_listing(a_member(), suggested=names)
    assert refused.value.field == "suggested"
    assert not SkillSuggestion.objects.exists()


def test_the_database_keeps_a_name_once_and_a_decision_whole():
    ada = a_member()
    a_suggestion(ada, "Café work")
    with pytest.raises(IntegrityError, match="skill_suggestion_once"), transaction.atomic():
        SkillSuggestion.objects.create(name="CAFE WORK", suggested_by=ada)
    for half in ({"decision": "merged"}, {"decided_at": timezone.now()}, {"reason": "So"}, {"skill": a_skill()}):
        with pytest.raises(IntegrityError, match="skill_suggestion_decision_is_whole"), transaction.atomic():
            SkillSuggestion.objects.create(name="Other", suggested_by=ada, **half)


def test_a_broker_is_offered_what_is_most_like_it():
    assert [skill.name for skill in nearest("Koaching")][:1] == ["Coaching"]
    assert nearest("zzz") == []


def test_a_broker_goes_through_the_queue(as_):
    browser = as_(a_broker())
    suggestion = a_suggestion(a_member("Ada Lovelace"), "Koaching")
    assert "Koaching Ada Lovelace" in text_of(browser.get(at("suggested_skills")))
    address = at("decide_skill", suggestion.pk)
    assert "most like it: Coaching" in text_of(browser.get(address))
    wrong = browser.post(address, {"decision": "merge", "reason": "A slip"})
    assert (wrong.status_code, "Choose a skill" in text_of(wrong), "A slip" in wrong.content.decode()) == (
        422,
        True,
        True,
    )
    sent = {"decision": "merge", "into": a_skill("Coaching").pk, "reason": "A slip"}
    assert "Decided." in text_of(browser.post(address, sent, follow=True))
    assert browser.post(address, sent).status_code == 302  # a second click
    assert browser.get(address).status_code == 409
    assert browser.post(address, {"decision": "drop", "reason": "No"}).status_code == 409


def test_the_queue_costs_the_same_however_long_it_is(as_):
    browser, ada = as_(a_broker()), a_member()
    for number in range(3):
        a_suggestion(ada, f"Thing {number}")
    few = counted(browser, at("suggested_skills"))
    for number in range(3, 20):
        a_suggestion(ada, f"Thing {number}")
    assert "20 suggestions" in text_of(browser.get(at("suggested_skills")))
    assert counted(browser, at("suggested_skills")) == few
