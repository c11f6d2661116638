"""The home of the desk, the stuck exchanges, and the people who need a hand."""

import datetime as dt

import pytest
from django.utils import timezone

from audit.models import Event
from notifications.models import InboxItem, OutboxMessage
from people.actions import safety
from people.models import Report, User
from tests.timebank.browsing import at, text_of
from tests.timebank.factories import (
    a_broker,
    a_dispute,
    a_member,
    a_proposal,
    a_settled_exchange,
    a_stuck_exchange,
    an_administrator,
    an_agreement,
    give_credits,
    key,
    record,
)
from timebank.actions import desk as actions
from timebank.actions import ledger, pots
from timebank.models import Account, Exchange, LedgerCheck
from timebank.queries import desk, desk_people
from ui.errors import DomainError, NotAllowed

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def moved(exchange, **when):
    Exchange.objects.filter(pk=exchange.pk).update(**when)
    return exchange


def test_the_desk_counts_each_queue_and_says_how_old_its_oldest_is(as_):
    now, broker = timezone.now(), a_broker()
    for days in (4, 1, 90):
        told = safety.report(by=a_member(), about=a_member(), text="Rude")
        Report.objects.filter(pk=told.pk).update(at=now - days * DAY)
    safety.close_report(by=broker, report=told, outcome="Talked")
    safety.report(by=a_member(), about=broker, text="About this broker, who does not count it")
    a_dispute()
    mine = a_dispute(provider=broker)
    found = {str(item.queue.label): item for item in desk.waiting(broker)}
    reports, disputes = found["Reports"], found["Disputes"]
    assert (reports.count, reports.days, reports.late) == (2, 4, True)
    assert (disputes.count, disputes.days, disputes.late) == (1, 0, False), f"{mine.pk} is the broker's own"
    assert (found["Stuck exchanges"].count, found["Stuck exchanges"].days) == (0, None)
    page = text_of(as_(broker).get(at("desk")))
    assert "2 Reports the oldest 4 days · late" in page
    assert "1 Disputes the oldest since today" in page and "0 Stuck exchanges nothing waits" in page


def test_the_desk_says_when_the_books_were_checked_and_shouts_where_they_are_off(as_):
    broker = a_broker()
    assert "have not been checked yet" in text_of(as_(broker).get(at("desk")))
    check = LedgerCheck.objects.create(seconds=0.1, entries=12)
    assert "They balance: 12 entries checked" in text_of(as_(broker).get(at("desk")))
    LedgerCheck.objects.filter(pk=check.pk).update(at=timezone.now() - 2 * DAY)
    assert "the nightly check has not run" in text_of(as_(broker).get(at("desk")))
    findings = [{"invariant": "I3", "what": "remembers 60 minutes", "id": "x"}]
    LedgerCheck.objects.create(seconds=0.1, entries=12, findings=findings, found=1)
    page = text_of(as_(broker).get(at("desk")))
    assert "The check found 1 problem" in page and "I3: remembers 60 minutes" in page


def test_the_desk_shows_the_community_pot(as_):
    ada = a_member()
    give_credits(ledger.account_for(member=ada), 90)
    pots.give(by=ada, to_pot=None, minutes=90, key="pot")
    assert "in the community pot 1 h 30" in text_of(as_(a_broker()).get(at("desk")))


def test_an_administrator_sees_what_they_may_decide_and_the_books_and_nothing_about_people(as_):
    a_dispute()
    boss = an_administrator()
    found = {str(item.queue.label): item.count for item in desk.waiting(boss)}
    assert found == {"Disputes": 1, "Appeals": 0, "Charges to decide": 0}
    page = text_of(as_(boss).get(at("desk")))
    assert "The books" in page and "1 Disputes" in page
    assert "Reports" not in page and "People who need a hand" not in page and "Find a member" not in page
    assert as_(a_member()).get(at("desk")).status_code == 403


# ── stuck exchanges ──


def stuck_world():
    now = timezone.now()
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    found = {
        "credits": moved(an_agreement(), state="delivered", delivered_at=now, waiting_since=now - 8 * DAY),
        "unconfirmed": an_agreement(ada, ben),
        "unrecorded": moved(an_agreement(), accepted_at=now - 61 * DAY),
        "unanswered": moved(a_proposal(), answer_by=now + 2 * DAY),
    }
    record(found["unconfirmed"], ada, 60)
    moved(found["unconfirmed"], delivered_at=now - 13 * DAY)
    return found


def test_what_is_stuck_is_listed_with_why_and_what_moves_is_not(as_):
    found = stuck_world()
    now = timezone.now()
    fresh = [
        an_agreement(),
        a_proposal(),
        a_settled_exchange(),
        moved(an_agreement(), starts_at=now + DAY, accepted_at=now - 61 * DAY),
        moved(an_agreement(), state="delivered", delivered_at=now, waiting_since=now - 6 * DAY),
        moved(a_proposal(), answer_by=now - DAY),  # the next sweep ends it
    ]
    assert {(row.pk, row.stuck_why) for row in desk.stuck()} == {(row.pk, why) for why, row in found.items()}
    assert not {row.pk for row in desk.stuck()} & {row.pk for row in fresh}
    assert [row.stuck_why for row in desk.stuck()] == ["unrecorded", "unconfirmed", "credits", "unanswered"], (
        "longest first"
    )
    assert [row.pk for row in desk.stuck(why="credits")] == [found["credits"].pk]
    page = text_of(as_(a_broker()).get(at("desk_stuck"), {"why": "unconfirmed"}))
    assert "Ada Lovelace → Ben Nevis" in page and "One side has not confirmed" in page and "1 exchange" in page


# ── people who need a hand ──


def away(days=61, **fields):
    member = a_member(**fields)
    User.objects.filter(pk=member.pk).update(joined_at=timezone.now() - days * DAY)
    member.refresh_from_db()
    return member


def test_who_was_not_seen_for_60_days_is_listed_unless_an_exchange_of_theirs_moved():
    gone, recent = away(), away(days=59)
    seen = away(last_login=timezone.now() - DAY)
    busy = away()
    a_proposal(busy, recent)
    suspended = away(suspended_at=timezone.now())
    newcomer = away(conduct_accepted_at=None)
    long_ago = away(last_login=timezone.now() - 61 * DAY)
    assert set(desk_people.inactive()) == {gone, long_ago}
    assert not {recent, seen, busy, suspended, newcomer} & set(desk_people.inactive())


def test_who_only_gives_and_who_only_receives_is_listed_from_three_exchanges():
    giver, taker, both, new = a_member(), a_member(), a_member(), a_member()
    for _time in range(3):
        a_settled_exchange(giver, taker, 15)
        a_settled_exchange(both, a_member(), 15)
    a_settled_exchange(a_member(), both, 15)
    a_settled_exchange(new, a_member(), 15)
    assert list(desk_people.of_kind("gives")) == [giver]
    assert list(desk_people.of_kind("receives")) == [taker]


def test_who_is_under_the_warning_is_apart_from_who_is_under_the_floor():
    low = a_member()
    an_agreement(a_member(), low, 300)
    under = a_member()
    giver = a_member()
    give_credits(ledger.account_for(member=under), 120)
    gift = pots.give(by=under, to_pot=None, minutes=120, key="away")
    an_agreement(giver, under, 600)
    grant = Account.objects.get(member=under).entries.get(account_version=1).transfer
    ledger.reverse(transfer=grant, by=None, reason="Given twice", key="back")
    assert gift.pk
    assert list(desk_people.low()) == [low]
    assert list(desk_people.of_kind("floor")) == [under]


def test_people_are_found_by_name_without_accents_or_by_the_start_of_an_address(as_):
    zoe = a_member("Zoë Ångström")
    a_member("Ada Lovelace")
    client = as_(a_broker())
    for words in ("zoe angs", "ÅNGSTRÖM", zoe.email[:8]):
        assert "Zoë Ångström" in text_of(client.get(at("desk_people"), {"q": words}))
    page = text_of(client.get(at("desk_people"), {"q": "zoe"}))
    assert "1 person" in page and "Ada Lovelace" not in page


def test_the_list_is_ordered_by_name_balance_or_how_long_away():
    now = timezone.now()
    anna, ben = a_member("Anna", last_login=now - DAY), a_member("ben", last_login=now - 9 * DAY)
    an_agreement(anna, ben, 60)
    give_credits(ledger.account_for(member=anna), 60)
    give_credits(ledger.account_for(member=ben), 30)
    assert [person.name for person in desk_people.people(sort="name")] == ["Anna", "ben"]
    assert [(person.name, person.balance, person.held) for person in desk_people.people(sort="balance")] == [
        ("ben", 30, 60),
        ("Anna", 60, 0),
    ]
    assert [person.name for person in desk_people.people(sort="seen")] == ["ben", "Anna"]


# ── one member ──


def test_a_broker_sees_a_members_exchanges_and_books_and_that_is_noted(as_):
    ada, ben, broker = a_member("Ada Lovelace"), a_member("Ben Nevis"), a_broker()
    a_settled_exchange(ada, ben, 90)
    an_agreement(ben, ada, 60)
    page = text_of(as_(broker).get(at("desk_member", ada.pk)))
    assert "Their balance is 1 h 30. Set aside for what they have agreed: 1 h." in page
    assert "Ben Nevis helps Ada Lovelace" in page and "+1 h 30" in page
    looked = Event.objects.get(verb="timebank.member.looked_at")
    assert (looked.actor, looked.object_id) == (str(broker.pk), str(ada.pk))
    assert "Bea Broker looked at this page" in page


def test_messages_between_two_people_are_not_on_the_brokers_view(as_):
    ada, ben = a_member(), a_member()
    an_agreement(ada, ben, 60, message="Between the two of us")
    assert "Between the two of us" not in text_of(as_(a_broker()).get(at("desk_member", ada.pk)))


def test_somebody_who_has_left_has_no_page(as_):
    left = a_member()
    User.objects.filter(pk=left.pk).update(closed_at=timezone.now(), name="", email=None)
    assert as_(a_broker()).get(at("desk_member", left.pk)).status_code == 404


def test_a_nudge_is_sent_once_for_each_time_somebody_was_away(as_):
    gone, broker = away(), a_broker()
    for _click in range(2):
        answer = as_(broker).post(at("desk_nudge", gone.pk), follow=True)
    assert "has had this message already" in text_of(answer)
    assert OutboxMessage.objects.filter(user=gone).count() == 1
    assert "Bea Broker" in InboxItem.objects.get(user=gone).text
    User.objects.filter(pk=gone.pk).update(last_login=timezone.now() - 60.5 * DAY)
    gone.refresh_from_db()
    assert actions.nudge(by=broker, member=gone)
    assert OutboxMessage.objects.filter(user=gone).count() == 2


def test_who_is_here_is_not_nudged_and_only_a_broker_nudges():
    with pytest.raises(DomainError, match="last 60 days"):
        actions.nudge(by=a_broker(), member=a_member())
    for other in (a_member(), an_administrator()):
        with pytest.raises(NotAllowed):
            actions.nudge(by=other, member=away())
        with pytest.raises(NotAllowed):
            actions.look(by=other, member=away())
    assert not OutboxMessage.objects.exists()


def test_a_brokers_home_says_what_waits_on_the_desk(as_):
    broker, member = a_broker(), a_member()
    assert "Broker’s desk Disputes" not in text_of(as_(broker).get("/home/"))
    a_dispute()
    assert "Broker’s desk Disputes : 1" in text_of(as_(broker).get("/home/")).replace("Disputes:", "Disputes :")
    assert "Disputes" not in text_of(as_(member).get("/home/"))


def test_a_broker_who_decides_goes_on_to_the_next_dispute_and_is_not_told_to_say_thank_you(as_):
    broker, exchange = a_broker(), a_dispute(heard=True)
    page = as_(broker)
    form = {"decision": "settle", "note": "The diary shows it.", "key": key()}
    response = page.post(at("decide", exchange.pk), form)
    assert response.status_code == 302 and response.url == at("disputes")
    assert f"Decided, and both are told: {exchange.title}." in text_of(page.get(response.url))
    seen = text_of(page.get(at("exchange", exchange.pk)))
    assert "The time was paid." in seen and "thank them" not in seen


def test_a_broker_reminds_both_sides_of_a_stuck_exchange_once_a_day_and_never_oneself(as_):
    broker, stuck, moving = a_broker(), a_stuck_exchange(), an_agreement()
    page = as_(broker)
    assert "Remind both" in text_of(page.get(at("desk_stuck")))
    for said in ("Both are reminded", "Both were reminded today already"):
        assert said in text_of(page.post(at("desk_remind", stuck.pk), follow=True))
    for side in (stuck.provider, stuck.receiver):
        (told,) = InboxItem.objects.filter(user=side, key__startswith="desk.remind")
        assert "nobody recorded hours" in told.text and told.url == at("exchange", stuck.pk)
    assert page.post(at("desk_remind", moving.pk)).status_code == 409
    mine = a_stuck_exchange(broker)
    assert page.post(at("desk_remind", mine.pk)).status_code == 403
    assert "You are a party" in text_of(page.get(at("desk_stuck")))
    with pytest.raises(NotAllowed):
        actions.remind_both(by=a_member(), exchange=stuck.pk)
    assert InboxItem.objects.filter(key__startswith="desk.remind").count() == 2
