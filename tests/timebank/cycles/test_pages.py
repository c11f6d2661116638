from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.utils import timezone

from config.celery import app
from people.models import Block
from tests.browser import check_page
from tests.timebank.browsing import at, become, text_of
from tests.timebank.cycles.chains import a_chain, a_ring, wants
from tests.timebank.exchanges.test_races import at_once
from tests.timebank.factories import a_broker, a_floor, a_member, credits_of
from timebank.actions import cycles
from timebank.models import Cycle, CycleLink, CycleRun, Exchange, Hold
from timebank.queries import verification
from timebank.tasks import find_cycles
from ui.errors import DomainError, NotAllowed

CHAIN = (
    "You give “An hour of software” to Bo Lind Bo Lind gives “An hour of coaching” to Cy Young "
    "Cy Young gives “An hour of statistics” to you"
)


@pytest.mark.django_db
def test_a_chain_is_on_the_home_of_its_people_until_they_answer(as_):
    cycle, members = a_chain(3)
    home = text_of(as_(members[0]).get("/home", follow=True))
    assert "3 of you could help each other" in home and CHAIN in home
    page = text_of(as_(members[0]).get(at("cycle", cycle.pk)))
    assert CHAIN in page and "0 of 3 have said yes." in page and "Not this time" in page
    said = text_of(as_(members[0]).post(at("cycle_yes", cycle.pk), follow=True))
    assert (
        "We will tell you when the others have answered." in said
        and "You said yes. 1 of 3 has said yes so far." in said
    )
    assert "could help each other" not in text_of(as_(members[0]).get("/home", follow=True))
    assert "could help each other" in text_of(as_(members[1]).get("/home", follow=True))


@pytest.mark.django_db
def test_the_last_yes_shows_both_exchanges(as_):
    cycle, members = a_chain(3)
    for person in members[1:]:
        cycles.say_yes(by=person, cycle=cycle)
    page = as_(members[0]).post(at("cycle_yes", cycle.pk), follow=True)
    assert "Everybody has said yes. 1 h each is agreed and set aside." in text_of(page)
    gives, gets = Exchange.objects.get(provider=members[0]), Exchange.objects.get(receiver=members[0])
    for exchange in (gives, gets):
        assert at("exchange", exchange.pk) in page.content.decode()
        assert "Agreed" in text_of(as_(members[0]).get(at("exchange", exchange.pk)))
    again = as_(members[0]).post(at("cycle_yes", cycle.pk), follow=True)  # a second click
    assert again.status_code == 200 and Exchange.objects.count() == 3


@pytest.mark.django_db
def test_nobody_reads_who_said_no(as_):
    cycle, members = a_chain(3)
    cycles.say_yes(by=members[0], cycle=cycle)
    said = text_of(as_(members[1]).post(at("cycle_no", cycle.pk), follow=True))
    assert "Nobody is told that it was you." in said and "did not come together" in said
    for person in (members[0], members[2]):
        page = text_of(as_(person).get(at("cycle", cycle.pk)))
        assert "This chain did not come together." in page and "said no" not in page and "Say yes" not in page
    late = as_(members[2]).post(at("cycle_yes", cycle.pk))
    assert late.status_code == 409 and "Nothing was changed" in text_of(late)


@pytest.mark.django_db
def test_only_its_people_see_a_chain_and_nobody_across_a_block(as_):
    cycle, members = a_chain(3)
    for url in ("cycle", "cycle_yes", "cycle_no"):
        ask = as_(a_broker() if url == "cycle" else a_member()).get if url == "cycle" else as_(a_member()).post
        assert ask(at(url, cycle.pk)).status_code == 404
    Block.objects.create(blocker=members[1], blocked=members[0])
    assert as_(members[0]).get(at("cycle", cycle.pk)).status_code == 404
    assert as_(members[0]).post(at("cycle_yes", cycle.pk)).status_code == 404
    assert "could help each other" not in text_of(as_(members[0]).get("/home", follow=True))
    assert not CycleLink.objects.exclude(answer="").exists()


@pytest.mark.django_db
def test_who_is_suspended_or_short_is_told_and_nothing_moves(as_):
    cycle, members = a_chain(2)
    a_floor(-45)
    short = as_(members[0]).post(at("cycle_yes", cycle.pk))
    assert short.status_code == 422 and "You are 15 min short" in text_of(short)
    members[1].suspended_at = timezone.now()
    members[1].save()
    assert as_(members[1]).post(at("cycle_yes", cycle.pk)).status_code in (302, 403)
    assert not CycleLink.objects.exclude(answer="").exists()
    assert credits_of(members[0]) == (0, 0)


@pytest.mark.django_db
def test_a_broker_sees_open_chains_best_first_and_when_the_search_ran_out_of_time(as_):
    broker = a_broker()
    assert "No chain is open." in text_of(as_(broker).get(at("desk_cycles")))
    a_ring(3)
    for _n in range(2):  # a common skill: worth less, but shorter
        wants(a_member("Ed Moss"), "Writing", "Events")
        wants(a_member("Flo Ray"), "Events", "Writing")
    run = cycles.rebuild()
    page = text_of(as_(broker).get(at("desk_cycles")))
    assert "3 open chains" in page and "among 7 members: 3 new chains" in page and "ran out of time" not in page
    assert page.index("Ed Moss") < page.index("Ama Osei gives “An hour of software” to Bo Lind")
    CycleRun.objects.filter(pk=run.pk).update(complete=False)
    assert "The search ran out of time" in text_of(as_(broker).get(at("desk_cycles")))
    assert at("desk_cycles") in as_(broker).get(at("desk")).content.decode()


@pytest.mark.django_db
def test_a_broker_has_the_search_run_at_once(as_, django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setitem(app.conf, "task_always_eager", True)  # the worker is another test's
    a_ring(3)
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_(a_broker()).post(at("desk_cycles_look"), follow=True)
    assert "We are looking." in text_of(answer)
    assert CycleRun.objects.get().suggested == 1
    with pytest.raises(NotAllowed):
        cycles.look_now(by=a_member())


@pytest.mark.django_db
def test_your_data_has_your_chains_and_your_answers(as_):
    from ui.registries import data_exports

    cycle, members = a_chain(2)
    cycles.say_yes(by=members[0], cycle=cycle)
    [read] = [export.read for export in data_exports if export.name == "chains"]
    [row] = read(members[0])
    assert (row["i_would_give"], row["my_answer"], row["state"]) == ("An hour of software", "yes", "open")
    assert read(a_member()) == []


# ── at once, on real connections ──


def test_four_yeses_in_the_same_moment_make_the_exchanges_once(real_db):
    for _round in range(3):
        cycle, members = a_chain(4)
        outcome = at_once(*[lambda p=p, c=cycle: cycles.say_yes(by=p, cycle=c) for p in [*members, members[0]]])
        assert not [error for error in outcome if isinstance(error, Exception)]
        cycle.refresh_from_db()
        assert cycle.state == "agreed"
        assert Exchange.objects.filter(cycle_link__cycle=cycle).count() == 4
        assert all(credits_of(person) == (0, 60) for person in members)
        Cycle.objects.exclude(state="open").update(suggested_at=timezone.now())
        for person in members:
            person.listings.update(closed_at=timezone.now())
    assert Hold.objects.count() == 12
    assert not verification.findings()


def test_the_last_yes_against_a_no_has_one_winner(real_db):
    cycle, (ada, ben) = a_chain(2)
    cycles.say_yes(by=ada, cycle=cycle)
    outcome = at_once(lambda: cycles.say_yes(by=ben, cycle=cycle), lambda: cycles.say_no(by=ada, cycle=cycle))
    assert len([error for error in outcome if isinstance(error, DomainError)]) == 1
    cycle.refresh_from_db()
    assert Exchange.objects.count() == (2 if cycle.state == "agreed" else 0)
    assert credits_of(ada) == ((0, 60) if cycle.state == "agreed" else (0, 0))


def test_two_searches_at_once_suggest_once(real_db):
    a_ring(3)
    at_once(find_cycles, find_cycles)
    assert Cycle.objects.count() == 1
    call_command("verify_ledger", verbosity=0)


# ── in a browser ──


def test_the_pages_of_a_chain_are_sound_on_a_phone_and_a_computer(live, browse):
    cycle, members = a_chain(3)
    broker = a_broker()
    for phone in (True, False):
        page = browse(phone=phone, base_url=live)
        become(page, members[0], live)
        for address in ("/home", at("cycle", cycle.pk)):
            page.goto(address)
            assert page.get_by_text("Bo Lind gives “An hour of coaching” to Cy Young").is_visible()
            check_page(page)
        become(page, broker, live)
        page.goto(at("desk_cycles"))
        check_page(page)
    page = browse(phone=True, base_url=live, javascript=False)
    with ThreadPoolExecutor(1) as pool:  # the browser's event loop holds this thread
        pool.submit(lambda: [cycles.say_yes(by=person, cycle=cycle) for person in members[1:]]).result()
    become(page, members[0], live)
    page.goto(at("cycle", cycle.pk))
    page.get_by_role("button", name="Say yes").click()
    page.get_by_role("link", name="What you give to Bo Lind").click()
    assert "You give time to Bo Lind." in page.inner_text("main")
