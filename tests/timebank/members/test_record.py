"""The record of contribution, the member's reflections, and what others see of it."""

import datetime as dt
import io

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from people.actions import safety
from people.actions.privacy import close_account
from tests.timebank.browsing import at, signed_in, text_of
from tests.timebank.factories import (
    a_broker,
    a_listing,
    a_member,
    a_settled_exchange,
    a_skill,
    key,
)
from timebank.actions import disputes, feedback, purposes
from timebank.actions import record as actions
from timebank.models import Exchange, Reflection, ShownToOthers
from timebank.queries import record as queries
from ui.errors import Invalid, NotAllowed

pytestmark = pytest.mark.django_db
EVER = (dt.date(2020, 1, 1), dt.date(2030, 1, 1))


def of(user, period=EVER):
    return queries.record_of(user, *period)


def settled_on(exchange, day):
    """The exchange as if it had been settled at noon of a day."""
    at_noon = timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
    Exchange.objects.filter(pk=exchange.pk).update(settled_at=at_noon)
    return exchange


# ── the record ──


def test_hours_are_counted_by_kind_of_help_once_each():
    ada = a_member("Ada Lovelace")
    digital, improvement = a_skill(), a_skill("Coaching")
    a_settled_exchange(ada, a_member(), 60, listing=a_listing(ada, skills=[digital]))
    about = purposes.create(kind="milestone", label="Ask five people", skills=[improvement])
    a_settled_exchange(ada, a_member(), 30, purpose=about)
    a_settled_exchange(ada, a_member(), 15)
    found = of(ada)
    assert (found.given, found.times, found.people) == (105, 3, 3)
    assert sum(kind.minutes for kind in found.kinds) == 105 and sum(kind.times for kind in found.kinds) == 3
    assert {kind.label: kind.minutes for kind in found.kinds}["Something else"] == 15
    assert [line.title for line in found.lines] == [
        "Time for another member",
        "Ask five people",
        "An hour of user research",
    ]


def test_a_confirmed_skill_says_better_what_kind_it_was_than_the_listing():
    ada, ben = a_member(), a_member()
    exchange = a_settled_exchange(ada, ben, 60)
    assert [kind.label for kind in of(ada).kinds] == ["Something else"]
    feedback.give(by=ben, exchange=exchange, thanks="You made it click", skills=[a_skill()])
    found = of(ada)
    assert found.skills == [("User research", 1)] and found.kinds[0].label != "Something else"
    assert [one.thanks for one in found.thanks] == ["You made it click"]


def test_only_what_was_settled_in_the_period_and_stands_counts():
    ada, ben, broker = a_member(), a_member(), a_broker()
    inside = settled_on(a_settled_exchange(ada, ben, 60), dt.date(2026, 3, 31))
    settled_on(a_settled_exchange(ada, ben, 15), dt.date(2026, 4, 1))
    settled_on(a_settled_exchange(ben, ada, 45), dt.date(2026, 3, 1))
    undone = a_settled_exchange(ada, ben, 30)
    disputes.reverse(by=broker, exchange=undone, reason="A slip")
    march = of(ada, (dt.date(2026, 3, 1), dt.date(2026, 3, 31)))
    assert (march.given, march.received, march.times, march.people) == (60, 45, 1, 1)
    assert [line.exchange_id for line in march.lines] == [inside.pk]


@pytest.mark.parametrize("size", [3, 30])
def test_the_record_costs_the_same_however_long(size, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(queries, "MOST_LINES", 20)
    ada = a_member()
    for _number in range(size):
        ben = a_member()
        exchange = a_settled_exchange(ada, ben, 15, listing=a_listing(ada, skills=[a_skill()]))
        feedback.give(by=ben, exchange=exchange, thanks="Thanks", skills=[a_skill()])
        actions.reflect(by=ada, text="I learnt", on=timezone.localdate(), exchange=exchange, key=key())
    with django_assert_num_queries(11):
        found = of(ada)
    assert found.times == size and found.not_named == max(0, size - 20) and len(found.thanks) == min(size, 20)


def test_the_page_and_the_pdf_say_the_same_and_name_no_one_else(client):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    exchange = a_settled_exchange(ada, ben, 60)
    a_settled_exchange(ada, ben, 45, purpose=purposes.create(kind="milestone", label="Ask five people"))
    feedback.give(by=ben, exchange=exchange, thanks="You made it click", skills=[a_skill()])
    actions.reflect(by=ada, text="Ask first,\nthen build.", on=timezone.localdate(), key=key())
    page = text_of(signed_in(client, ada).get(at("record")))
    assert "You made it click" in page and "Ask first" in page and "1 h 45" in page
    answer = signed_in(client, ada).get(at("record_pdf"))
    document = PdfReader(io.BytesIO(answer.content))
    assert "pdfuaid" in document.trailer["/Root"]["/Metadata"].get_data().decode()
    said = " ".join(" ".join(page.extract_text() for page in document.pages).split())
    for words in ("Ada Lovelace", "Given: 1 h 45, in 2 exchanges", "It helped 1 person", "User research (1 time)",
                  "You made it click", "Ask first", "Ask five people", "not a test, a qualification", "It is not a reference"):  # fmt: skip
        assert words in said, words
    assert "Ben" not in said and "Nevis" not in said


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"since-day": "1", "since-month": "1", "since-year": "2026"}, ""),
        ({"since-day": "31", "since-month": "2", "since-year": "2026"}, "real date"),
        ({"since-year": "2026"}, "must include"),
        ({"since-day": "1", "since-month": "1", "since-year": "2999"}, ""),
        ({"nonsense": "x"}, ""),
    ],
)  # fmt: skip
def test_any_period_in_the_address_gives_a_page_and_a_pdf(client, asked, status):
    page = signed_in(client, a_member()).get(at("record", **asked))
    assert page.status_code == 200 and status in text_of(page)
    assert ("Error: " in text_of(page)) == bool(status)
    assert client.get(at("record_pdf", **asked)).content.startswith(b"%PDF-")


# ── reflections ──


def test_a_reflection_is_written_once_changed_and_deleted_by_its_writer(client):
    ada = a_member()
    exchange = a_settled_exchange(ada, a_member("Ben Nevis"), 60)
    signed_in(client, ada)
    page = client.get(at("write_reflection", exchange=exchange.pk))
    assert "Ben Nevis" in text_of(page)
    today = timezone.localdate()
    sent = {"key": key(), "text": "Ask first", "on-day": today.day, "on-month": today.month, "on-year": today.year}
    for _click in range(2):
        client.post(at("write_reflection", exchange=exchange.pk), sent)
    written = Reflection.objects.get()
    assert (written.text, written.exchange, written.user) == ("Ask first", exchange, ada)
    client.post(at("reflection", written.pk), sent | {"text": "Ask twice"})
    assert "Ask twice" in text_of(client.get(at("record"))) and Reflection.objects.get().changed_at
    client.post(at("delete_reflection", written.pk))
    assert not Reflection.objects.exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"text": "  "}, "Write a few words first"),
        ({"text": "x" * 4001}, "4000 characters or fewer"),
        ({"on-year": "2999"}, "has not come yet"),
        ({"on-day": "32"}, "date"),
        ({"on-day": "", "on-month": "", "on-year": ""}, "Enter the day"),
        ({"key": "stale"}, "out of date"),
    ],
)
def test_a_reflection_that_cannot_be_kept_comes_back_with_what_was_typed(client, change, says):
    sent = {"key": key(), "text": "Ask first", "on-day": "1", "on-month": "2", "on-year": "2026"} | change
    answer = signed_in(client, a_member()).post(at("write_reflection"), sent)
    assert answer.status_code == 422 and says in text_of(answer)
    assert not Reflection.objects.exists()


def test_nobody_reads_changes_or_deletes_somebody_else_s_reflection(client):
    ada, broker = a_member(), a_broker()
    theirs = actions.reflect(by=ada, text="A private thought", on=timezone.localdate(), key=key())
    for reader in (broker, a_member()):
        signed_in(client, reader)
        assert client.get(at("reflection", theirs.pk)).status_code == 404
        assert client.post(at("delete_reflection", theirs.pk)).status_code == 404
        assert "A private thought" not in client.get(reverse("people:person", args=[ada.pk])).content.decode()
        for act in (
            lambda: actions.forget(by=reader, reflection=theirs),  # noqa: B023 - called at once
            lambda: actions.rewrite(by=reader, reflection=theirs, text="Mine", on=timezone.localdate()),  # noqa: B023 - the same
        ):
            with pytest.raises(NotAllowed):
                act()
    assert Reflection.objects.get().text == "A private thought"


def test_a_reflection_is_about_an_exchange_of_one_s_own_that_is_settled(client):
    theirs = a_settled_exchange()
    with pytest.raises(Invalid):
        actions.reflect(by=a_member(), text="Hm", on=timezone.localdate(), key=key(), exchange=theirs)
    for wrong in (theirs.pk, "nonsense", ""):
        page = signed_in(client, a_member()).get(at("write_reflection", exchange=wrong))
        assert page.status_code == 200 and "About:" not in text_of(page)


@pytest.mark.parametrize("broken", [{"text": ""}, {"key": "same"}])
def test_the_database_keeps_no_empty_reflection_and_none_twice(broken):
    ada = a_member()
    kept = {"user": ada, "text": "Hm", "on": timezone.localdate(), "key": "same"}
    Reflection.objects.create(**kept)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reflection.objects.create(**{**kept, "key": "other", **broken})


# ── what others see ──


@pytest.fixture
def ada():
    """Somebody with much that could leak: 2 h given, 30 min received, a confirmed skill, thanks, a reflection."""
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    exchange = a_settled_exchange(ada, ben, 120)
    feedback.give(by=ben, exchange=exchange, thanks="You made it click", skills=[a_skill()])
    a_settled_exchange(a_member(), ada, 30)
    actions.reflect(by=ada, text="A private thought", on=timezone.localdate(), key=key())
    return ada


LEAKS = ["2 h", "30 min", "User research", "You made it click", "A private thought", "Ben Nevis", "1 h 30"]


def seen(client, reader, member):
    return text_of(signed_in(client, reader).get(reverse("people:person", args=[member.pk])))


def test_nobody_sees_anything_by_default(client, ada):
    met = Exchange.objects.filter(provider=ada).get().receiver
    for reader in (a_member(), met, a_broker()):
        page = seen(client, reader, ada)
        assert "Ada Lovelace" in page and "Hours" not in page
        assert not [leak for leak in LEAKS if leak in page and leak != str(reader)]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("hours_given", "Has given 2 h."),
        ("hours_received", "Has received 30 min."),
        ("kinds", "Has helped with:"),
        ("skills", "Skills that people confirmed: User research"),
    ],
)
def test_each_item_is_shown_to_those_whom_the_member_chose_and_nothing_with_it(client, ada, item, words):
    met, stranger = Exchange.objects.filter(provider=ada).get().receiver, a_member()
    everything = {"Has given 2 h.", "Has received 30 min.", "Has helped with:", "Skills that people confirmed:"}
    for audience, readers in (("nobody", ()), ("met", (met,)), ("members", (met, stranger))):
        actions.show(by=ada, **{item: audience})
        for reader in (met, stranger):
            page = seen(client, reader, ada)
            assert (words in page) == (reader in readers), (audience, reader)
            assert not [other for other in everything if other in page and not words.startswith(other)]
            assert "A private thought" not in page and "You made it click" not in page


def test_an_exchange_that_was_taken_back_or_is_only_agreed_makes_nobody_somebody_one_has_met(ada):
    actions.show(by=ada, hours_given="met")
    reader = a_member()
    undone = a_settled_exchange(ada, reader, 15)
    assert queries.have_met(ada, reader) and queries.have_met(reader, ada)
    disputes.reverse(by=a_broker(), exchange=undone, reason="A slip")
    assert queries.on_profile(ada, reader) is None


def test_thanks_are_shown_one_by_one_and_never_say_who_wrote_them(client, ada):
    exchange = Exchange.objects.get(provider=ada)
    feedback.show(by=ada, exchange=exchange, shown=True)
    page = seen(client, a_member(), ada)
    assert "You made it click" in page and "Ben Nevis" not in page


def test_across_a_block_nothing_is_shown_either_way(client, ada):
    actions.show(by=ada, **dict.fromkeys(ShownToOthers.ITEMS, "members"))
    blocker, blocked = a_member(), a_member()
    safety.block(by=blocker, user=ada)
    safety.block(by=ada, user=blocked)
    for reader in (blocker, blocked):
        assert queries.on_profile(ada, reader) is None
        assert signed_in(client, reader).get(reverse("people:person", args=[ada.pk])).status_code == 404


def test_one_s_own_page_shows_what_every_member_sees_and_where_to_change_it(client, ada):
    actions.show(by=ada, hours_given="met", hours_received="members")
    page = seen(client, ada, ada)
    assert "Has received 30 min." in page and "Has given" not in page and "Choose who sees what" in page


def test_the_form_says_what_is_chosen_and_refuses_anything_else(client, ada):
    signed_in(client, ada)
    sent = dict.fromkeys(ShownToOthers.ITEMS, "nobody") | {"skills": "met"}
    assert client.post(at("shown"), sent).status_code == 302
    assert ShownToOthers.objects.get().skills == "met"
    wrong = client.post(at("shown"), sent | {"skills": "the world"})
    assert wrong.status_code == 422 and ShownToOthers.objects.get().skills == "met"
    with pytest.raises(Invalid):
        actions.show(by=ada, balance="members")
    with pytest.raises(IntegrityError), transaction.atomic():
        ShownToOthers.objects.update(skills="world")


def test_all_of_it_goes_with_the_account(ada):
    actions.show(by=ada, hours_given="members")
    close_account(by=ada, user=ada)
    assert not Reflection.objects.exists() and not ShownToOthers.objects.exists()
    with pytest.raises(NotAllowed):
        actions.reflect(by=type(ada).objects.get(pk=ada.pk), text="Hm", on=timezone.localdate(), key=key())
