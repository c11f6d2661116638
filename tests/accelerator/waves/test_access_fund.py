"""The access fund: nobody is out of pocket, nothing goes over without saying so, and nobody else sees a claim."""

import csv
import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from accelerator.actions import access_fund, leaving
from accelerator.models import AccessClaim, Wave
from accelerator.queries import access_fund as queries
from accelerator.rules import access_fund as rules
from audit.models import Event
from notifications.models import InboxItem, OutboxMessage
from tests.accelerator.factories import (
    PNG,
    a_claim,
    a_draft,
    a_full_draft,
    a_manager,
    a_person,
    a_reviewer,
    a_seat,
    a_wave,
)
from tests.accelerator.innovations.factories import an_innovation, lead_of
from tests.matrix import make_client
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import pounds

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def funded(pence=10_000, **fields):
    wave = a_wave(**fields)
    Wave.objects.filter(pk=wave.pk).update(access_fund_pence=pence)
    return Wave.objects.get(pk=wave.pk)


def a_form(**more):
    day = timezone.localdate() - DAY
    return {"kind": "travel", "what": "Bus to the kick-off day", "pence": "£12.50", "spent": "yes",
            "spent_on-day": day.day, "spent_on-month": day.month, "spent_on-year": day.year,
            "key": "0199e3a8-0000-7000-8000-000000000001"} | more  # fmt: skip


def an_applicant(wave, name="Ada Idea"):
    person = a_person(name)
    a_draft(person, wave)
    return person


@pytest.mark.parametrize(
    ("pence", "shown"),
    [(0, "£0"), (5, "£0.05"), (1250, "£12.50"), (120000, "£1,200"), (-50, "−£0.50"), (-1250, "−£12.50"), (None, "")],
)
def test_pence_are_shown_as_money(pence, shown):
    assert pounds(pence) == shown


def test_somebody_claims_is_told_and_is_paid_and_the_sums_are_right():
    wave, manager = funded(), a_manager()
    ada = an_applicant(wave)
    client, staff = make_client(ada), make_client(manager)
    assert wave.name in client.get("/costs/").content.decode()
    for _ in range(2):
        answered = client.post(f"/costs/claim/{wave.slug}/", a_form(receipt=SimpleUploadedFile("../ticket.png", PNG)))
        assert answered.status_code == 302
    made = AccessClaim.objects.get()
    assert (made.pence, made.state, made.receipt_name) == (1250, "waiting", "ticket.png")
    assert "ticket" not in made.receipt.name
    assert OutboxMessage.objects.filter(user=manager, kind="access_claim_waits").count() == 1
    desk = f"/staff/waves/{wave.slug}/access-fund/"
    page = staff.get(desk).content.decode()
    assert "£12.50" in page and "Ada Idea" in page and "£100" in page
    for _ in range(2):
        staff.post(f"{desk}{made.pk}/answer/", {"answer": "agree"})
    assert staff.post(f"{desk}{made.pk}/pay/", {"reference": "x" * 61}).status_code == 422
    for _ in range(2):
        staff.post(f"{desk}{made.pk}/pay/", {"reference": "BACS 4711"})
    made.refresh_from_db()
    assert (made.state, made.paid_reference, made.paid_by, made.over_fund) == ("paid", "BACS 4711", manager, False)
    assert queries.desk(wave).left == 10_000 - 1250
    assert InboxItem.objects.filter(user=ada, kind="access_claim").count() == 2  # agreed, paid
    assert Event.objects.filter(verb="accelerator.claim.paid").count() == 1
    assert "Paid" in client.get(f"/costs/{made.pk}/").content.decode()


def test_asking_beforehand_then_telling_what_it_came_to_and_more_than_agreed_waits_again():
    wave, manager = funded(), a_manager()
    ada = an_applicant(wave)
    made = a_claim(ada, wave, pence=3000, spent=False, kind="care")
    with pytest.raises(DomainError, match="waits for an answer first"):
        access_fund.pay(by=manager, made=made)
    access_fund.agree(by=manager, made=made)
    with pytest.raises(DomainError, match="not told us yet what it cost"):
        access_fund.pay(by=manager, made=made)
    day = timezone.localdate() - DAY
    client = make_client(ada)
    boxes = {"spent_on-day": day.day, "spent_on-month": day.month, "spent_on-year": day.year}
    assert client.post(f"/costs/{made.pk}/spent/", {"pence": "0", **boxes}).status_code == 422
    client.post(f"/costs/{made.pk}/spent/", {"pence": "35", **boxes})
    made.refresh_from_db()
    assert (made.state, made.pence, made.answered_by) == ("waiting", 3500, None)
    access_fund.agree(by=manager, made=made)
    assert access_fund.spent(by=ada, made=made, pence=3500, spent_on=day).state == "agreed"  # a second click
    with pytest.raises(DomainError, match="told us what it cost"):
        access_fund.spent(by=ada, made=made, pence=9900, spent_on=day)
    assert access_fund.pay(by=manager, made=made).state == "paid"
    less = a_claim(ada, wave, pence=2000, spent=False)
    access_fund.agree(by=manager, made=less)
    assert access_fund.spent(by=ada, made=less, pence=1500, spent_on=day).state == "agreed"
    assert queries.totals(wave) == rules.Totals(waiting=0, agreed=1500, paid=3500, count=2)


def test_nothing_goes_over_the_fund_without_saying_so():
    wave, manager = funded(2000), a_manager()
    ada = an_applicant(wave)
    first, second = a_claim(ada, wave, pence=1500), a_claim(ada, wave, pence=600)
    access_fund.agree(by=manager, made=first)
    staff, home = make_client(manager), f"/staff/waves/{wave.slug}/access-fund/{second.pk}/"
    assert "This goes over the fund" in staff.get(home).content.decode()
    refused = staff.post(f"{home}answer/", {"answer": "agree"})
    assert refused.status_code == 422 and "over the fund by £1" in refused.content.decode()
    second.refresh_from_db()
    assert second.state == "waiting"
    staff.post(f"{home}answer/", {"answer": "agree", "over": "on"})
    second.refresh_from_db()
    assert (second.state, second.over_fund) == ("agreed", True)
    assert Event.objects.get(verb="accelerator.claim.agreed", object_id=str(second.pk)).facts["over"] is True
    page = staff.get(f"/staff/waves/{wave.slug}/access-fund/").content.decode()
    assert "−£1" in page and "Over the fund" in page


def test_exactly_what_is_left_is_not_over():
    wave = funded(1250)
    assert access_fund.agree(by=a_manager(), made=a_claim(an_applicant(wave), wave)).over_fund is False


def test_a_decline_gives_a_reason_that_the_claimant_reads():
    wave, manager = funded(), a_manager()
    ada = an_applicant(wave)
    made = a_claim(ada, wave)
    home = f"/staff/waves/{wave.slug}/access-fund/{made.pk}/answer/"
    staff = make_client(manager)
    assert staff.post(home, {"answer": "decline", "reason": " "}).status_code == 422
    staff.post(home, {"answer": "decline", "reason": "Your trust pays this one: ask the travel desk."})
    assert "ask the travel desk" in make_client(ada).get(f"/costs/{made.pk}/").content.decode()
    with pytest.raises(DomainError, match="was declined"):
        access_fund.agree(by=manager, made=made)
    assert queries.totals(wave).promised == 0


def test_nobody_else_sees_a_claim_and_no_manager_answers_their_own():
    wave, other = funded(), a_wave()
    ada = an_applicant(wave)
    made = a_claim(ada, wave, receipt=True, what="Somebody to sit with my mother")
    for stranger in (a_person(), an_applicant(wave), a_reviewer(), a_manager()):
        client = make_client(stranger)
        for path in ("", "spent/", "receipt/"):
            assert client.get(f"/costs/{made.pk}/{path}").status_code == 404
        assert client.post(f"/costs/{made.pk}/take-back/").status_code == 404
        assert "my mother" not in client.get("/costs/").content.decode()
        with pytest.raises(Missing):
            access_fund.withdraw(by=stranger, made=made)
    elsewhere = a_person(role="portfolio_manager", scope=other.pk)
    desk = f"/staff/waves/{wave.slug}/access-fund/"
    for path in ("", "claims.csv", "size/", f"{made.pk}/", f"{made.pk}/receipt/"):
        assert make_client(elsewhere).get(desk + path).status_code == 404
        assert make_client(a_reviewer()).get(desk + path).status_code == 403
    assert make_client(a_manager()).get(f"/staff/waves/{other.slug}/access-fund/{made.pk}/").status_code == 404
    for refused in (access_fund.agree, access_fund.pay):
        with pytest.raises(NotAllowed):
            refused(by=elsewhere, made=made)
    manager = a_manager()
    a_draft(manager, wave)
    own = a_claim(manager, wave)
    with pytest.raises(NotAllowed, match="your own claim"):
        access_fund.agree(by=manager, made=own)
    for reader, url in ((ada, f"/costs/{made.pk}/receipt/"), (a_manager(), f"{desk}{made.pk}/receipt/")):
        answered = make_client(reader).get(url)
        assert answered.status_code == 200 and answered["Content-Disposition"].startswith("attachment")
        assert answered["X-Content-Type-Options"] == "nosniff" and b"".join(answered.streaming_content) == PNG


def test_those_who_take_part_may_claim_and_nobody_else():
    wave = funded()
    applicant, reader = an_applicant(wave), a_reviewer()
    a_seat(reader, wave)
    innovation = an_innovation()
    for person, their in ((applicant, wave), (reader, wave), (lead_of(innovation), innovation.wave)):
        assert their in queries.claimable(person)
        assert a_claim(person, their).state == "waiting"
    stranger = a_person()
    assert make_client(stranger).get(f"/costs/claim/{wave.slug}/").status_code == 404
    with pytest.raises(NotAllowed, match="take no part"):
        a_claim(stranger, wave)
    applicant.suspended_at = timezone.now()
    applicant.save()
    with pytest.raises(NotAllowed):
        a_claim(applicant, wave)


def test_claims_come_in_from_the_opening_of_the_call_until_ninety_days_after_the_end():
    wave = a_wave()
    opens = timezone.localdate(wave.call_opens)
    for day, taken in (
        (opens - DAY, False),
        (opens, True),
        (wave.ends + 90 * DAY, True),
        (wave.ends + 91 * DAY, False),
    ):
        assert rules.takes_claims(wave, day) is taken
    ahead = a_wave(call="ahead")
    early = a_full_draft(wave=ahead).lead
    with pytest.raises(DomainError, match="takes no claims now"):
        a_claim(early, ahead)


@pytest.mark.parametrize(
    "bad",
    [
        {"pence": "0"}, {"pence": "-3"}, {"pence": "5000.01"}, {"pence": "a tenner"}, {"pence": "1.005"}, {"pence": "1e9"},
        {"pence": "NaN"}, {"kind": "wine"}, {"what": ""}, {"what": "x" * 201}, {"spent": ""}, {"spent_on-year": "2031"},
        {"spent_on-year": "2001"}, {"spent_on-day": "32"}, {"key": "mine"},
        {"receipt": SimpleUploadedFile("run.png", b"#!/bin/sh\nrm")}, {"receipt": SimpleUploadedFile("run.exe", PNG)},
    ],
)  # fmt: skip
def test_a_muddled_claim_is_sent_back_and_claims_nothing(bad):
    wave = funded()
    answered = make_client(an_applicant(wave)).post(f"/costs/claim/{wave.slug}/", a_form(**bad))
    assert answered.status_code == 422 and "There is a problem" in answered.content.decode()
    assert not AccessClaim.objects.exists()


def test_a_claim_is_taken_back_before_it_is_paid_and_not_after():
    wave, manager = funded(), a_manager()
    ada = an_applicant(wave)
    made, paid = a_claim(ada, wave), a_claim(ada, wave)
    for _ in range(2):
        assert make_client(ada).post(f"/costs/{made.pk}/take-back/").status_code == 302
    made.refresh_from_db()
    assert made.state == "withdrawn"
    access_fund.agree(by=manager, made=paid)
    access_fund.pay(by=manager, made=paid)
    with pytest.raises(DomainError, match="has been paid"):
        access_fund.withdraw(by=ada, made=paid)


def test_finance_gets_a_csv_in_which_nothing_is_a_formula_and_no_bank_details_are():
    wave, manager = funded(), a_manager()
    ada = an_applicant(wave)
    a_claim(ada, wave, pence=120005, what="=HYPERLINK(1)")
    answered = make_client(manager).get(f"/staff/waves/{wave.slug}/access-fund/claims.csv")
    text = b"".join(answered.streaming_content).decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["pounds"], row["what for"], row["email"], row["state"]) == (
        "1200.05",
        "'=HYPERLINK(1)",
        ada.email,
        "waiting",
    )
    assert Event.objects.filter(verb="accelerator.access_fund.exported").exists()


def test_the_fund_is_sized_by_those_who_run_the_wave():
    wave, client = a_wave(), make_client(a_manager())
    home = f"/staff/waves/{wave.slug}/access-fund/size/"
    for bad in ("-1", "", "lots", "1000000.01"):
        assert client.post(home, {"pence": bad}).status_code == 422
    client.post(home, {"pence": "2,500.50", "how": "Finance rings you."})
    wave.refresh_from_db()
    assert (wave.access_fund_pence, wave.access_paid_how) == (250_050, "Finance rings you.")
    with pytest.raises(NotAllowed):
        access_fund.set_fund(by=a_reviewer(), wave=wave, pence=1, how="")


def test_closing_an_account_takes_back_what_is_unpaid_and_says_so_before():
    wave, manager = funded(), a_manager()
    ada = an_applicant(wave)
    waiting, paid = a_claim(ada, wave), a_claim(ada, wave)
    access_fund.agree(by=manager, made=paid)
    access_fund.pay(by=manager, made=paid)
    assert leaving.told(ada)["claims"] == 1
    assert [one["state"] for one in queries.export_for(ada)] == ["paid", "waiting"]
    leaving.leave(user=ada)
    waiting.refresh_from_db()
    assert waiting.state == "withdrawn" and AccessClaim.objects.get(pk=paid.pk).state == "paid"


def test_seven_years_on_the_words_and_the_receipt_go_and_the_sum_stays(django_capture_on_commit_callbacks):
    wave = funded()
    made, young = a_claim(an_applicant(wave), wave, receipt=True), a_claim(an_applicant(wave), wave)
    access_fund.decline(by=a_manager(), made=made, reason="No.")
    storage, name = made.receipt.storage, made.receipt.name
    assert access_fund.purge() == 0
    long_ago = timezone.now() - dt.timedelta(days=8 * 366)
    AccessClaim.objects.filter(pk=made.pk).update(asked_at=long_ago, answered_at=long_ago)
    gone = timezone.localdate(long_ago) - 30 * DAY
    Wave.objects.filter(pk=wave.pk).update(
        call_opens=long_ago - 400 * DAY, call_closes=long_ago - 300 * DAY, support_starts=gone - 200 * DAY,
        community_starts=gone - 100 * DAY, evaluation_starts=gone - 50 * DAY, ends=gone,
    )  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        assert access_fund.purge() == 1
    made.refresh_from_db()
    assert (made.what, made.pence, bool(made.receipt)) == ("", 1250, False) and not storage.exists(name)
    assert AccessClaim.objects.get(pk=young.pk).what and access_fund.purge() == 0


def test_managers_see_at_home_who_waits_for_an_answer():
    wave, manager = funded(), a_manager()
    assert queries.waiting_card(manager) is None
    a_claim(an_applicant(wave), wave)
    assert "1 waits for your answer" in make_client(manager).get("/home/").content.decode()
    assert queries.waiting_card(a_person(role="portfolio_manager", scope=a_wave().pk)) is None


@pytest.mark.parametrize("count", [3, 30])
def test_the_desk_costs_the_same_however_many_claims_there_are(count, django_assert_num_queries):
    wave = funded()
    ada = an_applicant(wave)
    for _ in range(count):
        a_claim(ada, wave)
    with django_assert_num_queries(2):
        assert len([str(claim.claimant) for claim in queries.desk(wave).claims]) == count


@pytest.mark.parametrize(
    "broken",
    [
        {"pence": 0}, {"state": "paid"}, {"state": "agreed"}, {"state": "declined"}, {"paid_reference": "x"},
        {"answered_at": timezone.now()},
    ],
)  # fmt: skip
def test_the_database_refuses_claims_that_cannot_be(broken):
    made = a_claim(an_applicant(wave := funded()), wave)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessClaim.objects.filter(pk=made.pk).update(**broken)


def test_the_same_form_sent_twice_is_one_claim_in_the_database_too():
    wave = funded()
    ada = an_applicant(wave)
    first = a_claim(ada, wave, key="one")
    assert a_claim(ada, wave, key="one", pence=99) == first
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessClaim.objects.create(wave=wave, claimant=ada, kind="data", what="Data", pence=5, key="one")


def test_bad_words_are_refused_by_the_actions_too():
    wave, manager = funded(), a_manager()
    ada = an_applicant(wave)
    for bad in ({"pence": 0}, {"pence": 500_001}, {"kind": "wine"}, {"what": " "}):
        with pytest.raises(Invalid):
            a_claim(ada, wave, **bad)
    made = a_claim(ada, wave)
    with pytest.raises(Invalid):
        access_fund.decline(by=manager, made=made, reason="")
