"""Who is thanked for hours given to something."""

import pytest
from django.utils import timezone

from people.actions import safety
from people.models import User
from tests.timebank.factories import a_broker, a_member, a_settled_exchange, an_agreement
from timebank.actions import disputes, purposes
from timebank.queries.helpers import helpers_of

pytestmark = pytest.mark.django_db


def test_helpers_are_counted_over_what_was_settled_and_stands():
    purpose = purposes.create(kind="milestone", label="Ask five people")
    ada, ben, team = a_member(), a_member(), a_member()
    for minutes in (60, 30):
        a_settled_exchange(ada, team, minutes, purpose=purpose)
    a_settled_exchange(ben, team, 120, purpose=purpose)
    a_settled_exchange(a_member(), team, 60)  # for something else
    an_agreement(a_member(), team, 60, purpose=purpose)  # not done yet
    undone = a_settled_exchange(a_member(), team, 60, purpose=purpose)
    disputes.reverse(by=a_broker(), exchange=undone, reason="A slip")
    assert [(h.person, h.minutes) for h in helpers_of(purpose)] == [(ben, 120), (ada, 90)]


def test_nobody_who_left_is_paused_or_blocked_is_among_them(django_assert_num_queries):
    purpose, team = purposes.create(kind="milestone", label="Ask five people"), a_member()
    ada, left, paused, blocked, blocker = (a_member() for _who in range(5))
    for helper in (ada, left, paused, blocked, blocker):
        a_settled_exchange(helper, team, 15, purpose=purpose)
    User.objects.filter(pk=left.pk).update(closed_at=timezone.now(), email=None, name="")
    User.objects.filter(pk=paused.pk).update(suspended_at=timezone.now())
    safety.block(by=team, user=blocked)
    safety.block(by=blocker, user=team)
    with django_assert_num_queries(3):
        found = helpers_of(purpose, told_about=[team])
    assert [helper.person for helper in found] == [ada]
    assert {helper.person for helper in helpers_of(purpose)} == {ada, blocked, blocker}
