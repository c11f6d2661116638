"""What a wave's fund pays for reviews and sessions: once each, on completion, owed where the fund is short."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accelerator.actions import review
from accelerator.models import Assignment, Wave
from notifications.models import InboxItem
from people.actions.privacy import close_account
from people.models import User
from tests.accelerator.factories import a_review, a_reviewer, a_wave, an_application
from tests.browser import check_html
from tests.signing_in import sign_in
from tests.timebank.browsing import at, become, look_at
from tests.timebank.exchanges.test_races import at_once
from tests.timebank.factories import a_broker, a_member, a_pot, credits_of, give_credits, key
from timebank.actions import corrections as correcting
from timebank.actions import ledger, shares, tariffs
from timebank.models import Account, Tariff, TariffPayment, Transfer
from timebank.queries import corrections, verification
from timebank.queries import tariffs as queries
from ui.errors import DomainError, Invalid, NotAllowed


def a_fund(steward: User, minutes: int = 600):
    return a_pot(steward, minutes, name="Wave 1: fund", kind="wave_fund")


def switch_on(fund, by: User, *works: str, review_minutes: int = 20):
    return tariffs.set_tariffs(by=by, pot=fund, works=works or ["review"], review_minutes=review_minutes)


@pytest.fixture
def mo(db):
    return a_member("Mo Manager")


@pytest.fixture
def rita(db):
    return a_member("Rita Reviewer")


def test_a_completed_piece_of_work_is_paid_once_by_the_fund(mo, rita):
    fund = a_fund(mo)
    switch_on(fund, mo)
    first = tariffs.pay(by=rita, pot=fund, work="review", to=rita, key="review:1")
    again = tariffs.pay(by=rita, pot=fund, work="review", to=rita, key="review:1")
    assert first == again
    assert (credits_of(rita), credits_of(fund)) == ((20, 0), (580, 0))
    paid = Transfer.objects.get(kind="tariff")
    assert (paid.actor, paid.memo) == (None, "A completed review")
    assert "20 min" in InboxItem.objects.get(user=rita).subject
    assert not verification.findings()


def test_a_share_of_what_a_review_earned_flows_on(mo, rita):
    fund, pot = a_fund(mo), a_pot(a_member(), 0)
    switch_on(fund, mo)
    shares.set_share(by=rita, per_cent=50, pot=pot)
    for _time in range(2):
        tariffs.pay(by=rita, pot=fund, work="review", to=rita, key="review:1")
    assert (credits_of(rita)[0], credits_of(pot)[0], credits_of(fund)[0]) == (10, 10, 580)
    paid = Transfer.objects.get(kind="tariff")
    foreseen = {effect.account.pk: effect.after for effect in corrections.effects(corrections.undoing(paid))}
    assert sorted(foreseen.values()) == [0, 0, 600]
    correcting.reverse(by=a_broker(), transfer=paid, reason="Paid by mistake", key=key())
    assert (credits_of(rita)[0], credits_of(pot)[0], credits_of(fund)[0]) == (0, 0, 600)
    assert not verification.findings()


def test_nothing_is_paid_where_the_tariff_is_off_or_the_person_is_a_steward_of_the_fund(mo, rita):
    fund = a_fund(mo)
    assert tariffs.pay(by=rita, pot=fund, work="review", to=rita, key="review:1") is None
    switch_on(fund, mo, "coaching")
    assert tariffs.pay(by=rita, pot=fund, work="review", to=rita, key="review:2") is None
    switch_on(fund, mo)
    assert tariffs.pay(by=mo, pot=fund, work="review", to=mo, key="review:3") is None
    tariffs.set_tariffs(by=mo, pot=fund, works=[])
    assert tariffs.pay(by=rita, pot=fund, work="review", to=rita, key="review:4") is None
    assert not TariffPayment.objects.exists()
    assert credits_of(fund) == (600, 0)


def test_a_session_is_paid_by_its_length_and_a_length_that_cannot_be_is_refused(mo, rita):
    fund = a_fund(mo)
    switch_on(fund, mo, "coaching", "critique")
    tariffs.pay(by=rita, pot=fund, work="coaching", to=rita, key="coaching:1", minutes=50)
    assert credits_of(rita) == (50, 0)
    for minutes in (None, 0, -5, 1441, 1.5, True):
        with pytest.raises(Invalid):
            tariffs.pay(by=rita, pot=fund, work="critique", to=rita, key="critique:1", minutes=minutes)
    assert TariffPayment.objects.count() == 1


def test_what_a_short_fund_owes_is_paid_by_itself_longest_owed_first(mo, rita):
    fund, ruth = a_fund(mo, minutes=30), a_member("Ruth")
    switch_on(fund, mo)
    tariffs.pay(by=rita, pot=fund, work="review", to=rita, key="review:1")
    owed = tariffs.pay(by=rita, pot=fund, work="review", to=rita, key="review:2")
    later = tariffs.pay(by=ruth, pot=fund, work="review", to=ruth, key="review:3")
    assert (owed.transfer, later.transfer) == (None, None)
    cost = queries.costs(fund)[0]
    assert (cost.paid, cost.paid_minutes, cost.owed, cost.owed_minutes) == (1, 20, 2, 40)
    assert tariffs.pay_owed() == 0

    give_credits(ledger.account_for(pot=fund), 15)  # 25 min: enough for one
    assert tariffs.pay_owed() == 1
    assert (credits_of(rita), credits_of(ruth)) == ((40, 0), (0, 0))
    give_credits(ledger.account_for(pot=fund), 15)
    assert (tariffs.pay_owed(), tariffs.pay_owed()) == (1, 0)
    assert (credits_of(ruth), credits_of(fund)) == ((20, 0), (0, 0))
    assert not verification.findings()


def test_what_is_owed_survives_switching_off_and_is_dropped_when_the_person_leaves(mo, rita):
    fund, ruth = a_fund(mo, minutes=0), a_member("Ruth")
    switch_on(fund, mo)
    for who in (rita, ruth):
        tariffs.pay(by=who, pot=fund, work="review", to=who, key=f"review:{who.pk}")
    tariffs.set_tariffs(by=mo, pot=fund, works=[])
    close_account(by=ruth, user=ruth)
    give_credits(ledger.account_for(pot=fund), 60)
    assert tariffs.pay_owed() == 1
    assert credits_of(rita) == (20, 0)
    assert TariffPayment.objects.get(to=ruth).dropped_at
    assert not Account.objects.filter(member=ruth, balance__gt=0).exists()


def test_only_a_steward_of_an_open_wave_fund_switches_and_with_a_sum_that_can_be(mo, rita):
    fund, project = a_fund(mo), a_pot(mo)
    with pytest.raises(NotAllowed):
        switch_on(fund, rita)
    with pytest.raises(DomainError, match="wave’s fund"):
        switch_on(project, mo)
    for minutes in (0, 241, None):
        with pytest.raises(Invalid) as refused:
            switch_on(fund, mo, review_minutes=minutes)
        assert refused.value.field == "review_minutes"
    with pytest.raises(Invalid):
        switch_on(fund, mo, "praise")
    mo.suspended_at = timezone.now()
    mo.save()
    with pytest.raises(NotAllowed):
        switch_on(fund, mo)
    assert not Tariff.objects.exists()


def test_the_database_refuses_tariffs_that_make_no_sense(mo, rita):
    fund = a_fund(mo)
    [tariff] = switch_on(fund, mo)
    wrong = [
        lambda: Tariff.objects.create(pot=fund, work="review", minutes=30),
        lambda: Tariff.objects.create(pot=fund, work="coaching", minutes=30),
        lambda: Tariff.objects.filter(pk=tariff.pk).update(minutes=None),
        lambda: TariffPayment.objects.create(tariff=tariff, to=rita, minutes=0, key="a"),
        lambda: TariffPayment.objects.create(
            tariff=tariff,
            to=rita,
            minutes=5,
            key="b",
            dropped_at=timezone.now(),
            transfer=Transfer.objects.latest("id"),
        ),
    ]
    for break_it in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            break_it()


# Reviews of a wave


def a_wave_that_pays(mo: User, minutes: int = 600) -> Wave:
    wave = a_wave()
    wave.fund = a_fund(mo, minutes)
    wave.save(update_fields=["fund"])
    switch_on(wave.fund, mo)
    return wave


@pytest.mark.parametrize("scores", [0, 5, "abstain"])
def test_a_review_earns_the_same_whatever_it_scores_and_once(mo, scores):
    wave = a_wave_that_pays(mo)
    done = a_review(an_application(wave=wave), scores)
    review.submit_review(by=done.reviewer, assignment=done)  # a second click
    assert credits_of(done.reviewer) == (20, 0)
    assert TariffPayment.objects.get().key == f"review:{done.pk}"


def test_a_review_is_handed_in_though_the_fund_is_short_or_pays_for_none(mo):
    short, reader = a_wave_that_pays(mo, minutes=0), a_reviewer()
    assert a_review(an_application(wave=short), 3, reader).state == Assignment.State.DONE
    assert TariffPayment.objects.get().transfer is None
    unpaid = a_wave()
    assert a_review(an_application(wave=unpaid), 3, reader).state == Assignment.State.DONE
    assert TariffPayment.objects.count() == 1
    assert credits_of(reader) == (0, 0)


# The page


def test_a_steward_switches_on_and_off_and_sees_the_cost(mo, rita, client):
    fund = a_fund(mo)
    address = reverse("timebank:tariffs", args=[fund.pk])
    sign_in(client, mo)
    assert "20 min" in client.get(address).content.decode()
    wrong = client.post(address, {"works": ["review"], "review_minutes": "5 h"})
    assert wrong.status_code == 422
    assert "5 h" in wrong.content.decode()
    assert not Tariff.objects.exists()
    client.post(address, {"works": ["review", "coaching"], "review_minutes": "30 min"})
    assert set(Tariff.objects.filter(active=True).values_list("work", "minutes")) == {
        ("review", 30),
        ("coaching", None),
    }
    tariffs.pay(by=rita, pot=fund, work="review", to=rita, key="review:1")
    assert '30 min <span class="oda-quiet">(1)</span>' in client.get(address).content.decode()
    tariffs.set_tariffs(by=mo, pot=fund, works=["review"], review_minutes=20)
    assert 'value="20 min"' in client.get(address).content.decode()  # what is shown can be sent back as it is
    assert client.post(address, {}).status_code == 302
    assert not Tariff.objects.filter(active=True).exists()
    sign_in(client, rita)
    assert client.get(address).status_code == 404
    assert client.post(address, {"works": ["coaching"]}).status_code == 404


# At once


def test_the_same_work_reported_five_times_at_once_is_paid_once(real_db):
    mo, rita = a_member(), a_member()
    fund = a_fund(mo)
    switch_on(fund, mo)
    got = at_once(*[lambda: tariffs.pay(by=rita, pot=fund, work="review", to=rita, key="review:1")] * 5)
    assert {payment.pk for payment in got} == {TariffPayment.objects.get().pk}
    assert credits_of(rita) == (20, 0)


def test_two_workers_pay_what_is_owed_once(real_db):
    mo, rita = a_member(), a_member()
    fund = a_fund(mo, minutes=0)
    switch_on(fund, mo)
    for number in range(3):
        tariffs.pay(by=rita, pot=fund, work="review", to=rita, key=f"review:{number}")
    give_credits(ledger.account_for(pot=fund), 600)
    assert sum(at_once(*[tariffs.pay_owed] * 3)) == 3
    assert (credits_of(rita), credits_of(fund)) == ((60, 0), (540, 0))
    assert not verification.findings()


def test_the_page_of_the_tariffs_fits_a_phone(browse, live):
    manager, reviewer = a_member("Mo Manager"), a_member("Rita Reviewer")
    fund = a_fund(manager)
    switch_on(fund, manager, "review", "coaching")
    tariffs.pay(by=reviewer, pot=fund, work="review", to=reviewer, key="review:phone")
    phone = browse(phone=True, base_url=live)
    become(phone, manager, live)
    html = look_at(phone, {"tariffs": at("tariffs", fund.pk)})
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    table = phone.get_by_role("region", name="What it has cost so far")
    assert table.evaluate("e => e.scrollWidth <= e.clientWidth"), "nothing to scroll sideways"
    check_html(html)
