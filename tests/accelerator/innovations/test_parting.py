"""A manager or a member of a team closes their account: nothing is left without somebody who hears of it."""

import pytest

from accelerator.actions.leaving import told
from accelerator.models import Innovation, InnovationMember
from notifications.models import InboxItem
from people.actions.privacy import close_account
from people.models import RoleGrant
from tests.accelerator.factories import a_manager, a_person
from tests.accelerator.innovations.factories import an_innovation

pytestmark = pytest.mark.django_db


def close(user) -> None:
    close_account(by=user, user=user)


def subjects(user) -> list[str]:
    return list(InboxItem.objects.filter(user=user, kind="innovation_people").values_list("subject", flat=True))


def test_a_managers_innovations_go_to_whoever_of_their_wave_has_the_fewest():
    leaving, busy, free = a_manager(), a_manager(), a_manager()
    first = an_innovation(manager=leaving)
    an_innovation(manager=busy, wave=None)
    over = an_innovation(manager=leaving)
    Innovation.objects.filter(pk=over.pk).update(life="stopped", stopped_why="It was tried", learnt="A lot")
    close(leaving)
    first.refresh_from_db()
    over.refresh_from_db()
    assert first.manager == free
    assert over.manager == leaving, "what is over stays as it was"
    assert subjects(free) == [f"{first.name} is yours to look after now"] and not subjects(busy)


def test_the_last_manager_of_a_wave_leaves_word_with_the_administrators():
    leaving, ida = a_manager(), a_person("Ida Administrator")
    RoleGrant.objects.create(user=ida, role="administrator", reason="For this test")
    mine = an_innovation(manager=leaving)
    close(leaving)
    mine.refresh_from_db()
    assert mine.manager == leaving
    assert subjects(ida) == [f"{mine.name} has no manager"]


def test_a_lead_who_leaves_hands_the_lead_on_and_a_team_of_nobody_is_told_to_its_manager():
    ann, ben, manager = a_person("Ann Lead"), a_person("Ben Next"), a_manager()
    ours = an_innovation(lead=ann, with_others=(ben,), manager=manager)
    close(ann)
    assert list(InnovationMember.objects.values_list("user", "lead")) == [(ben.pk, True)]
    assert subjects(ben) == [f"You lead {ours.name} now"]
    assert subjects(manager) == [f"{ours.name} has a new lead"]
    close(ben)
    assert not InnovationMember.objects.exists()
    assert set(subjects(manager)) == {f"{ours.name} has a new lead", f"Nobody is on the team of {ours.name} now"}


def test_the_page_before_closing_says_what_becomes_of_them():
    lead, manager = a_person("Ann Lead"), a_manager()
    an_innovation(lead=lead, manager=manager)
    assert told(manager) == {"reviews": 0, "drafts": 0, "claims": 0, "managed": 1, "teams": 0}
    assert told(lead) == {"reviews": 0, "drafts": 0, "claims": 0, "managed": 0, "teams": 1}
    assert told(a_person("Nobody")) is None
