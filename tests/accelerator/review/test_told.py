"""Reviewers are told, once, when they can see how it came out."""

import pytest

from accelerator.actions import letters
from notifications.models import InboxItem, OutboxMessage
from tests.accelerator.apply.test_pages import as_, page_of
from tests.accelerator.factories import (
    a_decision,
    a_manager,
    a_person,
    a_review,
    a_reviewer,
    a_wave,
    an_application,
    an_assignment,
)

pytestmark = pytest.mark.django_db


def test_each_who_read_is_told_once_a_wave_and_by_the_first_letter_of_theirs():
    wave, manager = a_wave(), a_manager()
    first, second, third = (an_application(a_person("Wilhelmina Writer"), wave) for _ in range(3))
    both, late, unread = a_reviewer(), a_reviewer(), a_reviewer()
    for application, reviewer in ((first, both), (second, both), (third, late)):
        a_review(application, reviewer=reviewer)
    an_assignment(first, unread)
    for one in (first, second, third):
        a_decision(one, manager=manager)

    def told():
        return sorted(InboxItem.objects.filter(kind="review_outcomes").values_list("user_id", flat=True))

    letters.send_letters(by=manager, applications=[first])
    assert told() == [both.pk]
    letters.send_letters(by=manager, applications=[first, second])
    assert told() == [both.pk], "a second letter and a second click say nothing more"
    letters.send_letters(by=manager, applications=[third])
    assert told() == sorted([both.pk, late.pk])
    mail = OutboxMessage.objects.get(kind="review_outcomes", user=both)
    assert wave.name in mail.subject
    assert "Wilhelmina" not in mail.text + mail.subject
    item = InboxItem.objects.get(kind="review_outcomes", user=both)
    assert item.url == f"/reviews/outcomes/{wave.slug}/"
    assert first.reference in page_of(as_(both).get(item.url))
