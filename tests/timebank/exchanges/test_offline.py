import datetime as dt

import pytest
from django.utils import timezone

from audit.models import Event
from notifications.models import InboxItem
from people.actions.privacy import close_account
from people.models import Block
from tests.timebank.factories import a_broker, a_member, a_pot, credits_of, key
from timebank.actions import disputes
from timebank.actions.offline import record_offline
from timebank.models import Exchange, Transfer
from timebank.queries import verification
from ui.errors import DomainError, Invalid, NotAllowed

pytestmark = pytest.mark.django_db


def offline(by=None, provider=None, receiver=None, minutes=100, **fields):
    """A broker records 1 h 40 of yesterday between two people who are not online."""
    fields = {
        "happened_on": timezone.localdate() - dt.timedelta(days=1),
        "reason": "Both told me on the telephone.",
        "key": key(),
        **fields,
    }
    return record_offline(
        by=by or a_broker(), provider=provider or a_member(), receiver=receiver or a_member(), minutes=minutes, **fields
    )


def without_email(user):
    """Somebody whom only the broker reaches, by telephone."""
    user.email = None
    user.save()
    return user


def test_a_broker_records_an_exchange_for_people_who_are_not_online_and_both_are_told():
    broker = a_broker()
    ada, ben = without_email(a_member("Ada", conduct_accepted_at=None)), a_member("Ben")
    exchange = offline(broker, ada, ben)
    assert (exchange.state, exchange.settled_minutes, exchange.offline) == ("settled", 100, True)
    assert (credits_of(ada), credits_of(ben)) == ((100, 0), (-100, 0))
    for person in (ada, ben):
        assert "Ada gave Ben 1 h 40" in InboxItem.objects.get(user=person).text
    moved = Transfer.objects.get(exchange=exchange)
    assert (moved.actor, moved.on_behalf_of) == (broker, ada)
    logged = Event.objects.get(verb="timebank.exchange.recorded_offline")
    assert (logged.actor, logged.on_behalf_of) == (str(broker.pk), str(ada.pk))
    assert not verification.findings()


def test_the_same_form_twice_records_once_and_with_other_details_is_refused():
    broker, ada, ben, form = a_broker(), a_member(), a_member(), key()
    first = offline(broker, ada, ben, key=form)
    assert offline(broker, ada, ben, key=form) == first
    with pytest.raises(DomainError, match="already used"):
        offline(broker, ada, ben, 60, key=form)
    assert credits_of(ada) == (100, 0)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"minutes": 0}, "minutes"),
        ({"minutes": -60}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"minutes": 601}, "minutes"),  # a minute more than the receiver can pay
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"happened_on": dt.date(2100, 1, 1)}, "happened_on"),
        ({"happened_on": dt.date(2020, 1, 1)}, "happened_on"),
        ({"provider_time": "tea"}, "provider_time"),
    ],
)
def test_what_cannot_have_been_is_refused(fields, at):
    with pytest.raises(Invalid) as refused:
        offline(**fields)
    assert refused.value.field == at
    assert not Exchange.objects.exists() and not Transfer.objects.exists()


def test_only_a_broker_who_is_no_party_records_and_only_for_two_people_who_may_deal_with_each_other():
    broker, ada, ben = a_broker(), a_member(), a_member()
    closed = a_member()
    closed = close_account(by=closed, user=closed)
    suspended = a_member(suspended_at=timezone.now())
    Block.objects.create(blocker=ada, blocked=ben)
    cleo = a_member()
    for fields, error in [
        ({"by": cleo, "provider": ada}, NotAllowed),
        ({"by": broker, "provider": broker}, NotAllowed),
        ({"by": broker, "receiver": broker}, NotAllowed),
        ({"by": broker, "provider": cleo, "receiver": cleo}, Invalid),
        ({"by": broker, "provider": closed}, DomainError),
        ({"by": broker, "receiver": suspended}, DomainError),
        ({"by": broker, "provider": ada, "receiver": ben}, DomainError),
    ]:
        with pytest.raises(error):
            offline(**fields)
    assert not Exchange.objects.exists()


def test_a_pot_pays_only_for_one_of_its_stewards_and_never_a_steward():
    steward, helper = a_member(), a_member()
    pot = a_pot(steward, 300)
    offline(provider=helper, receiver=steward, pot=pot)
    assert credits_of(pot) == (200, 0)
    with pytest.raises(NotAllowed):
        offline(provider=steward, receiver=helper, pot=pot)
    with pytest.raises(Invalid):
        offline(provider=helper, receiver=a_member(), pot=pot)
    assert credits_of(pot) == (200, 0)


def test_a_mistake_is_reversed_and_recorded_again_once():
    broker, ada, ben = a_broker(), a_member(), a_member()
    wrong = offline(broker, ada, ben)
    disputes.reverse(by=broker, exchange=wrong, reason="It was one hour.")
    wrong.refresh_from_db()
    right = offline(broker, ada, ben, 60, redoes=wrong)
    assert right.redoes == wrong
    assert (credits_of(ada), credits_of(ben)) == ((60, 0), (-60, 0))
    with pytest.raises(DomainError, match="recorded again already"):
        offline(broker, ada, ben, 60, redoes=wrong)
