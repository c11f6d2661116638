"""The policy's versions: draft, published, superseded; changed by an administrator only, with a reason."""

import pytest

from audit.models import Event
from tests.timebank.browsing import at, text_of
from tests.timebank.factories import a_broker, a_member, an_administrator, an_agreement, key
from timebank.actions import policy as actions
from timebank.models import Account, Policy
from timebank.queries import policy as queries
from ui.errors import DomainError, NotAllowed

pytestmark = pytest.mark.django_db


def form(**changes):
    """The draft form as it is drawn, with some of it changed."""
    now = Policy.objects.in_force()
    typed = {
        name: ", ".join(map(str, value)) if isinstance(value, list) else f"{value} min" if name in queries.IN_MINUTES else value
        for name in queries.names()
        if not isinstance(value := getattr(now, name), bool)
    }  # fmt: skip
    typed |= {"member_floor": "-10", "first_floor": "-2", "soft_warning": "-5", "tolerance": "15 min"}
    return typed | {"reason": "Too many were stuck", "key": key()} | changes


def test_every_number_of_the_policy_has_a_label_and_a_field():
    from timebank.forms.desk import PolicyForm

    assert set(queries.names()) == actions.NUMBERS
    assert set(queries.LABELS) >= actions.NUMBERS, "say in words what the new number means"
    assert set(PolicyForm().fields) == actions.NUMBERS | {"reason", "key"}


def test_an_administrator_drafts_sees_the_difference_and_publishes(as_):
    low = a_member("Ada Lovelace")
    an_agreement(a_member(), low, 420)
    client = as_(an_administrator())
    page = text_of(client.post(at("policy_draft"), form(member_floor="-6"), follow=True))
    assert "Saved as a draft" in page and "How far below zero a member may go 10 h below zero 6 h below zero" in page
    assert "1 member would be under it" in page and "Ada Lovelace: 0 h (7 h set aside)" in page
    assert Policy.objects.in_force().version == 1, "a draft changes nothing"
    assert Account.objects.get(member=low).floor == -600
    done = text_of(client.post(at("policy_publish", 2), follow=True))
    assert "Version 2 is in force" in done and "Superseded" in done
    assert Account.objects.get(member=low).floor == -360
    assert Event.objects.filter(verb="timebank.policy.published").count() == 1
    assert client.post(at("policy_publish", 2)).status_code == 409, "a second click"


def test_a_draft_that_was_overtaken_cannot_be_published(as_):
    boss = an_administrator()
    old = actions.draft(by=boss, reason="One", tolerance=10)
    new = actions.draft(by=boss, reason="Two", tolerance=20)
    actions.publish(policy=new, by=boss)
    assert [each.state for each in queries.versions()] == ["in_force", "not_used", "superseded"]
    page = text_of(as_(boss).get(at("policy_version", old.version)))
    assert "Not used" in page and "Publish it" not in page
    with pytest.raises(DomainError, match="later policy"):
        actions.publish(policy=old, by=boss)


def test_each_version_is_compared_with_what_was_in_force_before_it():
    boss = an_administrator()
    actions.publish(policy=actions.draft(by=boss, reason="One", tolerance=20), by=boss)
    actions.draft(by=boss, reason="Never used", tolerance=25)
    actions.publish(policy=actions.draft(by=boss, reason="Two", reminder_days=[2, 5], charge_late=True), by=boss)
    changes = {v.policy.version: [(c.before, c.value) for c in v.changes] for v in queries.versions()}
    assert changes[1] == []
    assert changes[2] == [("15 min", "20 min")]
    assert changes[3] == [("20 min", "25 min")]
    assert changes[4] == [("3, 7, 12", "2, 5"), ("No", "Yes")]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"reason": ""}, "Say why the policy changes"),
        ({"reason": "x" * 501}, "500 characters"),
        ({}, "Nothing is different"),
        ({"member_floor": "1"}, "0 or below zero"),
        ({"member_floor": "-2"}, "between the floor and 0"),
        ({"soft_warning": "1"}, "between the floor and 0"),
        ({"tolerance": "lots"}, "Enter the time in hours"),
        ({"proposal_days": "-1"}, "0 or more"),
        ({"reminder_days": "soon"}, "commas between them"),
        ({"exchange_least": "2", "exchange_most": "1"}, "shorter than the shortest"),
        ({"exchange_step": "0"}, "more than 0"),
        ({"key": ""}, "out of date"),
    ],
)
def test_a_policy_that_cannot_be_is_sent_back(as_, typed, says):
    answer = as_(an_administrator()).post(at("policy_draft"), form(**typed))
    assert answer.status_code == 422 and says in text_of(answer), text_of(answer)
    assert Policy.objects.count() == 1


def test_brokers_read_and_only_administrators_change(as_):
    boss, broker, member = an_administrator(), a_broker(), a_member()
    actions.draft(by=boss, reason="One", tolerance=20)
    page = text_of(as_(broker).get(at("policy")))
    assert "Only an administrator can change it" in page and "Draft a new version" not in page
    assert "Publish it" not in text_of(as_(broker).get(at("policy_version", 2)))
    for person in (broker, member):
        with pytest.raises(NotAllowed):
            actions.draft(by=person, reason="Mine", tolerance=5)
        with pytest.raises(NotAllowed):
            actions.publish(policy=Policy.objects.get(version=2), by=person)
    assert as_(broker).post(at("policy_publish", 2)).status_code == 403
    assert as_(member).get(at("policy")).status_code == 403
    assert Policy.objects.in_force().version == 1
    assert as_(broker).get(at("policy_version", 99)).status_code == 404
