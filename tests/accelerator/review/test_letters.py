"""Letters: the words that they are made from, looking at them before they go, and sending what was looked at."""

import re

import pytest
from django.db import IntegrityError, transaction

from accelerator.actions import decisions, letters
from accelerator.models import Decision, LetterTemplate
from accelerator.queries import letters as queries
from accelerator.rules import letters as rules
from accelerator.views import letters as views
from notifications.models import OutboxMessage
from tests.accelerator.factories import (
    a_decision,
    a_manager,
    a_person,
    a_review,
    a_reviewer,
    a_wave,
    an_application,
    close_call,
)
from tests.matrix import make_client
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
WORDS = "{greeting} About “{idea}” in {wave}: not now. {feedback}\n\n{offers}\n\nYours,"


# The words


def test_a_letter_fills_its_gaps_once_and_leaves_other_braces_alone():
    filled = rules.fill("{name} {odd}\r\n\r\n\r\n\r\n{feedback}", {"name": "{wave}", "feedback": "Good.", "wave": "x"})
    assert filled == "{wave} {odd}\n\nGood.\n"


@pytest.mark.parametrize(
    ("text", "outcome", "told"),
    [
        ("{feedback}", "accept", ""),
        ("{feedback}", "decline", "{offers}"),
        ("{offers}", "decline", "{feedback}"),
        ("{feedback} {Name}", "reserve", "{Name}"),
        ("no gap", "accept", "{feedback}"),
    ],
)
def test_a_template_must_have_what_every_letter_needs_and_no_gap_that_is_none(text, outcome, told):
    wrong = rules.problem(text, outcome)
    assert told in wrong and bool(wrong) == bool(told)


def test_our_own_words_pass_their_own_rules():
    for outcome in Decision.Outcome.values:
        assert rules.problem(str(rules.DEFAULTS[outcome]), outcome) == ""


def test_kept_words_make_the_letters_anew_that_nobody_edited_and_a_draft_makes_none():
    wave, manager = a_wave(name="Wave of the north"), a_manager()
    plain, edited, gone, reserved = (an_application(a_person("Ada Lovelace"), wave) for _ in range(4))
    for application in (plain, edited, gone):
        a_decision(application, "decline", manager)
    a_decision(reserved, "reserve", manager)
    letters.edit_letter(by=manager, application=edited, letter="By hand.", signed_as="Mo")
    letters.send_letters(by=manager, applications=[gone])
    before = dict(Decision.objects.values_list("application", "letter"))
    letters.change_words(by=manager, wave=wave, outcome="decline", text=WORDS, keep=False)
    assert dict(Decision.objects.values_list("application", "letter")) == before
    for _ in range(2):
        letters.change_words(by=manager, wave=wave, outcome="decline", text=WORDS, keep=True)
    after = dict(Decision.objects.values_list("application", "letter"))
    assert after[plain.pk].startswith("Dear Ada, About “Picture cards")
    assert "in Wave of the north: not now." in after[plain.pk]
    assert {pk for pk in after if after[pk] != before[pk]} == {plain.pk}
    later = an_application(wave=wave)
    assert "not now." in a_decision(later, "decline", manager).letter
    for _ in range(2):
        letters.drop_words(by=manager, wave=wave, outcome="decline")
    assert Decision.objects.get(application=plain).letter == before[plain.pk]
    assert "not now." not in queries.words_of(wave, "decline")


def test_only_a_manager_of_the_wave_changes_its_words():
    wave, elsewhere = a_wave(), a_person(role="portfolio_manager", scope=a_wave().pk)
    for by in (elsewhere, a_reviewer(), a_person()):
        with pytest.raises(NotAllowed):
            letters.change_words(by=by, wave=wave, outcome="decline", text=WORDS, keep=True)
        with pytest.raises(NotAllowed):
            letters.drop_words(by=by, wave=wave, outcome="decline")
    with pytest.raises(Missing):
        letters.change_words(by=a_manager(), wave=wave, outcome="maybe", text=WORDS, keep=True)
    for bad in ("", " ", "{feedback}", "x" * 10_001):
        with pytest.raises(Invalid):
            letters.change_words(by=a_manager(), wave=wave, outcome="decline", text=bad, keep=True)
    assert not LetterTemplate.objects.exists()


def test_the_database_keeps_one_template_an_outcome_and_none_that_says_nothing():
    wave, manager = a_wave(), a_manager()
    template = letters.change_words(by=manager, wave=wave, outcome="decline", text=WORDS, keep=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        LetterTemplate.objects.create(wave=wave, outcome="decline", text="x", changed_by=manager)
    with pytest.raises(IntegrityError), transaction.atomic():
        LetterTemplate.objects.filter(pk=template.pk).update(text="")


def test_the_page_of_the_words_shows_how_a_letter_reads_and_keeps_what_was_typed():
    wave, client = a_wave(), make_client(a_manager())
    url = f"/selection/{wave.slug}/letters/words/decline/"
    page = client.get(url).content.decode()
    assert "Dear Grace," in page and "{greeting}" in page  # nobody has applied: somebody made up
    assert client.get(f"/selection/{wave.slug}/letters/words/maybe/").status_code == 404
    refused = client.post(url, {"text": "Not now. {feedback}", "keep": "1"})
    assert refused.status_code == 422 and "Put {offers} where it belongs" in refused.content.decode()
    assert "Not now. {feedback}" in refused.content.decode()
    application = an_application(a_person("Ada Lovelace"), wave)
    a_review(application, 4, for_applicant="Count it for a week.")
    assert client.post(url, {"text": WORDS}).url == url
    page = client.get(url).content.decode()
    assert "No letter has these words until you keep them." in page
    assert "Dear Ada," in page and "Count it for a week." in page
    assert "a draft waits" in client.get(f"/selection/{wave.slug}/letters/").content.decode()
    assert client.post(url, {"text": WORDS, "keep": "1"}).url == f"/selection/{wave.slug}/letters/"
    assert "this wave’s own" in client.get(f"/selection/{wave.slug}/letters/").content.decode()
    client.post(url, {"drop": "1"})
    assert not LetterTemplate.objects.exists()


# Looking and sending


def a_wave_with_letters(count, outcome="decline"):
    wave, manager = a_wave(), a_manager("Mo Manager")
    found = [an_application(wave=wave) for _ in range(count)]
    close_call(wave)
    for application in found:
        decisions.decide(by=manager, application=application, outcome=outcome)
    return wave, found, manager


def test_all_letters_are_looked_at_and_counted_before_they_go():
    wave, applications, manager = a_wave_with_letters(3)
    a_review(applications[0], 4, for_applicant="So clear.")
    decisions.undo(by=manager, application=applications[0])
    decisions.decide(by=manager, application=applications[0], outcome="reserve")
    client, home = make_client(manager), f"/selection/{wave.slug}/letters/"
    page = client.post(home, {"all": "1"}).content.decode()
    assert "Look at 3 letters before they go" in page and re.search(r"Reserve 1 ·\s+Decline 2", page)
    assert "So clear." in page and page.count("What you can do now:") == 2
    bare = page[page.index("No feedback yet") : page.index("Dear", page.index("No feedback yet"))]
    assert applications[1].reference in bare and applications[2].reference in bare
    assert not OutboxMessage.objects.filter(kind="decision").exists()
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    ids = re.findall(r'name="letters" value="([\w-]+)"', page)
    assert len(ids) == 3
    for _ in range(2):
        assert client.post(f"{home}send/", {"letters": ids, "seen": seen}).url == home
    assert OutboxMessage.objects.filter(kind="decision").count() == 3
    assert "3 letters have gone." in client.get(home).content.decode()


def test_what_goes_is_what_was_looked_at():
    wave, applications, manager = a_wave_with_letters(2)
    client, home = make_client(manager), f"/selection/{wave.slug}/letters/"
    seen = queries.fingerprint(list(Decision.objects.all()))
    letters.edit_letter(by=manager, application=applications[0], letter="Another text.", signed_as="Mo")
    ids = [str(pk) for pk in Decision.objects.values_list("pk", flat=True)]
    refused = client.post(f"{home}send/", {"letters": ids, "seen": seen})
    assert refused.status_code == 409 and "A letter has changed since you looked" in refused.content.decode()
    for bad in ({"letters": ids}, {"seen": seen}, {"letters": ["x"], "seen": seen}, {}):
        assert client.post(f"{home}send/", bad).status_code == 422
    assert not OutboxMessage.objects.filter(kind="decision").exists()


def test_a_letter_of_another_wave_is_not_sent_from_here():
    wave, _applications, manager = a_wave_with_letters(1)
    _other, (theirs,), _manager = a_wave_with_letters(1)
    elsewhere = Decision.objects.get(application=theirs)
    client = make_client(manager)
    sent = {"letters": [str(elsewhere.pk)], "seen": queries.fingerprint([elsewhere])}
    assert client.post(f"/selection/{wave.slug}/letters/send/", sent).status_code == 422
    assert client.post(f"/selection/{wave.slug}/letters/", {"letters": [str(elsewhere.pk)]}).status_code == 422


def test_too_many_at_once_are_refused(monkeypatch):
    _wave, applications, manager = a_wave_with_letters(3)
    monkeypatch.setattr(letters, "MOST_LETTERS", 2)
    with pytest.raises(DomainError, match="at most 2"):
        letters.send_letters(by=manager, applications=applications)


def test_the_letters_are_paged_and_cost_as_many_queries_for_few_and_many(monkeypatch, django_assert_num_queries):
    few, _one, manager = a_wave_with_letters(1)
    many, _three, _manager = a_wave_with_letters(5)
    client = make_client(manager)
    for wave in (few, many):
        client.get(f"/selection/{wave.slug}/letters/")  # the first sight of a wave is noted
    with django_assert_num_queries(18):
        client.get(f"/selection/{few.slug}/letters/")
    with django_assert_num_queries(18):
        client.get(f"/selection/{many.slug}/letters/")
    monkeypatch.setattr(views, "ROWS_A_PAGE", 2)
    boxes = r'name="letters" type="checkbox" value="([\w-]+)"'
    pages = [client.get(f"/selection/{many.slug}/letters/?page={n}").content.decode() for n in (1, 2, 3)]
    shown = [set(re.findall(boxes, page)) for page in pages]
    assert [len(one) for one in shown] == [2, 2, 1] and len(set.union(*shown)) == 5
