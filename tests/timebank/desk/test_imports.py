"""Imports: read first, each bad row named, then all or nothing; the same rows never move twice."""

import datetime as dt
import random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Event
from notifications.models import InboxItem
from people.models import User
from people.queries import my_data
from tests.live import wait_until
from tests.timebank.browsing import at, text_of
from tests.timebank.factories import a_broker, a_member, an_administrator, credits_of
from timebank.actions import imports as actions
from timebank.actions import leaving, ledger
from timebank.models import Account, Entry, Import, ImportedId, Listing, Transfer
from timebank.queries import imports as queries
from timebank.queries import verification
from ui.errors import DomainError, Invalid, NotAllowed

SOURCE = "Leeds Time Bank"
MEMBERS = """id,name,email,balance
17,Ama Mensah,ama@example.org,3.5
18,Ben Okafor,,-1
19,Cora Ng,cora@example.org,0
"""
HEADINGS = "source_id,source_type,destination_id,destination_type,amount,created_at,reason,post_id\n"
TRANSFERS = HEADINGS + (
    "17,Member,18,Member,3600,2019-03-04 10:00:00 UTC,Help with a form,5\n"
    "1,Organization,18,Member,7200,2019-01-01 00:00:00 UTC,Welcome,\n"
    "18,Member,1,Organization,1800,2019-05-01,To the bank,\n"
)


def upload(text, kind="members", by=None, source=SOURCE):
    content = text if isinstance(text, bytes) else text.encode()
    return actions.upload(by=by or a_broker(), kind=kind, source=source, name="file.csv", content=content)


def imported(text, kind="members", **fields):
    """Uploads, confirms, and does what the worker does."""
    found = upload(text, kind, **fields)
    assert found.problem_count == 0, found.problems
    actions.confirm(by=found.uploaded_by, upload=found)
    actions.go_on(upload_id=found.pk)

    def done():
        found.refresh_from_db()
        return found.state == "done"

    wait_until(done, seconds=60, what="the import; a real worker may have been quicker")
    return found


def named(external_id):
    return ImportedId.objects.get(source=SOURCE.lower(), external_id=external_id).user


def problems(text, kind="members"):
    return dict(map(tuple, upload(text, kind).problems))


db = pytest.mark.django_db


# ── members and opening balances ──


@db
def test_reading_a_file_moves_nothing_and_says_what_it_would_do():
    found = upload(MEMBERS)
    assert (found.state, found.problem_count) == ("read", 0)
    assert found.totals == {
        "rows": 3, "new": 3, "here": 0, "without_email": 1, "given": 210, "owed": 60, "before": 0,
    }  # fmt: skip
    assert not User.objects.filter(email="ama@example.org").exists()
    assert not Transfer.objects.exists()


@db
def test_members_come_with_one_grant_each_and_are_invited_and_cannot_act_before_they_agree():
    found = imported(MEMBERS)
    ama, ben = named("17"), named("18")
    assert found.state == "done" and not found.content
    assert (credits_of(ama), credits_of(ben)) == ((210, 0), (-60, 0))
    granted = Transfer.objects.get(kind="grant")
    assert (granted.memo, granted.actor) == ("Opening balance from Leeds Time Bank", None)
    assert Account.objects.get(system="community_pot").balance == 60
    assert ama.conduct_accepted_at is None
    assert "has made a place for you here, from Leeds Time Bank" in InboxItem.objects.get(user=ama).text
    assert not InboxItem.objects.filter(user=ben).exists(), "there is no address to invite"
    done = Event.objects.get(verb="timebank.import.done")
    assert done.actor == str(found.confirmed_by_id) and done.facts["given"] == 210
    assert verification.findings() == []


@db
def test_the_same_members_file_again_makes_nobody_and_grants_nothing():
    imported(MEMBERS)
    again = upload(MEMBERS, by=an_administrator())
    assert (again.totals["new"], again.totals["given"], again.totals["before"]) == (0, 0, 2)
    people, moved = User.objects.count(), Transfer.objects.count()
    imported(MEMBERS)
    assert (User.objects.count() - 1, Transfer.objects.count()) == (people, moved), "the broker of the second time"


@db
def test_somebody_who_is_here_already_keeps_their_account_and_gets_their_balance():
    ada = a_member("Ada")
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    imported("id,name,email,balance\n7,Ada L,ADA@example.org,2\n")
    assert named("7") == ada and credits_of(ada) == (120, 0)
    ada.refresh_from_db()
    assert ada.name == "Ada"


@db
@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("1,,a@example.org,1", "There is no name"),
        (f"1,{'x' * 101},a@example.org,1", "longer than 100"),
        (",Ama,,1", "Give an id or an e-mail address"),
        ("1,Ama,not an address,1", "is not an e-mail address"),
        ("1,Ama,a@example.org,lots", "The balance “lots”"),
        ("1,Ama,a@example.org,1.001", "whole minutes"),
        ("1,Ama,a@example.org,-11", "under the floor of −10 h"),
        ("1,Ama,a@example.org,99999999", "or less"),
        (f"{'9' * 61},Ama,a@example.org,1", "The id is longer"),
        ("77,Ama,first@example.org,1", "is on line 2 already"),
        ("78,Ama,FIRST@example.org,1", "is on line 2 already"),
    ],
)
def test_each_bad_row_of_members_is_named_with_its_line_and_why(row, says):
    found = problems(f"id,name,email,balance\n77,First,first@example.org,1\n{row}\n")
    if "line 2" in says and "77" in row:
        assert set(found) == {3}
    assert list(found) == [3] and says in found[3]
    assert not User.objects.filter(name="First").exists()


@db
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("\n\n", "no rows"),
        ("name,email\n", "no rows"),
        ("id,email\n1,a@example.org\n", "Missing: name"),
        ("name,name,email\nA,B,a@example.org\n", "there twice"),
        ("PK\0\1", "not a CSV file"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text, says):
    if not text:
        with pytest.raises(Invalid, match=says):
            upload(text)
    else:
        assert says in problems(text)[1]


@db
def test_lines_are_counted_as_an_editor_counts_them_and_semicolons_and_old_letters_are_read():
    text = 'id;name;email;balance\n1;"Zoë\nÅngström";z@example.org;"1,5"\n\n2;;b@example.org;1\n'
    found = upload(text.encode("cp1252"))
    assert [line for line, _why in found.problems] == [2, 5]  # a line break is no part of a name
    done = imported("id;name;email;balance\n1;Zoë;z@example.org;1,5\n".encode("utf-8-sig"))
    assert done.totals["given"] == 90


@db
def test_more_rows_than_50_000_are_refused_as_a_whole():
    text = "name,email\n" + "".join(f"A,a{n}@example.org\n" for n in range(50_001))
    found = Import(kind="members", source=SOURCE, content=text.encode())
    assert "more than 50,000 rows" in queries.plan(found).problems[0][1]


@db
def test_one_bad_row_stops_the_whole_file():
    found = upload(MEMBERS + "20,,d@example.org,1\n")
    with pytest.raises(DomainError, match="so none was"):
        actions.confirm(by=found.uploaded_by, upload=found)
    assert not ImportedId.objects.exists()


@db
def test_what_has_changed_between_the_preview_and_the_worker_stops_it_all():
    found = upload("id,name,email,balance\n1,New Person,n@example.org,1\n2,Ada,ada@example.org,-5\n")
    actions.confirm(by=found.uploaded_by, upload=found)
    ada = a_member("Ada", suspended_at=timezone.now())
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    actions.go_on(upload_id=found.pk)
    found.refresh_from_db()
    assert (found.state, found.confirmed_by) == ("read", None) and "is paused here" in found.problems[0][1]
    assert not User.objects.filter(name="New Person").exists() and not Transfer.objects.exists()


# ── offers and requests ──


@db
def test_listings_of_those_who_agreed_are_on_the_board_and_the_others_wait():
    imported(MEMBERS)
    User.objects.filter(email="cora@example.org").update(conduct_accepted_at=timezone.now())
    text = (
        "member,kind,title,description,skills,hours,mode,place\n"
        "17,offer,Teaching run charts,,User research,2,online,\n"
        "cora@example.org,request,A second pair of eyes,Please,,,in person,Leeds\n"
    )
    found = imported(text, "listings")
    assert found.totals == {"rows": 2, "offers": 1, "requests": 1, "waiting": 1, "before": 0}
    waits, shown = Listing.objects.get(title="Teaching run charts"), Listing.objects.get(kind="request")
    assert (waits.state, waits.minutes, [s.name for s in waits.skills.all()]) == ("paused", 120, ["User research"])
    assert (shown.state, shown.mode, shown.place) == ("open", "on_site", "Leeds")
    again = imported(text, "listings")
    assert again.totals["before"] == 2 and Listing.objects.count() == 2


@db
@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("99,offer,Title,,,,,", "Nobody with the id or e-mail address “99”"),
        ("17,gift,Title,,,,,", "“offer” or “request”"),
        ("17,offer,,,,,,", "1 to 100 characters"),
        ("17,offer,Title,,Juggling swords,,,", "no skill called “Juggling swords”"),
        ("17,offer,Title,,,x,,", "The hours"),
        ("17,offer,Title,,,-2,,", "from 0 to 1,000"),
        ("17,offer,Title,,,,by pigeon,", "The mode must be"),
    ],
)
def test_each_bad_listing_is_named(row, says):
    imported(MEMBERS)
    found = problems(f"member,kind,title,description,skills,hours,mode,place\n{row}\n", "listings")
    assert list(found) == [2] and says in found[2]
    assert not Listing.objects.exists()


# ── TimeOverflow's transfers ──


@db
def test_past_transfers_keep_their_day_and_the_books_stay_whole():
    imported(MEMBERS)
    found = imported(TRANSFERS, "transfers")
    ama, ben = named("17"), named("18")
    assert (credits_of(ama), credits_of(ben)) == ((210 - 60, 0), (-60 + 60 + 120 - 30, 0))
    assert found.totals | {"people": 2} == {
        "rows": 3, "new": 3, "before": 0, "minutes": 210, "granted": 120, "to_pot": 30, "people": 2, "rounded_seconds": 0,
    }  # fmt: skip
    moved = Transfer.objects.get(memo="Leeds Time Bank: Help with a form")
    assert (moved.kind, moved.created_at) == ("adjustment", dt.datetime(2019, 3, 4, 10, tzinfo=dt.UTC))
    assert Transfer.objects.get(memo="Leeds Time Bank: Welcome").kind == "grant"
    order = Entry.objects.filter(account__member=ben).order_by("account_version").values_list("minutes", flat=True)
    assert list(order) == [-60, 120, 60, -30], "oldest first, after the opening balance"
    assert verification.findings() == []


@db
def test_the_same_file_twice_moves_nothing_even_by_another_broker_and_an_overlapping_one_only_what_is_new():
    imported(MEMBERS)
    imported(TRANSFERS, "transfers")
    before = Transfer.objects.count()
    again = imported(TRANSFERS, "transfers", by=an_administrator())
    assert (again.totals["new"], again.totals["before"]) == (0, 3)
    assert Transfer.objects.count() == before
    longer = imported(TRANSFERS + "18,Member,17,Member,60,2020-01-01,New,\n", "transfers")
    assert (longer.totals["new"], longer.totals["before"]) == (1, 3)
    assert Transfer.objects.count() == before + 1


@db
def test_equal_rows_of_one_file_are_different_transfers():
    imported(MEMBERS)
    row = "17,Member,18,Member,600,2019-03-04,Walking the dog,\n"
    imported(HEADINGS + row * 3, "transfers")
    assert credits_of(named("17")) == (180, 0)
    imported(HEADINGS + row * 4, "transfers")
    assert credits_of(named("17")) == (170, 0), "only the fourth is new"


@db
@pytest.mark.parametrize(("seconds", "minutes"), [(60, 1), (89, 1), (90, 1), (91, 2), (31, 1), (3629, 60), (3630, 60)])
def test_seconds_become_the_nearest_minute_half_minutes_down_and_are_named(seconds, minutes):
    imported(MEMBERS)
    found = upload(f"17,Member,18,Member,{seconds},2019-03-04,Help,\n", "transfers")
    assert found.totals["minutes"] == minutes
    assert found.note_count == (seconds % 60 != 0)
    if seconds % 60:
        line, words = found.notes[0]
        assert line == 1 and f"{seconds} seconds become" in words
        assert found.totals["rounded_seconds"] == minutes * 60 - seconds


@db
@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("99,Member,18,Member,60,2019-03-04,,", "Nobody here has the id “99”"),
        ("17,Pirate,18,Member,60,2019-03-04,,", "neither Member nor Organization"),
        ("17,Member,17,Member,60,2019-03-04,,", "to themselves"),
        ("1,Organization,2,Organization,60,2019-03-04,,", "to themselves"),
        ("17,Member,18,Member,0,2019-03-04,,", "not a number of seconds above 0"),
        ("17,Member,18,Member,-60,2019-03-04,,", "not a number of seconds above 0"),
        ("17,Member,18,Member,1.5,2019-03-04,,", "not a number of seconds above 0"),
        ("17,Member,18,Member,30,2019-03-04,,", "less than a minute"),
        ("17,Member,18,Member,99999999999,2019-03-04,,", "more than we can believe"),
        ("17,Member,18,Member,60,4 March,,", "is not a date"),
        ("17,Member,18,Member,60,2999-03-04,,", "in the future"),
        ("17,Member,18,Member,99999,2019-03-04,,", "Ama Mensah 14 h 18 under their floor"),
    ],
)
def test_each_bad_transfer_is_named(row, says):
    imported(MEMBERS)
    before = Transfer.objects.count()
    found = problems(f"{HEADINGS}17,Member,18,Member,60,2019-03-01,Fine,\n{row}\n", "transfers")
    assert list(found) == [3], found
    assert says in found[3]
    assert Transfer.objects.count() == before


@db
def test_a_payer_is_followed_through_time_not_through_the_file():
    imported(MEMBERS)
    spend, earn = "17,Member,18,Member,46800,2019-03-04,Much,\n", "18,Member,17,Member,3600,2019-03-0{},Back,\n"
    assert upload(HEADINGS + spend + earn.format(1), "transfers").problem_count == 0, "13 h 30 less 13 h, after 1 h"
    late = upload(HEADINGS + spend.replace("46800", "50400") + earn.format(9), "transfers")
    assert [line for line, _why in late.problems] == [2]


@db
def test_somebody_who_spends_before_the_worker_comes_stops_the_file_and_nothing_of_it_is_kept():
    imported(MEMBERS)
    found = upload(HEADINGS + "17,Member,18,Member,46800,2019-03-04,Much,\n", "transfers")
    actions.confirm(by=found.uploaded_by, upload=found)
    ama = ledger.account_for(member=named("17"))
    other = ledger.account_for(member=a_member())
    ledger.post(kind="donation", legs=[(ama.pk, -60), (other.pk, 60)], by=None, key="meanwhile")
    actions.go_on(upload_id=found.pk)
    found.refresh_from_db()
    assert found.state == "read" and "30 min under their floor" in found.problems[0][1]
    assert credits_of(named("18")) == (-60, 0)


@db
def test_a_worker_that_dies_leaves_whole_parts_and_the_next_one_goes_on_behind_them(monkeypatch, as_):
    monkeypatch.setattr(actions, "PART", 2)
    found = upload("id,name,balance\n" + "".join(f"{n},Person {n},1\n" for n in range(5)))
    actions.confirm(by=found.uploaded_by, upload=found)
    found.refresh_from_db()
    plan = queries.plan(found)
    assert actions._read_again(found, plan) and actions._part(found, plan)  # and here it dies
    assert Transfer.objects.count() == 2
    assert "40 per cent" in text_of(as_(found.uploaded_by).get(at("desk_import", found.pk)))
    slow = Import.objects.get(pk=found.pk)
    assert actions.go_on(upload_id=found.pk)
    found.refresh_from_db()
    assert (found.state, found.done, found.totals["new"]) == ("done", 5, 5)
    assert [credits_of(named(str(n))) for n in range(5)] == [(60, 0)] * 5
    assert not actions._part(slow, plan), "one that was only slow finds that another has gone on"
    assert Transfer.objects.count() == 5 and verification.findings() == []


@db
def test_what_was_imported_before_something_came_up_stays_and_is_left_alone_next_time(monkeypatch, as_):
    monkeypatch.setattr(actions, "PART", 2)
    found = upload("id,name,email,balance\n" + "".join(f"{n},Person {n},p{n}@example.org,1\n" for n in range(5)))
    actions.confirm(by=found.uploaded_by, upload=found)
    found.refresh_from_db()
    plan = queries.plan(found)
    assert actions._read_again(found, plan) and actions._part(found, plan)
    User.objects.filter(pk=a_member("Ada").pk).update(email="p3@example.org", suspended_at=timezone.now())
    actions.go_on(upload_id=found.pk)
    found.refresh_from_db()
    assert (found.state, found.done) == ("read", 2)
    page = text_of(as_(found.uploaded_by).get(at("desk_import", found.pk)))
    assert "2 rows were imported before this came up" in page and "Ada is paused here" in page
    User.objects.filter(email="p3@example.org").update(suspended_at=None)
    again = imported("id,name,email,balance\n" + "".join(f"{n},Person {n},p{n}@example.org,1\n" for n in range(5)))
    assert (again.totals["before"], again.totals["here"], again.done) == (2, 3, 5)
    assert Transfer.objects.count() == 5


# ── who may, and what is kept ──


@db
def test_only_brokers_and_administrators_import():
    for who, may in [(a_broker(), True), (an_administrator(), True), (a_member(), False)]:
        if may:
            found = upload(MEMBERS, by=who)
            actions.cancel(by=who, upload=found)
        else:
            found = upload(MEMBERS)
            for attempt in (
                lambda w=who: upload(MEMBERS, by=w),
                lambda w=who, f=found: actions.confirm(by=w, upload=f),
                lambda w=who, f=found: actions.cancel(by=w, upload=f),
            ):
                with pytest.raises(NotAllowed):
                    attempt()
            found.refresh_from_db()
            assert found.state == "read"


@db
def test_a_file_is_emptied_when_it_is_put_aside_and_when_nobody_confirms_it_for_a_week():
    found, old = upload(MEMBERS), upload(MEMBERS)
    actions.cancel(by=found.uploaded_by, upload=found)
    with pytest.raises(DomainError, match="put aside"):
        actions.confirm(by=found.uploaded_by, upload=found)
    Import.objects.filter(pk=old.pk).update(uploaded_at=timezone.now() - dt.timedelta(days=8))
    assert actions.purge() == 1
    for each in (found, old):
        each.refresh_from_db()
        assert (each.state, bytes(each.content)) == ("cancelled", b"")
    assert actions.purge() == 0


@db
def test_who_somebody_was_elsewhere_goes_when_they_leave_and_is_in_their_data():
    imported(MEMBERS)
    ama = named("17")
    assert queries.export_for(ama) == [{"from": "leeds time bank", "your_id_there": "17"}]
    assert my_data(ama)["email"] == "ama@example.org"
    actions.forget(ama, ama)
    assert queries.export_for(ama) == []
    assert leaving is not None and "Nobody here has the id" in problems(TRANSFERS, "transfers")[2]


@db
def test_the_database_refuses_an_import_that_makes_no_sense():
    broker = a_broker()
    now = timezone.now()
    wrong = [
        ({"kind": "poems"}, "import_kind_is_known"),
        ({"source": ""}, "import_names_its_source"),
        ({"state": "done", "confirmed_by": broker, "confirmed_at": now}, "import_is_emptied_when_over"),
        ({"state": "cancelled", "finished_at": now, "content": b"x"}, "import_is_emptied_when_over"),
        ({"state": "queued"}, "import_is_confirmed_by_somebody"),
        (
            {"state": "queued", "confirmed_by": broker, "confirmed_at": now, "problem_count": 1},
            "import_moves_only_without_problems",
        ),
    ]
    for fields, name in wrong:
        whole = {"kind": "members", "source": "X", "name": "f", "uploaded_by": broker} | fields
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Import.objects.create(**whole)
    ImportedId.objects.create(source="x", external_id="1", user=broker)
    with pytest.raises(IntegrityError, match="imported_id_once"), transaction.atomic():
        ImportedId.objects.create(source="x", external_id="1", user=a_member())
    with pytest.raises(IntegrityError, match="imported_id_is_given"), transaction.atomic():
        ImportedId.objects.create(source="x", external_id="", user=broker)


# ── the pages ──


def send(client, text, kind="members", source=SOURCE, name="file.csv"):
    file = SimpleUploadedFile(name, text.encode(), "text/csv")
    return client.post(at("desk_upload"), {"kind": kind, "source": source, "file": file}, follow=True)


@db
def test_a_broker_uploads_reads_the_preview_and_confirms(as_):
    client = as_(a_broker())
    page = send(client, MEMBERS)
    said = text_of(page)
    assert "New people, who will be invited: 3." in said and "granted as new credits: 3 h 30." in said
    assert "Import all of it" in said
    found = Import.objects.get()
    for _click in range(2):
        assert client.post(at("desk_import_confirm", found.pk)).status_code == 302
    assert "It is being imported" in text_of(client.get(at("desk_import", found.pk)))
    assert actions.go_on(upload_id=found.pk)
    assert "What it did" in text_of(client.get(at("desk_import", found.pk)))
    assert client.get(at("desk_import_progress", found.pk))["HX-Refresh"] == "true"
    assert client.post(at("desk_import_cancel", found.pk)).status_code == 409
    assert "Members and opening balances: file.csv" in text_of(client.get(at("desk_imports")))


@db
def test_the_preview_names_bad_rows_and_offers_no_button(as_):
    page = text_of(send(as_(a_broker()), MEMBERS + "20,,d@example.org,1\n"))
    assert "1 problem: nothing can be imported yet" in page and "5 There is no name." in page
    assert "Import all of it" not in page


@db
@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"kind": "poems"}, "Choose one of the answers"),
        ({"kind": ""}, "Choose what the file holds"),
        ({"source": ""}, "Name where the file comes from"),
        ({"source": "x" * 61}, "60 characters"),
        ({"name": "members.xlsx"}, "CSV"),
        ({"text": ""}, "The file is empty"),
    ],
)
def test_an_upload_that_cannot_be_is_sent_back(as_, sent, says):
    answer = send(as_(a_broker()), **({"text": MEMBERS} | sent))
    assert answer.status_code == 422 and says in text_of(answer)
    assert not Import.objects.exists()


# ── with a real worker ──


def test_six_thousand_transfers_are_imported_by_a_worker_and_the_books_are_whole(real_db, worker):
    broker = a_broker()
    imported("id,name,balance\n" + "".join(f"{n},Person {n},100\n" for n in range(50)), by=broker)
    dice = random.Random(7)
    rows = []
    for n in range(6_000):
        one, other = dice.sample(range(50), 2)
        day = dt.date(2015, 1, 1) + dt.timedelta(days=n // 3)
        rows.append(f"{one},Member,{other},Member,{dice.choice([60, 90, 120])},{day},Row {n},\n")
    found = upload(HEADINGS + "".join(rows), "transfers", by=broker)
    assert found.state == "reading", "it is too large to be read at once"

    def state():
        found.refresh_from_db()
        assert found.problem_count == 0, found.problems[:3]
        return found.state

    wait_until(lambda: state() == "read", seconds=180, what="the worker to read the file")
    assert found.totals["new"] == 6_000
    actions.confirm(by=broker, upload=found)
    wait_until(lambda: state() == "done", seconds=400, what="the worker to import the file")
    assert Transfer.objects.filter(kind="adjustment").count() == 6_000
    assert verification.findings() == []
