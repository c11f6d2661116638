"""Engagements: agreeing, logging, confirming, and the settlement of each month."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.models import InboxItem
from people.actions.privacy import close_account
from people.models import Block
from tests.timebank.factories import (
    a_broker,
    a_listing,
    a_member,
    a_pot,
    a_session,
    a_settled_exchange,
    an_engagement,
    credits_of,
    give_credits,
    key,
)
from timebank.actions import clock, disputes, engagements, hours, ledger, pots, shares
from timebank.models import (
    Dispute,
    Engagement,
    EngagementMonth,
    Exchange,
    Hold,
    Transfer,
    WorkSession,
)
from timebank.queries import engagements as queries
from timebank.queries import exchanges as exchange_queries
from timebank.queries import verification
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def ada(db):
    return a_member("Ada Lovelace")


@pytest.fixture
def ben(db):
    return a_member("Ben Nevis")


def the_hold(engagement: Engagement) -> int:
    month = engagement.months.get(closed_at=None)
    return month.hold.minutes if month.hold else 0


# Agreeing


def test_saying_yes_holds_what_is_agreed_for_the_month(ada, ben):
    proposal = engagements.propose(
        by=ben, provider=ada, receiver=ben, title="Our booking app", monthly_minutes=360, key=key()
    )
    assert credits_of(ben) == (0, 0)
    assert "proposes to work together" in InboxItem.objects.get(user=ada).subject
    for _click in range(2):
        running = engagements.accept(by=ada, engagement=proposal)
    assert running.state == "running"
    assert credits_of(ben) == (0, 360)
    assert running.months.get().month == timezone.localdate().replace(day=1)
    assert InboxItem.objects.filter(user=ben, subject__startswith="Ada Lovelace said yes").count() == 1


def test_too_few_credits_for_a_month_are_said_with_what_is_missing(ada, ben):
    proposal = engagements.propose(
        by=ada, provider=ada, receiver=ben, title="Our booking app", monthly_minutes=720, key=key()
    )
    with pytest.raises(Invalid, match="2 h short"), transaction.atomic():
        engagements.accept(by=ben, engagement=proposal)
    proposal.refresh_from_db()
    assert proposal.state == "proposed"
    assert credits_of(ben) == (0, 0)


def test_both_sides_follow_from_a_listing_and_the_purpose_is_carried(ada, ben, time):
    pot = a_pot(ben)
    request = a_listing(ben, kind="request", pot=pot)
    engagement = engagements.propose(by=ada, listing=request, title="An app", monthly_minutes=60, key=key())
    assert (engagement.provider, engagement.receiver, engagement.pot) == (ada, ben, pot)
    engagements.accept(by=ben, engagement=engagement)
    a_session(engagement, 45)
    engagements.confirm(by=ben, engagement=engagement)
    exchange = time.month_over(engagement)
    assert (exchange.purpose, exchange.listing, exchange.pot) == (pot.purpose, request, pot)
    assert exchange_queries.minutes_by_purpose([pot.purpose.pk]) == {pot.purpose.pk: 45}
    assert credits_of(pot) == (555, 60)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"description": "x" * 4001}, "description"),
        ({"monthly_minutes": 0}, "monthly_minutes"),
        ({"monthly_minutes": -15}, "monthly_minutes"),
        ({"monthly_minutes": 50}, "monthly_minutes"),
        ({"monthly_minutes": 1455}, "monthly_minutes"),
    ],
)
def test_what_cannot_be_agreed_is_refused_at_its_field(ada, ben, wrong, field):
    with pytest.raises(Invalid) as refused:
        an_engagement(ada, ben, **wrong)
    assert refused.value.field == field
    assert not Engagement.objects.exists()


def test_who_may_not_act_is_blocked_or_is_a_steward_of_the_paying_pot_agrees_nothing(ada, ben):
    cat = a_member()
    pot = a_pot(ben)
    with pytest.raises(NotAllowed):
        engagements.propose(by=cat, provider=ada, receiver=ben, title="An app", monthly_minutes=60, key=key())
    with pytest.raises(Invalid):
        an_engagement(ada, ada)
    proposal = engagements.propose(
        by=ben, provider=ada, receiver=ben, pot=pot, title="An app", monthly_minutes=60, key=key()
    )
    pots.add_steward(by=ben, pot=pot, user=ada)
    with pytest.raises(NotAllowed, match="own pot"):
        engagements.accept(by=ada, engagement=proposal)
    Block.objects.create(blocker=ben, blocked=cat)
    with pytest.raises(NotAllowed):
        an_engagement(cat, ben)
    ada.suspended_at = timezone.now()
    ada.save()
    with pytest.raises(NotAllowed):
        an_engagement(ada, ben)
    assert not Engagement.objects.filter(state="running").exists()
    assert not Hold.objects.exists()


def test_an_answer_is_given_once_by_the_right_side_and_a_proposal_expires(ada, ben):
    def proposed():
        return engagements.propose(by=ben, provider=ada, receiver=ben, title="App", monthly_minutes=60, key=key())

    one, two, three = proposed(), proposed(), proposed()
    for answer in (engagements.accept, engagements.decline):
        with pytest.raises(DomainError, match="other side"):
            answer(by=ben, engagement=one)
        with pytest.raises(Missing):
            answer(by=a_member(), engagement=one)
    for _click in range(2):
        assert engagements.decline(by=ada, engagement=one, reason="On leave").state == "declined"
        assert engagements.withdraw(by=ben, engagement=two).state == "withdrawn"
    for answered in (one, two):
        with pytest.raises(DomainError, match="moved on"):
            engagements.accept(by=ada, engagement=answered)
    with pytest.raises(NotAllowed):
        engagements.withdraw(by=ada, engagement=three)
    Engagement.objects.filter(pk=three.pk).update(proposed_at=timezone.now() - 15 * DAY)
    with pytest.raises(DomainError, match="expired"):
        engagements.accept(by=ada, engagement=three)
    assert (engagements.sweep(), engagements.sweep()) == (1, 0)
    three.refresh_from_db()
    assert three.state == "withdrawn"


def test_the_same_form_twice_proposes_once_and_a_key_serves_one_thing(ada, ben):
    form = key()
    fields = {"by": ben, "provider": ada, "receiver": ben, "title": "App", "key": form}
    assert engagements.propose(monthly_minutes=60, **fields) == engagements.propose(monthly_minutes=60, **fields)
    with pytest.raises(DomainError, match="already used"):
        engagements.propose(monthly_minutes=75, **fields)


# Logging and answering


def test_a_session_is_logged_once_told_confirmed_and_then_stays(ada, ben):
    engagement, form = an_engagement(ada, ben), key()
    for _click in range(2):
        session = a_session(engagement, 108, key=form, time_kind="work")
    assert WorkSession.objects.count() == 1
    assert "logged 1 h 48" in InboxItem.objects.filter(user=ben).latest("id").subject
    assert (engagements.confirm(by=ben, engagement=engagement), engagements.confirm(by=ben, engagement=engagement)) == (
        1,
        0,
    )
    with pytest.raises(DomainError, match="confirmed"):
        engagements.withdraw_session(by=ada, session=session)
    with pytest.raises(DomainError, match="confirmed"):
        engagements.change_session(by=ada, session=session, day=session.day, minutes=200, note="More")
    with pytest.raises(DomainError, match="answered"):
        engagements.query(by=ben, session=session, words="What was it?")
    with pytest.raises(DomainError, match="something else"):
        a_session(engagement, 30, key=form)
    assert credits_of(ben) == (0, 360)  # nothing moves before the month is over


def test_a_queried_session_is_put_right_and_confirmed_or_taken_back(ada, ben, time):
    engagement = an_engagement(ada, ben)
    session, other = a_session(engagement, 120), a_session(engagement, 30)
    for _click in range(2):
        engagements.query(by=ben, session=session, words="Was it not one hour?")
    assert InboxItem.objects.filter(user=ada, subject__contains="asks about a session").count() == 1
    changed = engagements.change_session(by=ada, session=session, day=session.day, minutes=60, note="One hour")
    assert (changed.state, changed.query, changed.minutes) == ("logged", "", 60)
    engagements.query(by=ben, session=other, words="And this?")
    for _click in range(2):
        engagements.withdraw_session(by=ada, session=other)
    assert engagements.confirm(by=ben, engagement=engagement, session=changed) == 1
    assert time.month_over(engagement).settled_minutes == 60


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"minutes": 0}, "minutes"),
        ({"minutes": -60}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"day": dt.date(2020, 1, 1)}, "day"),
        ({"day": dt.date(2090, 1, 1)}, "day"),
        ({"note": " "}, "note"),
        ({"note": "x" * 301}, "note"),
        ({"time_kind": "stolen"}, "time_kind"),
    ],
)
def test_a_session_that_cannot_be_is_refused_at_its_field(ada, ben, wrong, field):
    engagement = an_engagement(ada, ben)
    with pytest.raises(Invalid) as refused:
        a_session(engagement, **wrong)
    assert refused.value.field == field
    session = a_session(engagement)
    with pytest.raises(Invalid) as refused:
        engagements.change_session(
            by=ada, session=session, **{"day": session.day, "minutes": 60, "note": "Work", **wrong}
        )
    assert refused.value.field == field


def test_a_month_takes_no_more_than_24_hours_and_only_while_it_runs(ada, ben):
    engagement = an_engagement(ada, ben)
    session = a_session(engagement, 1430)
    with pytest.raises(Invalid, match="24 hours"):
        a_session(engagement, 11)
    engagements.change_session(by=ada, session=session, day=session.day, minutes=1440, note="All of it")
    engagements.end(by=ben, engagement=engagement)
    with pytest.raises(DomainError, match="not running"):
        a_session(engagement, 10)


def test_each_side_does_its_own_and_strangers_find_nothing(ada, ben):
    engagement, stranger = an_engagement(ada, ben), a_member()
    session = a_session(engagement)
    with pytest.raises(NotAllowed):
        engagements.log_session(by=ben, engagement=engagement, day=session.day, minutes=5, note="Me too", key=key())
    with pytest.raises(NotAllowed):
        engagements.confirm(by=ada, engagement=engagement)
    with pytest.raises(NotAllowed):
        engagements.query(by=ada, session=session, words="Why?")
    with pytest.raises(NotAllowed):
        engagements.withdraw_session(by=ben, session=session)
    for act in (
        lambda: engagements.confirm(by=stranger, engagement=engagement),
        lambda: engagements.query(by=stranger, session=session, words="Why?"),
        lambda: engagements.withdraw_session(by=stranger, session=session),
        lambda: engagements.end(by=stranger, engagement=engagement),
        lambda: queries.page(engagement.pk, stranger),
        lambda: queries.session_for(session.pk, stranger),
    ):
        with pytest.raises(Missing):
            act()


@pytest.mark.parametrize("how", ["suspended", "blocked"])
def test_across_a_block_or_a_suspension_nothing_is_logged_or_confirmed_and_no_month_opens(ada, ben, how, time):
    engagement = an_engagement(ada, ben)
    a_session(engagement)
    if how == "blocked":
        Block.objects.create(blocker=ben, blocked=ada)
    else:
        ben.suspended_at = timezone.now()
        ben.save()
    for act in (lambda: a_session(engagement), lambda: engagements.confirm(by=ben, engagement=engagement)):
        with pytest.raises(NotAllowed):
            act()
    exchange = time.month_over(engagement)
    assert exchange.state == "delivered"
    assert not engagement.months.filter(closed_at=None).exists()
    for _time in range(2):
        a_settled_exchange(a_member(), a_member())
    time.pass_days(15)
    clock.sweep()
    exchange.refresh_from_db()
    assert exchange.state == "disputed"
    assert credits_of(ada) == (0, 0)


# The month is over


def test_a_confirmed_month_settles_by_itself_and_the_next_begins_with_a_hold(ada, ben, time):
    engagement = an_engagement(ada, ben)
    a_session(engagement, 100, time_kind="work")
    a_session(engagement, 50)
    engagements.confirm(by=ben, engagement=engagement)
    exchange = time.month_over(engagement)
    assert (exchange.state, exchange.settled_minutes, exchange.minutes) == ("settled", 150, 360)
    assert (exchange.provider_time, exchange.provider, exchange.receiver) == ("work", ada, ben)
    month = engagement.months.get(exchange=exchange)
    assert exchange.key == f"engagement:{engagement.pk}:{month.month:%Y-%m}"
    assert exchange.title == f"Our booking app, {month.month:%B %Y}"
    assert (credits_of(ada), credits_of(ben)) == ((150, 0), (-150, 360))
    for _again in range(2):
        engagements.sweep()
    assert Exchange.objects.count() == 1
    assert Transfer.objects.filter(kind="exchange").count() == 1
    assert not verification.findings()


def test_a_month_without_sessions_gives_everything_back(ada, ben, time):
    engagement = an_engagement(ada, ben)
    engagements.withdraw_session(by=ada, session=a_session(engagement))
    assert time.month_over(engagement) is None
    assert credits_of(ben) == (0, 360)  # the next month's
    assert Hold.objects.filter(state="released").count() == 1
    assert not Exchange.objects.exists()


def test_what_is_confirmed_after_the_month_settles_when_the_last_session_is_answered(ada, ben, time):
    engagement = an_engagement(ada, ben)
    first, second = a_session(engagement, 60), a_session(engagement, 90)
    exchange = time.month_over(engagement)
    assert exchange.state == "delivered"
    assert "Confirm the hours" in InboxItem.objects.filter(user=ben).latest("id").subject
    assert Hold.objects.get(exchange=exchange).minutes == 150  # of 360: the rest is free for the next month
    with pytest.raises(DomainError, match="month is over"):
        engagements.withdraw_session(by=ada, session=first)
    engagements.confirm(by=ben, engagement=engagement, session=first)
    exchange.refresh_from_db()
    assert exchange.state == "delivered"
    engagements.confirm(by=ben, engagement=engagement, session=second)
    exchange.refresh_from_db()
    assert (exchange.state, exchange.settled_minutes) == ("settled", 150)
    with pytest.raises(DomainError, match="settled"):
        engagements.confirm(by=ben, engagement=engagement, session=first)


def test_a_queried_session_pays_the_confirmed_ones_and_a_broker_looks_at_the_rest(ada, ben, time):
    engagement = an_engagement(ada, ben)
    right, wrong = a_session(engagement, 60), a_session(engagement, 120)
    engagements.confirm(by=ben, engagement=engagement, session=right)
    engagements.query(by=ben, session=wrong, words="I know nothing of this")
    exchange = time.month_over(engagement)
    assert (exchange.state, exchange.settled_minutes) == ("disputed", 60)
    assert credits_of(ada) == (60, 0)
    time.pass_days(6)  # both had their five days to say what happened
    disputes.decide(by=a_broker(), exchange=exchange, decision="split", minutes=90, note="Half of it")
    assert credits_of(ada) == (90, 0)
    assert not verification.findings()


def test_where_all_is_queried_a_broker_reads_the_questions(ada, ben, time):
    engagement = an_engagement(ada, ben)
    engagements.query(by=ben, session=a_session(engagement), words="I know nothing of this")
    exchange = time.month_over(engagement)
    assert (exchange.state, exchange.settled_minutes) == ("disputed", None)
    assert "I know nothing of this" in Dispute.objects.get().receiver_statement
    assert credits_of(ada) == (0, 0)


def test_silence_settles_what_was_logged_never_above_what_was_agreed_and_can_be_undone(ada, ben, time):
    for _time in range(2):
        a_settled_exchange(a_member(), ben, 15)
    engagement = an_engagement(ada, ben, monthly_minutes=120)
    a_session(engagement, 200)
    exchange = time.month_over(engagement)
    time.pass_days(13)
    clock.sweep()
    exchange.refresh_from_db()
    assert exchange.state == "delivered"
    time.pass_days(1)
    clock.sweep()
    exchange.refresh_from_db()
    assert (exchange.state, exchange.settled_minutes, exchange.silent) == ("settled", 120, True)
    disputes.undo(by=ben, exchange=exchange, reason="I was ill")
    assert credits_of(ada) == (0, 0)
    assert not verification.findings()


def test_a_poor_month_holds_what_there_is_says_so_and_takes_more_as_credits_come(ada, ben, time):
    engagement = an_engagement(ada, ben)
    a_session(engagement, 360)
    engagements.confirm(by=ben, engagement=engagement)
    time.month_over(engagement)
    assert the_hold(engagement) == 240  # he is at −6 h, and may go to −10 h
    said = InboxItem.objects.filter(subject__startswith="Not all is set aside")
    assert {item.user for item in said} == {ada, ben}
    assert "4 h of 6 h" in said[0].text
    give_credits(ledger.account_for(member=ben), 60)
    engagements.sweep()
    assert the_hold(engagement) == 300
    give_credits(ledger.account_for(member=ben), 600)
    for _again in range(2):
        engagements.sweep()
    assert the_hold(engagement) == 360
    assert engagements.sweep() == 0
    assert said.count() == 2


def test_with_nothing_to_hold_agreed_hours_wait_and_silence_goes_to_a_broker(ada, ben, time):
    pot = a_pot(ben, 60)
    engagement = an_engagement(ada, ben, pot=pot, monthly_minutes=60)
    a_session(engagement, 60)
    engagements.confirm(by=ben, engagement=engagement)
    time.month_over(engagement)
    assert (credits_of(pot), the_hold(engagement)) == ((0, 0), 0)
    a_session(engagement, 30)
    engagements.confirm(by=ben, engagement=engagement)
    waiting = time.month_over(engagement)
    assert waiting.waiting_since
    time.pass_days(31)
    with pytest.raises(DomainError, match="no credits"):
        hours.take_held(by=ada, exchange=waiting)
    clock.sweep()  # leaves it as it is, and fails nobody else's
    give_credits(ledger.account_for(pot=pot), 30)
    clock.sweep()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.settled_minutes) == ("settled", 30)
    a_session(engagement, 45)
    for _time in range(2):
        a_settled_exchange(a_member(), a_member(), 15)
    silent = time.month_over(engagement)
    time.pass_days(20)
    clock.sweep()
    silent.refresh_from_db()
    assert silent.state == "disputed"
    assert not verification.findings()


def test_a_month_is_reversed_whole_by_a_broker(ada, ben, time):
    engagement = an_engagement(ada, ben)
    a_session(engagement, 60)
    engagements.confirm(by=ben, engagement=engagement)
    exchange = time.month_over(engagement)
    disputes.reverse(by=a_broker(), exchange=exchange, reason="Logged twice")
    assert credits_of(ada) == (0, 0)


# Given


def test_given_hours_count_and_no_credits_move(ada, ben, time):
    engagement = an_engagement(ada, ben, credited=False)
    a_session(engagement, 75)
    engagements.confirm(by=ben, engagement=engagement)
    assert credits_of(ben) == (0, 0)
    exchange = time.month_over(engagement)
    assert (exchange.state, exchange.settled_minutes, exchange.credited) == ("settled", 75, False)
    assert exchange_queries.totals(ada).given == 75
    assert not Transfer.objects.filter(exchange=exchange).exists()
    assert (credits_of(ada), credits_of(ben)) == ((0, 0), (0, 0))
    assert "75 min" not in InboxItem.objects.filter(user=ada).latest("id").subject
    assert "1 h 15 given" in InboxItem.objects.filter(user=ada).latest("id").subject
    disputes.reverse(by=a_broker(), exchange=exchange, reason="It was another month")
    assert exchange_queries.totals(ada).given == 0
    assert not verification.findings()


@pytest.mark.parametrize(("finished", "counted"), [(0, 60), (2, 150)])
def test_silence_about_given_hours_ends_after_14_days_and_not_for_a_beginner(ada, ben, finished, counted, time):
    for _time in range(finished):
        a_settled_exchange(a_member(), ben, 15)
    engagement = an_engagement(ada, ben, credited=False)
    confirmed, queried = a_session(engagement, 60), a_session(engagement, 400)
    a_session(engagement, 90)
    engagements.confirm(by=ben, engagement=engagement, session=confirmed)
    engagements.query(by=ben, session=queried, words="So long?")
    assert time.month_over(engagement) is None
    engagements.sweep()
    assert not engagement.months.filter(exchange__isnull=False).exists()
    closed = engagement.months.filter(closed_at__isnull=False)
    time.pass_days(14)
    engagements.sweep()
    exchange = closed.get().exchange
    assert (exchange.settled_minutes, exchange.silent) == (counted, counted == 150)


# Ending


def test_ending_settles_what_is_logged_and_frees_the_rest_at_once(ada, ben):
    engagement = an_engagement(ada, ben)
    a_session(engagement, 60)
    engagements.confirm(by=ben, engagement=engagement)
    for _click in range(2):
        engagements.end(by=ada, engagement=engagement, reason="A new job")
    assert (credits_of(ada), credits_of(ben)) == ((60, 0), (-60, 0))
    assert "A new job" in InboxItem.objects.filter(user=ben, subject__contains="ended").get().text
    assert engagements.sweep() == 0
    assert not verification.findings()


def test_a_leaver_ends_their_engagements_and_what_is_confirmed_is_paid(ada, ben):
    engagement, cat = an_engagement(ada, ben, monthly_minutes=120), a_member()
    proposal = engagements.propose(by=ben, provider=ada, receiver=ben, title="More", monthly_minutes=60, key=key())
    own = engagements.propose(by=ada, provider=ada, receiver=ben, title="Else", monthly_minutes=60, key=key())
    unanswered = an_engagement(ada, cat)
    a_session(unanswered, 30)
    engagements.confirm(by=ben, engagement=engagement, session=a_session(engagement, 60))
    close_account(by=ada, user=ada)
    states = [Engagement.objects.get(pk=one.pk).state for one in (engagement, unanswered, proposal, own)]
    assert states == ["ended", "ended", "declined", "withdrawn"]
    assert (credits_of(ben), credits_of(cat)) == ((-60, 0), (0, 0))
    assert not verification.findings()


def test_a_leaving_steward_hands_what_the_pot_pays_to_another_or_it_ends(ada, ben):
    cat = a_member()
    shared, alone = a_pot(ben, name="Ours"), a_pot(ben, name="Mine")
    pots.add_steward(by=ben, pot=shared, user=cat)
    goes_on, ends = an_engagement(ada, ben, pot=shared), an_engagement(ada, ben, pot=alone)
    session = a_session(goes_on, 30)
    close_account(by=ben, user=ben)
    goes_on.refresh_from_db(), ends.refresh_from_db()
    assert (goes_on.state, goes_on.receiver, goes_on.proposed_by, ends.state) == ("running", cat, cat, "ended")
    assert engagements.confirm(by=cat, engagement=goes_on, session=session) == 1


# The database, and reads


def test_the_database_refuses_what_makes_no_sense(ada, ben):
    engagement = an_engagement(ada, ben)
    session = a_session(engagement)
    month = engagement.months.get()
    rows, sessions = Engagement.objects.filter(pk=engagement.pk), WorkSession.objects.filter(pk=session.pk)
    months = EngagementMonth.objects.filter(pk=month.pk)
    now = timezone.now()
    other = a_settled_exchange(a_member(), a_member(), 15)
    for break_it in (
        lambda: rows.update(state="paused"),
        lambda: rows.update(receiver=ada),
        lambda: rows.update(monthly_minutes=10),
        lambda: rows.update(monthly_minutes=1455),
        lambda: rows.update(agreed_at=None),
        lambda: rows.update(state="ended"),
        lambda: rows.update(ended_at=now),
        lambda: rows.update(title=""),
        lambda: rows.update(credited=False, pot=a_pot(ben)),
        lambda: EngagementMonth.objects.create(engagement=engagement, month=month.month),
        lambda: EngagementMonth.objects.create(engagement=engagement, month=dt.date(2020, 1, 1)),
        lambda: months.update(month=month.month + DAY),
        lambda: months.update(done_at=now),
        lambda: months.update(exchange=other),
        lambda: sessions.update(minutes=0),
        lambda: sessions.update(minutes=1441),
        lambda: sessions.update(note=""),
        lambda: sessions.update(state="lost"),
        lambda: sessions.update(time_kind="lost"),
        lambda: sessions.update(state="confirmed"),
        lambda: sessions.update(state="queried", answered_at=now, answered_by=ben),
        lambda: sessions.update(query="Why?"),
        lambda: WorkSession.objects.create(
            month=month, day=session.day, minutes=5, note="x", logged_by=ada, key=session.key
        ),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            break_it()


def test_pages_and_lists_cost_the_same_however_long(ada, ben, django_assert_num_queries, time):
    give_credits(ledger.account_for(member=ben), 60_000)
    engagement = an_engagement(ada, ben)
    a_session(engagement, 10)

    def cost(number):
        with django_assert_num_queries(number):
            found = queries.page(engagement.pk, ben)
            return [len(one.sessions) for one in [found.now, *found.waiting, *found.past]]

    assert cost(3) == [1]
    for _month in range(5):
        for _session in range(5):
            a_session(engagement, 10)
        engagements.confirm(by=ben, engagement=engagement)
        time.month_over(engagement)
    assert cost(3) == [0, 5, 5, 5, 5, 6]
    with django_assert_num_queries(1):
        list(queries.mine(ben))
    for _number in range(10):
        an_engagement(a_member(), ben, monthly_minutes=15)
    with django_assert_num_queries(1):
        assert len(list(queries.mine(ben))) == 11


def test_what_waits_is_on_the_home_page_and_all_of_it_can_be_downloaded(ada, ben):
    assert queries.waiting_card(ben) is None
    engagement = an_engagement(ada, ben)
    a_session(engagement, 10)
    [found] = queries.waiting_card(ben)["to_confirm"]
    assert found.waiting == 1
    assert queries.waiting_card(ada) is None
    engagements.propose(by=ben, provider=ada, receiver=ben, title="More", monthly_minutes=60, key=key())
    assert len(queries.waiting_card(ada)["proposals"]) == 1
    pot, cat = a_pot(ben), a_member()
    pots.add_steward(by=ben, pot=pot, user=cat)
    engagements.propose(by=ben, provider=ada, receiver=ben, pot=pot, title="App", monthly_minutes=60, key=key())
    assert queries.waiting_card(cat) is None  # it waits for the other side
    [first, second, _third] = queries.export_for(ada)
    assert (first["gave"], first["sessions"][0]["minutes"], second["state"]) == (True, 10, "proposed")


def test_a_share_of_what_a_month_earned_flows_on(ada, ben, time):
    pot = a_pot(a_member(), 0)
    shares.set_share(by=ada, per_cent=25, pot=pot)
    engagement = an_engagement(ada, ben)
    a_session(engagement, 120)
    engagements.confirm(by=ben, engagement=engagement)
    time.month_over(engagement)
    assert (credits_of(ada)[0], credits_of(pot)[0]) == (90, 30)
    assert not verification.findings()


# --- other hours a month ---


def test_more_hours_a_month_count_and_are_held_once_the_other_side_says_yes(ada, ben):
    engagement = an_engagement(ada, ben, monthly_minutes=120)
    for _click in range(2):
        engagements.want_hours(by=ada, engagement=engagement, monthly_minutes=240)
    assert credits_of(ben) == (0, 120)
    assert InboxItem.objects.filter(user=ben, subject__startswith="Ada Lovelace would change the hours").count() == 1
    with pytest.raises(NotAllowed):
        engagements.answer_hours(by=ada, engagement=engagement, monthly_minutes=240, yes=True)
    with pytest.raises(DomainError, match="moved on"):
        engagements.answer_hours(by=ben, engagement=engagement, monthly_minutes=180, yes=True)
    for _click in range(2):
        done = engagements.answer_hours(by=ben, engagement=engagement, monthly_minutes=240, yes=True)
    assert (done.monthly_minutes, done.wanted_minutes, done.wanted_by) == (240, None, None)
    assert credits_of(ben) == (0, 240)
    assert (
        InboxItem.objects.filter(user=ada, subject__startswith="Ben").count() == 2
    )  # yes to the work, and to the hours
    assert not verification.findings()


def test_fewer_hours_count_from_the_next_month_on(ada, ben, time):
    engagement = an_engagement(ada, ben, monthly_minutes=240)
    engagements.want_hours(by=ben, engagement=engagement, monthly_minutes=60)
    engagements.answer_hours(by=ada, engagement=engagement, monthly_minutes=60, yes=True)
    assert credits_of(ben) == (0, 240), "what was set aside for this month stays"
    time.month_over(engagement)
    assert credits_of(ben) == (0, 60)


def test_a_no_or_taking_it_back_leaves_the_hours_as_they_are(ada, ben):
    engagement = an_engagement(ada, ben, monthly_minutes=120)
    for who in (ben, ada):  # the other side, and whoever asked
        engagements.want_hours(by=ada, engagement=engagement, monthly_minutes=240)
        for _click in range(2):
            kept = engagements.answer_hours(by=who, engagement=engagement, monthly_minutes=240, yes=False)
        assert (kept.monthly_minutes, kept.wanted_minutes) == (120, None)
    assert credits_of(ben) == (0, 120)


def test_two_who_want_the_same_hours_have_agreed(ada, ben):
    engagement = an_engagement(ada, ben, monthly_minutes=120)
    engagements.want_hours(by=ada, engagement=engagement, monthly_minutes=180)
    done = engagements.want_hours(by=ben, engagement=engagement, monthly_minutes=180)
    assert (done.monthly_minutes, done.wanted_minutes) == (180, None)


@pytest.mark.parametrize("minutes", [0, -15, 50, 1455, 360])
def test_hours_that_cannot_be_or_are_agreed_already_are_refused(ada, ben, minutes):
    engagement = an_engagement(ada, ben)
    with pytest.raises(Invalid) as refused:
        engagements.want_hours(by=ada, engagement=engagement, monthly_minutes=minutes)
    assert refused.value.field == "monthly_minutes"


def test_only_the_two_sides_of_one_that_runs_ask_for_other_hours(ada, ben):
    engagement = an_engagement(ada, ben)
    with pytest.raises(Missing):
        engagements.want_hours(by=a_member(), engagement=engagement, monthly_minutes=120)
    engagements.want_hours(by=ada, engagement=engagement, monthly_minutes=120)
    ended = engagements.end(by=ben, engagement=engagement)
    assert (ended.wanted_minutes, ended.wanted_by) == (None, None)
    with pytest.raises(DomainError):
        engagements.want_hours(by=ada, engagement=engagement, monthly_minutes=240)
    with pytest.raises(IntegrityError, match="engagement_wanted_hours_are_whole"), transaction.atomic():
        Engagement.objects.filter(pk=engagement.pk).update(wanted_minutes=60)
