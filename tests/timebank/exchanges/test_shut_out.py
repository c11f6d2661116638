"""Somebody who is suspended or has closed their account does nothing by any action, whatever link they still hold."""

import pytest
from django.utils import timezone

from tests.timebank.factories import (
    a_dispute,
    a_listing,
    a_member,
    a_proposal,
    a_settled_exchange,
    an_agreement,
    key,
    record,
)
from tests.timebank.ledger.books import sql
from timebank.actions import calling_off, disputes, exchanges, feedback, hours
from timebank.models import Exchange
from ui.errors import NotAllowed

pytestmark = pytest.mark.django_db


def everything(ada, ben):
    """What Ada could do with Ben, made while she still may: one call for each action."""
    listing = a_listing(ben)
    asked, offered, agreed = a_proposal(ada, ben, 15), a_proposal(ada, ben, 15, by=ada), an_agreement(ada, ben, 15)
    half, settled, disputed = an_agreement(ada, ben, 15), a_settled_exchange(ben, ada, 15), a_dispute(ada, ben)
    record(half, ben, 15)
    return {
        "propose": lambda: exchanges.propose(by=ada, listing=listing, minutes=15, key=key()),
        "accept": lambda: exchanges.accept(by=ada, exchange=asked),
        "decline": lambda: exchanges.decline(by=ada, exchange=asked),
        "withdraw": lambda: exchanges.withdraw(by=ada, exchange=offered),
        "arrange": lambda: exchanges.arrange(by=ada, exchange=agreed, starts_at=None, place="Ward 6"),
        "write": lambda: exchanges.send_message(by=ada, exchange=agreed, text="Hello", key=key()),
        "cancel": lambda: calling_off.cancel(by=ada, exchange=agreed),
        "no_show": lambda: calling_off.no_show(by=ada, exchange=agreed, reason="Nobody came"),
        "excuse": lambda: calling_off.excuse(by=ada, exchange=agreed, why="duty"),
        "waive": lambda: calling_off.waive(by=ada, exchange=agreed),
        "record": lambda: hours.record_hours(by=ada, exchange=half, minutes=15, key=key()),
        "take_held": lambda: hours.take_held(by=ada, exchange=half),
        "dispute": lambda: disputes.dispute(by=ada, exchange=half, statement="It was short."),
        "say": lambda: disputes.add_statement(by=ada, exchange=disputed, statement="It was short."),
        "appeal": lambda: disputes.appeal(by=ada, exchange=settled, statement="It was short."),
        "undo": lambda: disputes.undo(by=ada, exchange=settled, reason="It was short."),
        "thank": lambda: feedback.give(by=ada, exchange=settled, thanks="Thank you"),
        "show": lambda: feedback.show(by=ada, exchange=settled, shown=True),
    }


def state_of_everything():
    return (
        list(Exchange.objects.order_by("id").values_list("id", "state", "settled_minutes", "place", "why")),
        sql("SELECT id, balance, held, version FROM timebank_account ORDER BY id"),
    )


@pytest.mark.parametrize("how", ["suspended", "closed"])
def test_nothing_is_done_by_any_action(how):
    ada, ben = a_member("Ada"), a_member("Ben")
    calls = everything(ada, ben)
    if how == "suspended":
        ada.suspended_at = timezone.now()
        ada.save()
    else:
        ada.closed_at = timezone.now()  # in the session of an old link; the row itself is anonymised
    before = state_of_everything()
    for name, call in calls.items():
        with pytest.raises(NotAllowed, match="paused" if how == "suspended" else "closed"):
            call()
            pytest.fail(name)
    assert state_of_everything() == before
