"""Goals that are part of an innovation: who sees them, as its manager or on its team."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from goals import actions, queries
from goals.models import Goal, SignUp
from people.models import Skill
from tests.accelerator.factories import a_manager, a_person
from tests.accelerator.innovations.factories import a_funded_wave, an_innovation, first, lead_of
from tests.signing_in import sign_in
from timebank.actions.listings import post_listing

pytestmark = pytest.mark.django_db
WORDS = ["Nobody asked", "One person asked", "Three people asked", "Five people asked", "Ten people asked"]


def a_goal(slug: str = "ask-people") -> Goal:
    return actions.publish_goal(by=None, slug=slug, title="Ask people", audience="innovator", words=WORDS)


def stuck(by, purpose, visible_to="manager", goal=None) -> SignUp:
    """Somebody who says that they are stuck with a goal that is part of `purpose`."""
    ends_on = timezone.localdate() + dt.timedelta(weeks=8)
    made = actions.sign_up(
        by=by, goal=goal or a_goal(), baseline=-1, ends_on=ends_on, purpose=purpose, visible_to=visible_to
    )
    actions.assess(by=by, sign_up=made, level=-1, said_stuck=True)
    return made


def test_a_manager_sees_the_flags_shared_with_them_of_their_own_innovations():
    manager, other = a_manager("Mo Manager"), a_manager("Olu Other")
    ours, theirs = an_innovation(manager=manager), an_innovation(manager=other)
    shared = stuck(lead_of(ours), ours.purpose, goal=a_goal("shared"))
    of_a_milestone = stuck(lead_of(ours), first(ours).purpose, "team", goal=a_goal("milestone"))
    stuck(lead_of(ours), ours.purpose, "me", goal=a_goal("private"))
    stuck(lead_of(ours), None, "manager", goal=a_goal("of-nothing"))
    foreign = stuck(lead_of(theirs), theirs.purpose, goal=a_goal("foreign"))
    assert [flag.sign_up for flag in queries.flags_for_manager(manager)] == [shared, of_a_milestone]
    assert [flag.sign_up for flag in queries.flags_for_manager(other)] == [foreign]
    assert queries.flags_for_manager(a_manager()) == []


def test_team_mates_see_what_is_shared_with_the_team_and_nobody_else_does(client):
    mate = a_person("Tess Team")
    ours = an_innovation(with_others=(mate,))
    lead = lead_of(ours)
    shared = stuck(lead, ours.purpose, "team", goal=a_goal("shared"))
    stuck(lead, ours.purpose, "manager", goal=a_goal("managers"))
    assert [row.sign_up for row in queries.team_goals(mate)] == [shared]
    assert queries.team_goals(lead) == []
    assert queries.team_goals(a_person()) == []
    sign_in(client, mate)
    page = client.get(reverse("goals:mine")).content.decode()
    assert "One person asked" in page and str(lead) in page


def test_signing_up_offers_ones_own_work_only_and_asks_for_it_where_it_is_shared(client):
    ours, theirs, goal = an_innovation(), an_innovation(), a_goal()
    lead, address = lead_of(ours), reverse("goals:sign_up_for", args=[goal.pk])
    sign_in(client, lead)
    page = client.get(address).content.decode()
    assert str(ours.purpose.pk) in page and str(theirs.purpose.pk) not in page
    form = {"baseline": "-1", "rhythm_weeks": "2", "ends_on-day": "1", "ends_on-month": "6", "ends_on-year": "2030"}
    for wrong in ({"visible_to": "manager"}, {"visible_to": "manager", "purpose": str(theirs.purpose.pk)}):
        assert client.post(address, form | wrong).status_code == 422
    assert not SignUp.objects.exists()
    client.post(address, form | {"visible_to": "manager", "purpose": str(ours.purpose.pk)})
    assert SignUp.objects.get().purpose == ours.purpose
    sign_in(client, a_person())
    assert "Who may see it?" not in client.get(address).content.decode()


def test_the_stuck_list_leads_to_the_person_their_work_and_the_offers_and_keeps_their_notes_private(client):
    manager, helper = a_manager(), a_person("Hal Helper")
    ours, skill = an_innovation(manager=manager), Skill.objects.get(name__iexact="user research")
    offer = post_listing(
        by=helper, kind="offer", title="Ask well", description="An hour", skills=[skill], mode="remote"
    )
    goal = actions.publish_goal(
        by=None, slug="ask", title="Ask people", audience="innovator", words=WORDS, skills=[skill]
    )
    one = stuck(lead_of(ours), ours.purpose, goal=goal)
    two = stuck(lead_of(ours), first(ours).purpose, goal=a_goal("other"))
    actions.assess(by=one.user, sign_up=one, level=-1, note="Only for me", said_stuck=True)
    sign_in(client, manager)
    page = client.get(reverse("goals:stuck")).content.decode()
    for address in (
        reverse("people:person", args=[two.user_id]),
        reverse("accelerator:innovation", args=[ours.pk]),
        reverse("accelerator:milestone", args=[first(ours).pk]),
        reverse("timebank:listing", args=[offer.pk]),
        reverse("people:person", args=[helper.pk]),
    ):
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
    assert "Ask well" in page and "Only for me" not in page


def test_the_stuck_list_costs_the_same_however_many_are_stuck(client):
    manager, goal = a_manager(), a_goal()
    innovation = an_innovation(manager=manager, wave=a_funded_wave())
    sign_in(client, manager)

    def queries_with(number: int) -> int:
        while SignUp.objects.count() < number:
            stuck(a_person(), innovation.purpose, goal=goal)
        client.get(reverse("goals:stuck"))  # the session's own
        with CaptureQueriesContext(connection) as counted:
            page = client.get(reverse("goals:stuck"))
        assert page.content.decode().count("They say so") == number
        return len(counted)

    assert queries_with(3) == queries_with(30)
