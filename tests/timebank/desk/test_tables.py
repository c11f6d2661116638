"""Hours between organisations, and tables to take away."""

import csv
import datetime as dt
import io

import pytest
from django.utils import timezone

from audit.models import Event
from people.models import Organisation, Profile, User
from tests.timebank.browsing import at, text_of
from tests.timebank.factories import a_broker, a_member, a_pot, a_settled_exchange, an_administrator, give_credits, key
from timebank.actions import desk as actions
from timebank.actions import disputes, ledger, pots
from timebank.models import Entry, Exchange, Pot
from timebank.queries import exports, organisations
from ui.errors import NotAllowed

pytestmark = pytest.mark.django_db


def of(organisation, name=""):
    member = a_member(name)
    Profile.objects.filter(user=member).update(organisation=organisation)
    return member


def three():
    return [Organisation.objects.create(name=name) for name in ("Harbour View", "Moorside", "Elm Street")]


def table(response):
    """The rows of a CSV answer, as a spreadsheet reads them."""
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


# ── organisations ──


def test_each_organisation_stands_against_all_others_and_each_pair_is_told_once():
    harbour, moor, elm = three()
    one, other, third = of(harbour), of(moor), of(elm)
    a_settled_exchange(one, other, 120)
    a_settled_exchange(other, one, 45)
    a_settled_exchange(one, of(harbour), 30)
    a_settled_exchange(third, other, 60)
    a_settled_exchange(a_member(), third, 15)
    standings, pairs = organisations.between()
    assert [(s.name, s.gave, s.got, s.net, s.inside) for s in standings] == [
        ("Moorside", 45, 180, -135, 0),
        ("Harbour View", 120, 45, 75, 30),
        ("Elm Street", 60, 15, 45, 0),
        ("People without an organisation", 15, 0, 15, 0),
    ]
    assert [(p.one, p.other, p.gave, p.got, p.net) for p in pairs] == [
        ("Harbour View", "Moorside", 120, 45, 75),
        ("Elm Street", "Moorside", 60, 0, 60),
        ("People without an organisation", "Elm Street", 15, 0, 15),
    ]
    assert sum(s.net for s in standings) == 0


def test_two_that_gave_each_other_the_same_are_one_pair_with_nothing_owed():
    harbour, moor, _elm = three()
    one, other = of(harbour), of(moor)
    a_settled_exchange(one, other, 60)
    a_settled_exchange(other, one, 60)
    _standings, pairs = organisations.between()
    assert [(p.one, p.other, p.net) for p in pairs] == [("Harbour View", "Moorside", 0)]


def test_only_settled_hours_of_the_days_asked_for_count():
    harbour, moor, _elm = three()
    one, other = of(harbour), of(moor)
    old, back = a_settled_exchange(one, other, 60), a_settled_exchange(one, other, 30)
    settled_at = timezone.now() - dt.timedelta(days=40)
    Exchange.objects.filter(pk=old.pk).update(settled_at=settled_at)
    disputes.reverse(by=a_broker(), exchange=back, reason="A slip")
    day = timezone.localdate(settled_at)
    assert organisations.between()[1][0].gave == 60
    assert organisations.between(day, day)[1][0].gave == 60
    assert organisations.between(day + dt.timedelta(days=1)) == ([], [])


def test_a_merged_organisation_counts_as_what_it_became_and_an_organisations_pot_as_the_organisation():
    harbour, moor, elm = three()
    Organisation.objects.filter(pk=elm.pk).update(merged_into=moor)
    giver, steward = of(harbour), of(elm)
    pot = a_pot(steward, 600)
    Pot.objects.filter(pk=pot.pk).update(organisation=harbour)
    pot.refresh_from_db()
    a_settled_exchange(giver, steward, 60)
    a_settled_exchange(of(moor), steward, 30, pot=pot)
    _standings, pairs = organisations.between()
    assert [(p.one, p.other, p.gave, p.got) for p in pairs] == [("Harbour View", "Moorside", 60, 30)]


def test_the_page_shows_the_net_and_gives_it_as_csv(as_):
    harbour, moor, _elm = three()
    a_settled_exchange(of(harbour), of(moor), 90)
    client = as_(a_broker())
    page = text_of(client.get(at("desk_organisations")))
    assert "Harbour View Gave 1 h 30 Received 0 h Net +1 h 30" in page
    assert table(client.get(at("desk_organisations"), {"csv": "yes"}))[1:] == [
        ["Harbour View", "Moorside", "90", "0", "90"]
    ]
    assert Event.objects.get(verb="timebank.export.taken").facts["what"] == "organisations"
    days = {
        "since-day": "1",
        "since-month": "1",
        "since-year": "2020",
        "until-day": "2",
        "until-month": "1",
        "until-year": "2020",
    }
    assert "No exchange was settled" in text_of(client.get(at("desk_organisations"), days))


def test_days_the_wrong_way_round_are_refused_and_give_no_file(as_):
    wrong = {
        "since-day": "2",
        "since-month": "1",
        "since-year": "2020",
        "until-day": "1",
        "until-month": "1",
        "until-year": "2020",
    }
    answer = as_(a_broker()).get(at("desk_organisations"), wrong | {"csv": "yes"})
    assert answer.status_code == 422 and "before the first one" in text_of(answer)
    answer = as_(a_broker()).get(at("desk_exports"), wrong | {"what": "members"})
    assert answer.status_code == 422
    assert not Event.objects.filter(verb="timebank.export.taken").exists()


# ── tables ──


def test_members_are_exported_with_balances_and_without_equality_answers(as_):
    ada, ben = of(Organisation.objects.create(name="Harbour View"), "Ada Lovelace"), a_member("Ben")
    a_settled_exchange(ada, ben, 90)
    heading, *rows = table(as_(a_broker()).get(at("desk_exports"), {"what": "members"}))
    by_name = {row[1]: dict(zip(heading, row, strict=True)) for row in rows}
    assert by_name["Ada Lovelace"] | {"id": ""} == by_name["Ada Lovelace"] | {
        "id": "", "email": ada.email, "organisation": "Harbour View", "balance_minutes": "90", "given_minutes": "90",
        "received_minutes": "0", "on_board": "yes",
    }  # fmt: skip
    assert by_name["Ben"]["balance_minutes"] == "-90", "a number, not text"
    for word in ("ethnic", "band", "disab", "gender", "religion"):
        assert word not in " ".join(heading)
    left = a_member()
    User.objects.filter(pk=left.pk).update(closed_at=timezone.now(), name="", email=None)
    assert str(left.pk) not in {row[0] for row in exports.members()}


def test_exchanges_are_exported_without_what_people_wrote_to_each_other(as_):
    exchange = a_settled_exchange(a_member("Ada"), a_member("Ben"), 90, message="Between the two of us")
    heading, row = table(as_(a_broker()).get(at("desk_exports"), {"what": "exchanges"}))
    found = dict(zip(heading, row, strict=True))
    assert (found["id"], found["provider"], found["settled_minutes"]) == (str(exchange.pk), "Ada", "90")
    assert "Between" not in " ".join(row)


def test_every_entry_of_the_books_is_exported_and_each_transfer_sums_to_nothing(as_):
    a_settled_exchange()
    give_credits(ledger.account_for(member=a_member()), 30)
    heading, *rows = table(as_(an_administrator()).get(at("desk_exports"), {"what": "transfers"}))
    assert len(rows) == Entry.objects.count() == 4
    sums: dict[str, int] = {}
    for row in rows:
        found = dict(zip(heading, row, strict=True))
        sums[found["transfer_id"]] = sums.get(found["transfer_id"], 0) + int(found["minutes"])
    assert set(sums.values()) == {0}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " ="])
def test_no_name_and_no_note_is_ever_taken_for_a_formula(start):
    evil = f"{start.strip() if start.strip() in '=+-' else ''}=CMD(1)"  # what a name may hold
    note = f"{start}1+1"
    ada = a_member(evil)
    give_credits(ledger.account_for(member=ada), 60)
    pots.give(by=ada, to_pot=None, minutes=5, key=key(), memo=note)
    members = list(csv.reader(io.StringIO("".join(exports.as_csv(exports.members())), newline="")))
    assert f"'{evil}" in [row[1] for row in members]
    moved = list(csv.reader(io.StringIO("".join(exports.as_csv(exports.transfers())), newline="")))
    assert f"'{note}" in [row[-1] for row in moved] or f"'{note.strip()}" in [row[-1] for row in moved]
    assert "-60" in [row[5] for row in moved], "numbers stay numbers"


def test_a_long_table_is_streamed_in_a_constant_number_of_queries(django_assert_num_queries):
    for _time in range(6):
        a_settled_exchange()
    for what, queries in (("members", 1), ("exchanges", 1), ("transfers", 1)):
        with django_assert_num_queries(queries):
            assert len(list(exports.TABLES[what][1]())) >= 6


def test_taking_a_table_is_noted_with_what_and_by_whom(as_):
    broker = a_broker()
    asked = {"what": "exchanges", "since-day": "1", "since-month": "2", "since-year": "2026"}
    answer = as_(broker).get(at("desk_exports"), asked)
    assert answer["Content-Disposition"].startswith('attachment; filename="exchanges-')
    assert "no-store" in answer["Cache-Control"]
    noted = Event.objects.get(verb="timebank.export.taken")
    assert (noted.actor, noted.facts) == (str(broker.pk), {"what": "exchanges", "since": "2026-02-01", "until": ""})
    assert as_(broker).get(at("desk_exports"), {"what": "passwords"}).status_code == 422
    with pytest.raises(NotAllowed):
        actions.note_export(by=a_member(), what="members")
