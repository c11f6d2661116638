import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone

from notifications.models import OutboxMessage
from people.actions.privacy import close_account
from people.models import Block, Skill
from tests.timebank.cycles.chains import a_chain, a_ring, wants
from tests.timebank.factories import a_floor, a_listing, a_member, a_pot, credits_of, give_credits, record
from timebank.actions import cycles, ledger
from timebank.actions.away import go_away
from timebank.models import Cycle, CycleLink, CycleRun, Exchange, Listing
from timebank.queries import verification
from timebank.queries.cycles import market
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def people_of(cycle):
    return [link.giver for link in cycle.links.order_by("place")]


def letters_to(person):
    return list(OutboxMessage.objects.filter(user=person, kind="timebank.cycles").order_by("created_at", "id"))


# ── the search ──


@pytest.mark.parametrize("people", [2, 3, 4])
def test_a_ring_of_two_to_four_is_suggested_to_its_people(people):
    members = a_ring(people)
    run = cycles.rebuild()
    cycle = Cycle.objects.get()
    assert set(people_of(cycle)) == set(members)
    assert (cycle.length, cycle.minutes, cycle.worth, cycle.state) == (people, 60, 1.0, "open")
    assert (run.members, run.edges, run.suggested, run.complete) == (people, people, 1, True)
    for link in cycle.links.all():
        assert link.offer.member == link.giver and link.request.member == link.taker
        assert set(link.offer.skills.all()) & set(link.request.skills.all())
    for person in members:
        [letter] = letters_to(person)
        assert f"{people} of you could help each other: each gives 1 h and receives 1 h" in letter.text


def test_five_in_a_ring_are_too_many_and_a_ring_that_is_not_closed_is_none():
    members = [a_member() for _n in range(5)]
    skills = ["Software", "Coaching", "Statistics", "Finance", "Writing"]
    for n, person in enumerate(members):
        wants(person, skills[n], skills[n - 1])
    cycles.rebuild()
    assert not Cycle.objects.exists()
    last = a_member()
    a_listing(last, "offer", skills=[Skill.objects.named("Finance")])
    cycles.rebuild()
    assert not Cycle.objects.exists()


def test_a_request_for_a_branch_takes_what_is_below_it_and_a_merged_skill_counts_as_what_it_became():
    ada, ben = a_member(), a_member()
    a_listing(ada, "offer", skills=[Skill.objects.named("User research")])
    a_listing(ben, "request", skills=[Skill.objects.named("Design")])
    old = Skill.objects.create(
        name="Coding", slug="coding", kind="digital", merged_into=Skill.objects.named("Software")
    )
    a_listing(ben, "offer", skills=[old])
    a_listing(ada, "request", skills=[Skill.objects.named("Software")])
    cycles.rebuild()
    assert set(people_of(Cycle.objects.get())) == {ada, ben}


def spoil_suspend(members):
    members[1].suspended_at = timezone.now()
    members[1].save()


def spoil_leave(members):
    close_account(by=members[1], user=members[1])


def spoil_away(members):
    today = timezone.localdate()
    go_away(by=members[1], first_day=today, last_day=today + 5 * DAY)


def spoil_block(members):
    Block.objects.create(blocker=members[0], blocked=members[1])


def spoil_ends(members):
    """The two who do not meet, at the ends of a chain of four."""
    Block.objects.create(blocker=members[3], blocked=members[1])


def spoil_pause(members):
    Listing.objects.filter(member=members[1], kind="offer").update(paused_at=timezone.now())


def spoil_newcomer(members):
    members[1].conduct_accepted_at = None
    members[1].save()


SPOILS = [spoil_suspend, spoil_leave, spoil_away, spoil_block, spoil_ends, spoil_pause, spoil_newcomer]


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda f: f.__name__)
def test_nobody_blocked_suspended_away_or_gone_is_ever_suggested(spoil):
    members = a_ring(4)
    with transaction.atomic():
        assert len(market()[0]) == 4
        cycles.rebuild()
        assert Cycle.objects.count() == 1  # there is a chain to lose
        transaction.set_rollback(True)
    spoil(members)
    cycles.rebuild()
    assert not Cycle.objects.exists()


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda f: f.__name__)
def test_an_open_chain_that_is_no_longer_possible_ends_the_next_night_and_who_said_yes_hears_it(spoil):
    cycle, members = a_chain(4)
    cycles.say_yes(by=members[0], cycle=cycle)
    spoil(members)
    cycles.rebuild()
    cycle.refresh_from_db()
    assert cycle.state == "gone"
    assert not CycleLink.objects.filter(live=True).exists()
    assert "did not come together" in letters_to(members[0])[-1].text
    assert len(letters_to(members[2])) == 1


def test_whoever_cannot_set_an_hour_aside_is_not_asked():
    members = a_ring(2)
    ledger.account_for(member=members[0])
    a_floor(-45)
    cycles.rebuild()
    assert not Cycle.objects.exists()


def test_a_pot_asks_and_is_in_no_chain():
    _ada, ben = a_ring(2)
    Listing.objects.filter(member=ben, kind="request").update(closed_at=timezone.now())
    pot = a_pot(ben)
    a_listing(ben, "request", pot=pot, skills=[Skill.objects.named("Software")])
    cycles.rebuild()
    assert not Cycle.objects.exists()


def test_the_next_night_an_open_chain_stays_and_nobody_is_asked_twice():
    cycle, members = a_chain(3)
    rival = a_member()
    wants(rival, "Software", "Statistics")  # could take the first one's place
    again = cycles.rebuild()
    assert (Cycle.objects.get(), again.suggested) == (cycle, 0)
    assert all(len(letters_to(person)) == 1 for person in members)


def test_what_was_declined_is_not_suggested_again_for_a_while_but_the_others_may_meet_anew():
    cycle, members = a_chain(3)
    for person in members[:2]:
        cycles.say_yes(by=person, cycle=cycle)
    cycles.say_no(by=members[2], cycle=cycle)
    cycles.rebuild()
    assert Cycle.objects.filter(state="open").count() == 0
    other = a_member()
    wants(other, "Statistics", "Coaching")  # the same part as the one who said no
    cycles.rebuild()
    assert set(people_of(Cycle.objects.get(state="open"))) == {members[0], members[1], other}
    with time_machine.travel(timezone.now() + 100 * DAY, tick=False):
        Cycle.objects.filter(state="open").update(state="gone", ended_at=timezone.now())
        CycleLink.objects.update(live=False)
        Listing.objects.filter(member=other).update(closed_at=timezone.now())
        cycles.rebuild()
        assert set(people_of(Cycle.objects.get(state="open"))) == set(members)


def test_a_search_that_runs_out_of_time_says_so_and_suggests_what_it_had():
    a_ring(2)
    run = cycles.rebuild(budget=-1)
    assert (run.complete, run.suggested) == (False, 0)
    assert CycleRun.objects.get() == run


def test_the_search_takes_the_same_number_of_queries_however_many_are_on_the_board(django_assert_max_num_queries):
    def boards(number):
        for _n in range(number):
            wants(a_member(), "Writing", "Events")  # no chain: nobody offers events

    boards(3)
    with django_assert_max_num_queries(20) as few:
        cycles.rebuild()
    boards(27)
    with django_assert_max_num_queries(20) as many:
        cycles.rebuild()
    assert len(few) == len(many)


# ── the answers ──


def test_when_all_have_said_yes_the_exchanges_are_agreed_and_all_balances_end_where_they_began():
    cycle, members = a_chain(3)
    for person in members[:2]:
        assert cycles.say_yes(by=person, cycle=cycle).state == "open"
    assert not Exchange.objects.exists()
    done = cycles.say_yes(by=members[2], cycle=cycle)
    assert done.state == "agreed"
    made = list(Exchange.objects.order_by("id"))
    assert [(e.state, e.minutes) for e in made] == [("accepted", 60)] * 3
    chain = {(link.giver_id, link.taker_id, link.exchange_id) for link in cycle.links.all()}
    assert chain == {(e.provider_id, e.receiver_id, e.pk) for e in made}
    assert all(credits_of(person) == (0, 60) for person in members)
    for person in members:  # one letter about all of it, and none for each step
        assert [letter.subject for letter in letters_to(person)][-1] == "Your chain of hours is agreed"
        assert not OutboxMessage.objects.filter(
            user=person, kind__in=["timebank.proposals", "timebank.exchanges"]
        ).exists()
    for exchange in made:
        record(exchange, exchange.provider, 60)
        record(exchange, exchange.receiver, 60)
    assert all(credits_of(person) == (0, 0) for person in members)
    assert not verification.findings()


def test_a_second_yes_and_a_second_no_change_nothing():
    cycle, members = a_chain(2)
    for _click in range(2):
        cycles.say_yes(by=members[0], cycle=cycle)
    assert CycleLink.objects.filter(answer="yes").count() == 1
    for _click in range(2):
        assert cycles.say_yes(by=members[1], cycle=cycle).state == "agreed"
    assert Exchange.objects.count() == 2
    with pytest.raises(DomainError, match="Everybody has said yes already"):
        cycles.say_no(by=members[0], cycle=cycle)

    other, them = a_chain(2)
    for _click in range(2):
        assert cycles.say_no(by=them[0], cycle=other).state == "declined"
    with pytest.raises(DomainError, match="did not come together"):
        cycles.say_yes(by=them[1], cycle=other)
    assert all(credits_of(person) == (0, 0) for person in them)


def test_a_no_is_kind_and_private():
    cycle, members = a_chain(3)
    cycles.say_yes(by=members[0], cycle=cycle)
    cycles.say_no(by=members[1], cycle=cycle)
    said = letters_to(members[0])[-1]
    assert "did not come together this time" in said.text
    assert members[1].name not in said.text and "no" not in said.subject.lower().split()
    assert [len(letters_to(person)) for person in members] == [2, 1, 1]
    with connection.cursor() as cursor:  # the log does not say who either
        cursor.execute("SELECT actor FROM audit_event WHERE verb = 'timebank.cycle.declined'")
        assert cursor.fetchall() == [("system",)]


def test_after_fourteen_days_it_is_over():
    cycle, members = a_chain(2)
    cycles.say_yes(by=members[0], cycle=cycle)
    with time_machine.travel(timezone.now() + 14 * DAY + dt.timedelta(minutes=1), tick=False):
        with pytest.raises(DomainError, match="did not come together"):
            cycles.say_yes(by=members[1], cycle=cycle)
        cycles.rebuild()
        cycle.refresh_from_db()
        assert cycle.state == "expired"
        assert len(letters_to(members[0])) == 2
        assert not Cycle.objects.filter(state="open").exists()  # nor is it suggested again at once


def test_strangers_and_those_who_may_not_act_do_nothing():
    cycle, members = a_chain(2)
    for action in (cycles.say_yes, cycles.say_no):
        with pytest.raises(Missing):
            action(by=a_member(), cycle=cycle)
    members[0].suspended_at = timezone.now()
    with pytest.raises(NotAllowed):
        cycles.say_yes(by=members[0], cycle=cycle)
    assert not CycleLink.objects.exclude(answer="").exists()


def test_who_has_become_short_hears_what_is_missing_and_the_chain_waits():
    cycle, members = a_chain(2)
    a_floor(-45)
    with pytest.raises(Invalid, match="You are 15 min short"):
        cycles.say_yes(by=members[0], cycle=cycle)
    assert CycleLink.objects.filter(answer="yes").count() == 0


@pytest.mark.parametrize("spoil", [*SPOILS, "short"], ids=lambda f: getattr(f, "__name__", f))
def test_what_changed_before_the_last_yes_ends_the_chain_and_leaves_nothing_behind(spoil):
    cycle, members = a_chain(4)
    for person in members[:3]:
        cycles.say_yes(by=person, cycle=cycle)
    if spoil == "short":
        for person in (members[0], *members[2:]):
            give_credits(ledger.account_for(member=person), 60)
        a_floor(0)
    elif spoil is spoil_leave:
        members[1].closed_at, members[1].name, members[1].email = timezone.now(), "", None
        members[1].save()
    else:
        spoil(members)
    before = [credits_of(person) for person in members]
    done = cycles.say_yes(by=members[3], cycle=cycle)
    done.refresh_from_db()
    assert done.state == "gone"
    assert not Exchange.objects.exists()
    assert [credits_of(person) for person in members] == before
    assert "did not come together" in letters_to(members[0])[-1].text
    assert not verification.findings()


def test_a_leaver_ends_their_chain_at_once():
    cycle, members = a_chain(3)
    cycles.say_yes(by=members[0], cycle=cycle)
    close_account(by=members[2], user=members[2])
    cycle.refresh_from_db()
    assert cycle.state == "gone"
    assert len(letters_to(members[0])) == 2


def test_what_came_to_nothing_is_deleted_after_a_year_and_what_was_agreed_stays():
    gone, members = a_chain(2)
    cycles.say_no(by=members[0], cycle=gone)
    Listing.objects.update(closed_at=timezone.now())
    agreed, them = a_chain(3)
    for person in them:
        cycles.say_yes(by=person, cycle=agreed)
    assert cycles.purge() == 0
    Cycle.objects.update(ended_at=timezone.now() - 366 * DAY)
    assert cycles.purge() == 1
    assert Cycle.objects.get() == agreed


# ── the table ──


def test_nobody_is_in_two_open_chains():
    cycle, _members = a_chain(2)
    other = Cycle.objects.create(minutes=60, worth=1, length=2, answer_by=timezone.now())
    link = cycle.links.get(place=0)
    with pytest.raises(IntegrityError, match="cycle_one_open_a_member"), transaction.atomic():
        CycleLink.objects.create(
            cycle=other, place=0, giver=link.giver, taker=link.taker, offer=link.offer, request=link.request
        )


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("cycle_state_is_known", {"state": "lost", "ended_at": timezone.now()}),
        ("cycle_ends_once", {"state": "agreed"}),
        ("cycle_ends_once", {"ended_at": timezone.now()}),
        ("cycle_of_two_to_four", {"length": 5}),
        ("cycle_is_15_min_to_24_h", {"minutes": 10}),
    ],
)
def test_a_chain_that_cannot_be_is_refused(constraint, change):
    cycle, _members = a_chain(2)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Cycle.objects.filter(pk=cycle.pk).update(**change)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("cycle_answer_and_time_together", {"answer": "yes"}),
        ("cycle_answer_and_time_together", {"answered_at": timezone.now()}),
        ("cycle_answer_and_time_together", {"answer": "hm", "answered_at": timezone.now()}),
        ("cycle_link_place_up_to_four", {"place": 4}),
    ],
)
def test_a_link_that_cannot_be_is_refused(constraint, change):
    cycle, _members = a_chain(2)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        cycle.links.filter(place=0).update(**change)


def test_a_link_has_two_people_and_an_exchange_only_after_a_yes():
    cycle, members = a_chain(2)
    link = cycle.links.get(place=0)
    with pytest.raises(IntegrityError, match="cycle_link_is_between_two_people"), transaction.atomic():
        cycle.links.filter(place=0).update(taker=link.giver)
    for person in members:
        cycles.say_yes(by=person, cycle=cycle)
    with pytest.raises(IntegrityError, match="cycle_exchange_after_yes"), transaction.atomic():
        cycle.links.filter(place=0).update(answer="no")
    assert CycleLink.objects.aggregate(Sum("exchange__minutes"))["exchange__minutes__sum"] == 120
