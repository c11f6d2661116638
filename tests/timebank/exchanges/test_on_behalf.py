import pytest
from django.utils import timezone

from audit.models import Event
from notifications.models import InboxItem
from tests.timebank.factories import a_broker, a_member, a_proposal, an_agreement, credits_of, key, record
from timebank.actions import exchanges, hours
from timebank.models import Exchange, HoursRecord
from ui.errors import Missing, NotAllowed

pytestmark = pytest.mark.django_db


def told(user):
    return [item.text for item in InboxItem.objects.filter(user=user, subject__contains="acted for you").order_by("id")]


def test_a_broker_does_for_a_member_who_asked_what_that_member_could_do_and_the_log_and_the_member_know():
    broker, ada, ben = a_broker("Bea"), a_member("Ada"), a_member("Ben")
    proposal = exchanges.propose(by=broker, on_behalf_of=ben, provider=ada, receiver=ben, minutes=60, key=key())
    assert proposal.proposed_by == ben
    exchange = exchanges.accept(by=broker, on_behalf_of=ada, exchange=proposal)
    assert (exchange.state, credits_of(ben)) == ("accepted", (0, 60))
    for member in (ada, ben):
        hours.record_hours(by=broker, on_behalf_of=member, exchange=exchange, minutes=60, key=key())
    exchange.refresh_from_db()
    assert (exchange.state, exchange.settled_minutes) == ("settled", 60)
    assert credits_of(ada) == (60, 0)
    assert {(r.side, r.recorded_by) for r in HoursRecord.objects.all()} == {("provider", broker), ("receiver", broker)}
    assert ["proposed" in words for words in told(ben)] == [True, False]
    assert ["said yes" in words for words in told(ada)] == [True, False]
    assert all("Bea" in words and "because you asked" in words for words in told(ada) + told(ben))
    logged = Event.objects.filter(object_id=str(exchange.pk), actor=str(broker.pk)).values_list("verb", "on_behalf_of")
    assert {
        ("timebank.exchange.proposed", str(ben.pk)),
        ("timebank.exchange.accepted", str(ada.pk)),
        ("timebank.exchange.settled", str(ben.pk)),
    } <= set(logged)


def test_only_a_broker_who_is_no_party_acts_for_others_and_only_for_a_side_that_may_act():
    broker, other = a_broker(), a_member()
    proposal, own = a_proposal(), a_proposal(provider=broker)
    suspended = a_proposal()
    suspended.provider.suspended_at = timezone.now()
    suspended.provider.save()
    for by, member, exchange, error in [
        (other, proposal.provider, proposal, NotAllowed),
        (broker, own.receiver, own, NotAllowed),
        (broker, other, proposal, Missing),
        (broker, suspended.provider, suspended, NotAllowed),
    ]:
        with pytest.raises(error):
            exchanges.accept(by=by, on_behalf_of=member, exchange=exchange)
    agreed = an_agreement()
    with pytest.raises(NotAllowed):
        hours.record_hours(by=other, on_behalf_of=agreed.provider, exchange=agreed, minutes=60, key=key())
    with pytest.raises(NotAllowed):
        exchanges.propose(by=broker, on_behalf_of=other, provider=broker, receiver=other, minutes=60, key=key())
    assert not Exchange.objects.filter(state="accepted").exclude(pk=agreed.pk).exists()
    assert not HoursRecord.objects.exists()


def test_a_second_click_of_the_broker_changes_nothing():
    broker, exchange, form = a_broker(), an_agreement(), key()
    for _click in range(2):
        hours.record_hours(by=broker, on_behalf_of=exchange.provider, exchange=exchange, minutes=60, key=form)
    assert HoursRecord.objects.count() == 1
    record(exchange, exchange.receiver, 60)
    assert credits_of(exchange.provider) == (60, 0)
