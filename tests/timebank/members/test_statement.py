"""The statement: in words, narrowed down by the address, a page at a time, as a CSV and as a PDF."""

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.utils import timezone
from pypdf import PdfReader

from people.models import User
from tests.timebank.browsing import at, signed_in, text_of
from tests.timebank.factories import (
    a_broker,
    a_listing,
    a_member,
    a_pot,
    a_settled_exchange,
    credits_of,
    give_credits,
    key,
)
from timebank.actions import disputes, ledger, pots
from timebank.models import Account
from timebank.queries import statement as queries
from timebank.queries.statement import Filters
from ui import sheets

pytestmark = pytest.mark.django_db


def account_of(owner):
    return ledger.account_for(member=owner) if isinstance(owner, User) else ledger.account_for(pot=owner)


def words(owner, **filters):
    """What the lines of somebody's statement say, latest first."""
    return [line.words for line in queries.page(account_of(owner), Filters(**filters)).lines]


def a_gift(by, pot, minutes=1, **more):
    return pots.give(by=by, to_pot=pot, minutes=minutes, key=key(), **more)


def posted_on(day, payer, payee, minutes=10):
    """A gift that was posted at noon of a day."""
    ledger.post(
        kind="donation",
        legs=[(account_of(payer).pk, -minutes), (account_of(payee).pk, minutes)],
        by=payer,
        key=key(),
        at=timezone.make_aware(dt.datetime.combine(day, dt.time(12))),
    )


# ── in words ──


def test_each_line_says_what_happened_and_links_to_it(client):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    offer = a_listing(ada, title="An hour of user research", minutes=60)
    exchange = a_settled_exchange(ada, ben, 60, listing=offer)
    pot = a_pot(ben, name="Falls on Ward 6", minutes=90)
    paid = a_settled_exchange(ada, ben, 30, pot=pot)
    a_gift(ada, pot, 15, memo="Keep going")
    give_credits(account_of(ada), 5)

    assert words(ada) == [
        "Granted to you by the platform",
        "You gave hours to Falls on Ward 6",
        "You gave time to Ben Nevis, paid by Falls on Ward 6",
        "You gave time to Ben Nevis",
    ]
    assert words(ben) == ["Ada Lovelace gave you time"]
    assert words(pot) == ["Ada Lovelace gave hours", "Ada Lovelace gave time", "Granted by the platform"]
    page = signed_in(client, ada).get(at("statement"))
    for one in (exchange, paid):
        assert f'href="{at("exchange", one.pk)}"' in page.content.decode()
    said = text_of(page)
    assert "An hour of user research" in said and "Keep going" in said
    assert "+1 h Balance 1 h" in said and "−15 min Balance 1 h 15" in said


def test_what_was_taken_back_stands_beside_what_it_undoes(client):
    ada, ben, broker = a_member("Ada Lovelace"), a_member("Ben Nevis"), a_broker()
    exchange = a_settled_exchange(ada, ben, 60)
    a_settled_exchange(ada, ben, 15)
    disputes.reverse(by=broker, exchange=exchange, reason="Recorded twice")
    undoing, _other, undone = queries.page(account_of(ada)).lines
    assert undoing.words == "Taken back: “You gave time to Ben Nevis”"
    assert (undoing.undoes.version, undone.undone.version) == (undone.version, undoing.version)
    assert undone.undone.why == "Recorded twice"
    page = signed_in(client, ada).get(at("statement"))
    assert f'href="{undone.undone.url}"' in page.content.decode().replace("&amp;", "&")
    assert "Taken back on" in text_of(page) and ": Recorded twice" in text_of(page)
    beside = signed_in(client, ada).get(at("statement") + undone.undone.url)
    assert f'id="entry-{undoing.version}"' in beside.content.decode()


def test_a_line_with_many_on_the_other_side_names_a_few():
    payers = [a_member(f"Payer {n}") for n in range(5)]
    ada = a_member()
    legs = [(account_of(payer).pk, -10) for payer in payers] + [(account_of(ada).pk, 50)]
    ledger.post(kind="group_session", legs=sorted(legs), by=None, key=key())
    (line,) = queries.page(account_of(ada)).lines
    assert line.words == "You gave time to a group" and line.who.endswith(" and 3 others") and "Payer 1" in line.who
    assert words(payers[0]) == ["You took part in a group session"]


def test_who_has_left_has_no_name_in_anybody_s_statement():
    ada, ben = a_member(), a_member("Ben Nevis")
    a_settled_exchange(ada, ben, 60)
    User.objects.filter(pk=ben.pk).update(closed_at=timezone.now(), name="", email=None)
    assert words(ada) == ["You gave time to Someone who has left"]


@pytest.mark.parametrize("kind", [kind for kind, _came_in in queries.WORDS])
def test_every_kind_of_transfer_has_words_both_ways(kind):
    for came_in in (True, False):
        for said in queries.WORDS[kind, came_in]:
            assert str(said) % {"who": "W", "helper": "H", "helped": "X"}
    assert {kind for kind, _in in queries.WORDS} == set(queries.K.values) - {"reversal"}


# ── narrowed down ──


@pytest.fixture
def year():
    """A member who gave to a pot on three days, and exchanged hours today."""
    ada, pot = a_member("Ada Lovelace"), a_pot(a_member(), minutes=0, name="Ward 6")
    other = a_pot(a_member(), minutes=0, name="Étude of sleep")
    give_credits(account_of(ada), 600)
    for day in (dt.date(2025, 3, 1), dt.date(2025, 3, 2), dt.date(2025, 4, 1)):
        posted_on(day, ada, pot)
    posted_on(dt.date(2025, 4, 2), ada, other)
    a_settled_exchange(ada, a_member("Ben Nevis"), 60)
    return ada, pot


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, 6),
        ({"since": dt.date(2025, 3, 2), "until": dt.date(2025, 4, 1)}, 2),
        ({"until": dt.date(2025, 3, 1)}, 1),
        ({"since": dt.date(2025, 4, 2)}, 3),
        ({"kind": "donation"}, 4),
        ({"kind": "exchange", "until": dt.date(2025, 12, 31)}, 0),
        ({"who": "ben"}, 1),
        ({"who": "ETUDE"}, 1),
        ({"who": "ward 6"}, 3),
        ({"who": "Ada"}, 0),  # oneself is on no other side
        ({"who": "100%"}, 0),
        ({"who": "ward", "since": dt.date(2025, 4, 1)}, 1),
    ],
)
def test_a_statement_is_narrowed_down_by_days_kind_and_name(year, asked, shown):
    assert len(words(year[0], **asked)) == shown


def test_the_filters_are_in_the_address_and_stay_there_on_the_next_page_and_in_the_files(year, client):
    ada, pot = year
    for _time in range(30):
        a_gift(ada, pot)
    signed_in(client, ada)
    asked = {"since-day": "1", "since-month": "3", "since-year": "2025", "pot": str(pot.pk)}
    page = client.get(at("statement", **asked))
    links = page.content.decode().replace("&amp;", "&")
    assert "Only part of the statement is shown" in text_of(page)
    assert f"?since-day=1&since-month=3&since-year=2025&pot={pot.pk}&before=" in links
    assert f"/csv/?since-day=1&since-month=3&since-year=2025&pot={pot.pk}" in links
    assert len(page.context["found"].lines) == 25
    rest = client.get(at("statement", **asked, **page.context["found"].older))
    assert len(rest.context["found"].lines) == 33 - 25 and rest.context["found"].older is None
    nothing = client.get(at("statement", who="nobody at all"))
    assert "Nothing here matches" in text_of(nothing)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"since-day": "31", "since-month": "2", "since-year": "2025"}, "real date"),
        ({"since-day": "1", "since-month": "3", "since-year": "0001"}, "Give a year like 2027"),
        ({"since-day": "1", "since-month": "3", "since-year": "9999"}, "Give a year like 2027"),
        ({"since-year": "2025"}, "must include"),
        ({"kind": "bribe"}, "Choose one of the answers"),
        ({"pot": "not-an-id"}, "Choose one of the answers"),
        ({"who": "x" * 101}, "Use 100 characters or fewer"),
        (
            {
                "since-day": "2",
                "since-month": "3",
                "since-year": "2025",
                "until-day": "1",
                "until-month": "3",
                "until-year": "2025",
            },
            "must not be before the first",
        ),
    ],
)
def test_a_filter_that_cannot_be_read_is_left_out_and_says_so(year, client, asked, says):
    page = signed_in(client, year[0]).get(at("statement", **asked))
    assert page.status_code == 200 and says in text_of(page)
    assert "<title>Error: " in page.content.decode().replace("\n", "")
    assert page.context["found"].lines


@pytest.mark.parametrize("place", ["0", "-1", "abc", "1e5", "99999999999999999999", "", "²"])
def test_a_place_that_is_none_shows_something_sensible(year, client, place):
    signed_in(client, year[0])
    for name in ("before", "after"):
        assert client.get(at("statement", **{name: place})).status_code == 200


def test_a_pot_that_one_never_met_is_no_choice(year, client):
    stranger = a_pot(a_member())
    page = signed_in(client, year[0]).get(at("statement", pot=str(stranger.pk)))
    assert "Choose one of the answers" in text_of(page) and stranger.name not in text_of(page)


# ── a page at a time ──


def test_pages_follow_each_other_without_gaps_or_doubles_and_lead_back():
    ada, pot = a_member(), a_pot(a_member(), minutes=0)
    give_credits(account_of(ada), 600)
    for _time in range(12):
        a_gift(ada, pot)
    account = account_of(ada)
    seen, page = [], queries.page(account, size=5)
    assert page.newer is None
    while True:
        seen += [line.version for line in page.lines]
        if page.older is None:
            break
        page = queries.page(account, size=5, **page.older)
    assert seen == list(range(13, 0, -1))
    back = queries.page(account, size=5, **page.newer)
    assert [line.version for line in back.lines] == [8, 7, 6, 5, 4]
    top = queries.page(account, size=5, **back.newer)
    assert [line.version for line in top.lines] == [13, 12, 11, 10, 9] and top.newer is None


@pytest.mark.parametrize("size", [3, 30])
def test_a_page_costs_the_same_however_much_is_on_it(size, client, django_assert_num_queries):
    ada, pot = a_member(), a_pot(a_member(), minutes=0)
    give_credits(account_of(ada), 6000)
    for number in range(size):
        a_gift(ada, pot)
        exchange = a_settled_exchange(ada, a_member(f"Ben {number}"), 15)
        if number == size - 1:
            disputes.reverse(by=a_broker(), exchange=exchange, reason="Slip")
    account = account_of(ada)
    with django_assert_num_queries(4):
        assert len(queries.page(account, size=2 * size + 2).lines) == 2 * size + 2
    signed_in(client, ada).get(at("statement"))
    with django_assert_num_queries(13):
        client.get(at("statement"))


def test_the_first_page_reads_no_more_of_a_long_account_than_it_shows():
    ada, pot = a_member(), a_pot(a_member(), minutes=0)
    give_credits(account_of(ada), 6000)
    for _time in range(60):
        a_gift(ada, pot)
    account = account_of(ada)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        sql, params = queries.entries(account).filter(account_version__lt=50)[:26].query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Sort" not in plan and "Index Scan Backward" in plan


# ── files ──


def csv_of(response):
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_the_csv_has_minutes_hours_and_the_running_balance_of_every_line(client, monkeypatch):
    monkeypatch.setattr(queries, "CHUNK", 2)  # several reads for five lines
    ada, ben = a_member(), a_member("Ben Nevis")
    for minutes in (60, 90, 15, 30, 45):
        a_settled_exchange(ada, ben, minutes)
    answer = signed_in(client, ben).get(at("statement_csv"))
    assert answer["Content-Type"] == "text/csv; charset=utf-8" and "attachment" in answer["Content-Disposition"]
    columns, *rows = csv_of(answer)
    number = {name: place for place, name in enumerate(columns)}
    assert [row[number["Minutes"]] for row in rows] == ["-45", "-30", "-15", "-90", "-60"]
    assert [row[number["Balance in hours"]] for row in rows] == ["-4.0", "-3.25", "-2.75", "-2.5", "-1.0"]
    assert {row[number["What happened"]] for row in rows} == {f"{rows[0][number['With']]} gave you time"}


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1+1"])
def test_no_name_or_note_becomes_a_formula(client, name):
    assert sheets.cell(name).startswith("'")
    called = name.strip().replace("@", "=")  # no name holds an @
    ada, pot = a_member(called), a_pot(a_member(), minutes=0, name=name.strip())
    give_credits(account_of(ada), 60)
    a_gift(ada, pot, 60, memo=name)
    for row in csv_of(signed_in(client, ada).get(at("statement_csv")))[1:]:
        for value in row:
            assert value.lstrip("-").replace(".", "").isdigit() or not value.startswith(sheets.FORMULA)


@pytest.mark.parametrize(("value", "kept"), [(-60, -60), (1.5, 1.5), (None, ""), ("Ada", "Ada"), ("a=b", "a=b")])
def test_numbers_and_plain_words_stay_as_they_are(value, kept):
    assert sheets.cell(value) == kept


def test_the_pdf_is_tagged_and_says_before_and_after(client, year):
    ada, _pot = year
    asked = {"since-day": "2", "since-month": "3", "since-year": "2025"}
    answer = signed_in(client, ada).get(at("statement_pdf", **asked))
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
    document = PdfReader(io.BytesIO(answer.content))
    assert "pdfuaid" in document.trailer["/Root"]["/Metadata"].get_data().decode()
    said = " ".join(page.extract_text() for page in document.pages)
    assert "From 2 March 2025." in said and "You gave time to Ben Nevis" in said
    lines = queries.page(account_of(ada), Filters(since=dt.date(2025, 3, 2))).lines
    first_day = queries.page(account_of(ada), Filters(until=dt.date(2025, 3, 1))).lines
    opening, closing = queries.opening_and_closing(lines)
    assert closing == credits_of(ada)[0] and opening == lines[-1].balance_after - lines[-1].minutes
    assert len(first_day) == 1


def test_a_pdf_of_too_much_says_what_to_do(client, monkeypatch):
    monkeypatch.setattr(queries, "PDF_MOST", 2)
    ada, pot = a_member(), a_pot(a_member(), minutes=0)
    give_credits(account_of(ada), 60)
    for _time in range(2):
        a_gift(ada, pot)
    answer = signed_in(client, ada).get(at("statement_pdf"))
    assert answer.status_code == 422 and "Choose a shorter time, or download the CSV" in text_of(answer)


@pytest.mark.parametrize("page", ["statement", "statement_csv", "statement_pdf"])
def test_before_anything_moved_every_form_of_it_works(client, page):
    ada = a_member()
    answer = signed_in(client, ada).get(at(page))
    assert answer.status_code == 200
    assert not Account.objects.filter(member=ada).exists()
    if page == "statement":
        assert "Nothing has moved yet" in text_of(answer)


# ── of a pot ──


def test_a_pot_s_statement_is_for_its_stewards_of_today_and_brokers(client):
    steward, former, stranger = a_member("Stella Steward"), a_member(), a_member()
    pot = a_pot(steward, minutes=90)
    pots.add_steward(by=steward, pot=pot, user=former).__class__.objects.filter(user=former).update(
        until=timezone.now()
    )
    a_settled_exchange(a_member("Ada Lovelace"), steward, 30, pot=pot)
    for page in ("pot_statement", "pot_statement_csv", "pot_statement_pdf"):
        for reader, status in ((steward, 200), (a_broker(), 200), (former, 404), (stranger, 404)):
            assert signed_in(client, reader).get(at(page, pot.pk)).status_code == status, (page, reader)
    said = text_of(signed_in(client, steward).get(at("pot_statement", pot.pk)))
    assert "Statement of Falls on Ward 6" in said and "It has 1 h." in said and "Ada Lovelace gave time" in said
    assert "You have" not in said
    assert at("pot_statement", pot.pk) in signed_in(client, steward).get(at("pot", pot.pk)).content.decode()
    assert at("pot_statement", pot.pk) not in signed_in(client, stranger).get(at("pot", pot.pk)).content.decode()
