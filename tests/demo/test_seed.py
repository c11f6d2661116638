from io import StringIO

import pytest
from django.core.management import CommandError, call_command

import audit.actions
import demo.books
import demo.seed
from accelerator.models import AccessClaim, Application, Innovation, Wave
from accelerator.queries import access_fund, triage
from demo.management.commands import seed_demo
from people.models import User
from timebank.models import Cycle, Exchange, GroupSession, LedgerCheck, Policy, Pot, Transfer
from timebank.queries import desk, desk_people, feedback, organisations

pytestmark = pytest.mark.django_db


def seed(**options) -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out, no_report=True, **options)
    return out.getvalue()


def test_the_demonstration_tells_of_a_finished_wave_and_an_open_one_and_its_books_are_right():
    seed()
    one, live, two = Wave.objects.order_by("call_opens")
    assert not one.call_is_open
    assert not live.call_is_open
    assert two.call_is_open
    assert Application.objects.filter(wave=one).count() == 40
    assert Innovation.objects.filter(wave=one).count() == 10
    assert Innovation.objects.filter(wave=live, life="active").count() == 5
    assert User.objects.count() == 150
    assert Exchange.objects.filter(state="settled").count() >= 400
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert "The books are right" in out.getvalue()


def test_the_access_fund_and_the_first_look_have_something_in_every_state():
    seed(members=60, exchanges=30)
    _one, live, two = Wave.objects.order_by("call_opens")
    states = set(AccessClaim.objects.filter(wave=live).values_list("state", flat=True))
    assert states == {"waiting", "agreed", "paid", "declined"}
    assert AccessClaim.objects.get(wave=two).claimant.name.startswith("Malcolm")
    assert 0 < access_fund.desk(live).left < live.access_fund_pence
    assert set(triage.standings(two).values()) == {"on", "talk"}


def test_seeding_twice_changes_nothing():
    seed(members=60, exchanges=30)
    before = (User.objects.count(), Transfer.objects.count())
    assert "there already" in seed(members=60, exchanges=30)
    assert (User.objects.count(), Transfer.objects.count()) == before


def test_people_meet_in_groups_and_a_pot_says_what_changed():
    seed(members=60, exchanges=60)
    assert sorted(GroupSession.objects.values_list("state", flat=True)) == ["published", "settled"]
    settled = GroupSession.objects.get(state="settled")
    paid = settled.bookings.exclude(paid_minutes=None).values_list("paid_minutes", flat=True)
    assert sum(paid) == settled.providers.get().credited_minutes == 150
    assert Pot.objects.get(closed_at__isnull=False).close_out
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert "The books are right" in out.getvalue()


def test_every_queue_of_the_brokers_desk_holds_something_and_members_have_something_to_see():
    seed()
    bola, quinn = User.objects.get(name="Bola Okafor"), User.objects.get(name="Quinn Hartley")
    empty = [str(one.queue.label) for one in desk.waiting(bola) if not one.count]
    assert empty == ["Newcomers to vouch for"]
    assert [kind for kind, count in desk_people.counts().items() if not count] == ["floor"]
    standings, pairs = organisations.between()
    assert len(standings) > 5 and len(pairs) > 5
    assert LedgerCheck.objects.get().passed
    assert {thanks.thanks for thanks in feedback.thanks_to(quinn)} and feedback.confirmed_skills(quinn)
    assert Cycle.objects.filter(links__giver=quinn).exists()
    assert Policy.objects.in_force().charge_late


def test_a_large_one_says_how_far_it_is(monkeypatch):
    monkeypatch.setattr(seed_demo, "LARGE", 10)
    monkeypatch.setattr(seed_demo, "SAID_EVERY", 5)
    monkeypatch.setattr(demo.books, "BATCH", 5)
    assert "25 transfers are written." in seed(members=60, exchanges=60)
    assert "there already" in seed(members=60, exchanges=60)


def test_where_a_large_one_was_cut_off_nothing_is_added():
    audit.actions.record(by=None, verb=demo.seed.BEGUN)
    with pytest.raises(CommandError, match="was cut off in this database"):
        seed(members=60, exchanges=60)
    assert not User.objects.exists()
