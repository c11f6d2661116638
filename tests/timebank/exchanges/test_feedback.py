import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.models import InboxItem
from people.models import Block, Skill
from tests.timebank.factories import (
    a_broker,
    a_listing,
    a_member,
    a_proposal,
    a_settled_exchange,
    a_skill,
    an_agreement,
)
from timebank.actions import disputes, feedback
from timebank.models import Feedback, SkillConfirmation
from timebank.queries import feedback as queries
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db


def test_the_receiver_thanks_says_how_useful_it_was_and_confirms_skills_and_the_giver_is_told_of_the_thanks():
    exchange = a_settled_exchange(a_member("Ada"), a_member("Ben"), minutes=90)
    skill = a_skill()
    feedback.give(by=exchange.receiver, exchange=exchange, thanks="You saved my week.", useful=5, skills=[skill])
    told = InboxItem.objects.get(user=exchange.provider, kind="timebank.thanks")
    assert "You saved my week." in told.text and "5" not in told.text
    assert [f.thanks for f in queries.thanks_to(exchange.provider)] == ["You saved my week."]
    (seen,) = queries.confirmed_skills(exchange.provider)
    assert (seen.skill, seen.times, seen.minutes) == (skill, 1, 90)
    assert queries.skills_of([exchange.pk]) == {exchange.pk: [skill.name]}
    now = timezone.now()
    assert queries.usefulness(now - dt.timedelta(days=1), now + dt.timedelta(days=1)) == {1: 0, 2: 0, 3: 0, 4: 0, 5: 1}


def test_what_was_said_is_replaced_and_only_new_words_of_thanks_are_sent():
    exchange = a_settled_exchange()
    one, two = a_skill(), Skill.objects.current().exclude(pk=a_skill().pk).order_by("name")[0]
    feedback.give(by=exchange.receiver, exchange=exchange, thanks="Thank you", skills=[one])
    feedback.show(by=exchange.provider, exchange=exchange, shown=True)
    feedback.give(by=exchange.receiver, exchange=exchange, thanks="Thank you", useful=4, skills=[two])
    assert InboxItem.objects.filter(user=exchange.provider, kind="timebank.thanks").count() == 1
    assert [c.skill for c in SkillConfirmation.objects.all()] == [two]
    assert [f.useful for f in queries.thanks_to(exchange.provider, shown_only=True)] == [4]
    feedback.give(by=exchange.receiver, exchange=exchange, thanks="Other words", useful=4)
    assert not queries.thanks_to(exchange.provider, shown_only=True).exists()  # the giver chooses again
    assert InboxItem.objects.filter(user=exchange.provider, kind="timebank.thanks").count() == 2


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({}, "thanks"),
        ({"thanks": "  "}, "thanks"),
        ({"thanks": "x" * 1001}, "thanks"),
        ({"useful": 0}, "useful"),
        ({"useful": 6}, "useful"),
    ],
)
def test_what_cannot_be_said_is_refused_and_nothing_is_kept(fields, at):
    exchange = a_settled_exchange()
    with pytest.raises(Invalid) as refused:
        feedback.give(by=exchange.receiver, exchange=exchange, **fields)
    assert refused.value.field == at
    assert not Feedback.objects.exists()


def test_only_the_receiving_side_of_a_settled_exchange_says_anything():
    settled, agreed = a_settled_exchange(), an_agreement()
    blocked = a_settled_exchange()
    Block.objects.create(blocker=blocked.provider, blocked=blocked.receiver)
    suspended = a_settled_exchange()
    suspended.receiver.suspended_at = timezone.now()
    suspended.receiver.save()
    for by, exchange, error in [
        (settled.provider, settled, NotAllowed),
        (a_member(), settled, Missing),
        (agreed.receiver, agreed, DomainError),
        (blocked.receiver, blocked, NotAllowed),
        (suspended.receiver, suspended, NotAllowed),
    ]:
        with pytest.raises(error):
            feedback.give(by=by, exchange=exchange, thanks="Thank you")
    assert not Feedback.objects.exists()


def test_thanks_are_shown_to_others_only_where_the_giver_chooses_so():
    exchange = a_settled_exchange()
    with pytest.raises(DomainError, match="no thanks"):
        feedback.show(by=exchange.provider, exchange=exchange, shown=True)
    feedback.give(by=exchange.receiver, exchange=exchange, thanks="Thank you")
    with pytest.raises(NotAllowed):
        feedback.show(by=exchange.receiver, exchange=exchange, shown=True)
    for shown in (True, False):
        feedback.show(by=exchange.provider, exchange=exchange, shown=shown)
        assert queries.thanks_to(exchange.provider, shown_only=True).exists() is shown


def test_what_is_reversed_counts_no_more():
    exchange = a_settled_exchange()
    feedback.give(by=exchange.receiver, exchange=exchange, thanks="Thank you", useful=5, skills=[a_skill()])
    disputes.reverse(by=a_broker(), exchange=exchange, reason="It was another Ada.")
    assert not queries.thanks_to(exchange.provider).exists()
    assert queries.confirmed_skills(exchange.provider) == []
    now = timezone.now()
    assert sum(queries.usefulness(now - dt.timedelta(days=1), now + dt.timedelta(days=1)).values()) == 0


def test_a_skill_that_was_merged_counts_as_what_it_became():
    ada = a_member()
    kept, gone = a_skill(), Skill.objects.current().exclude(pk=a_skill().pk).order_by("name")[0]
    for skills in ([kept, gone], [gone]):
        exchange = a_settled_exchange(ada, minutes=60)
        feedback.give(by=exchange.receiver, exchange=exchange, skills=skills)
    Skill.objects.filter(pk=gone.pk).update(merged_into=kept)
    (seen,) = queries.confirmed_skills(ada)
    assert (seen.skill, seen.times, seen.minutes) == (kept, 2, 120)


def test_the_skills_to_choose_from_are_those_of_the_listing_and_of_the_giver():
    one, two, three = Skill.objects.current().order_by("name")[:3]
    ada = a_member()
    ada.profile.skills.add(two)
    listing = a_listing(ada, skills=[one])
    exchange = a_proposal(None, None, listing=listing)
    assert set(queries.choices_for(exchange)) == {one, two}
    assert three not in queries.choices_for(exchange)


def test_feedback_that_cannot_be_is_refused_by_the_database():
    exchange = a_settled_exchange()
    said = feedback.give(by=exchange.receiver, exchange=exchange, thanks="Thank you", skills=[a_skill()])
    for name, change in [
        ("useful_1_to_5", {"useful": 6}),
        ("feedback_shows_only_thanks", {"shown": True, "thanks": ""}),
    ]:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Feedback.objects.filter(pk=said.pk).update(**change)
    with pytest.raises(IntegrityError, match="skill_confirmed_once_each"), transaction.atomic():
        SkillConfirmation.objects.create(exchange=exchange, skill=a_skill(), confirmed_by=exchange.receiver)
