import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goals import actions
from goals.models import Assessment, SignUp
from tests.goals.factories import library_goal, member, sign_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client):
    user = member("Ada")
    client.force_login(user)
    return user


def words(response) -> str:
    """The text of a page without its markup's spaces."""
    return " ".join(response.content.decode().split())


def test_signing_up_and_assessing_from_the_library(client, ada):
    goal = library_goal()
    assert goal.title in words(client.get(reverse("goals:library")))
    page = client.get(reverse("goals:sign_up_for", args=[goal.pk]))
    assert "Five people asked" in words(page)
    answer = client.post(
        reverse("goals:sign_up_for", args=[goal.pk]),
        {"baseline": "-1", "rhythm_weeks": "2", "ends_on-day": "1", "ends_on-month": "6", "ends_on-year": "2030", "visible_to": "me"},
    )  # fmt: skip
    mine = SignUp.objects.get(user=ada)
    assert answer.url == reverse("goals:sign_up", args=[mine.pk])
    client.post(reverse("goals:assess", args=[mine.pk]), {"level": "-0.5", "note": "Asked Tom"})
    page = words(client.get(reverse("goals:sign_up", args=[mine.pk])))
    assert "Part of the way there" in page
    assert "Asked Tom" in page
    assert "<svg" in page
    assert goal.title not in words(client.get(reverse("goals:library")))


def test_a_form_with_nothing_in_it_keeps_what_was_typed_and_says_what_is_missing(client, ada):
    goal = library_goal()
    answer = client.post(reverse("goals:sign_up_for", args=[goal.pk]), {"why": "For my dad"})
    assert answer.status_code == 422
    assert "Choose where you are now" in words(answer)
    assert "For my dad" in words(answer)
    assert not SignUp.objects.exists()


@pytest.mark.parametrize("level", ["", "7", "0.5", "much"])
def test_a_level_that_does_not_exist_is_refused(client, ada, level):
    mine = sign_up(ada)
    assert client.post(reverse("goals:assess", args=[mine.pk]), {"level": level}).status_code == 422
    assert not Assessment.objects.exists()


def test_an_ended_goal_takes_no_more_and_says_so(client, ada):
    mine = sign_up(ada)
    actions.end(by=ada, sign_up=mine, state="finished")
    answer = client.post(reverse("goals:assess", args=[mine.pk]), {"level": "0"})
    assert answer.status_code == 409
    assert "has ended" in words(answer)
    assert not Assessment.objects.exists()


def test_stuck_people_see_who_may_help_on_their_goal_and_at_home(client, ada):
    mine = sign_up(ada)
    client.post(reverse("goals:assess", args=[mine.pk]), {"level": "-1", "said_stuck": "on"})
    for address in (reverse("goals:sign_up", args=[mine.pk]), reverse("ui:home")):
        assert "Ask the community" in words(client.get(address))


def test_somebody_elses_words_are_nowhere(client, ada):
    theirs = sign_up(member("Ben"), why="A secret of Ben")
    actions.assess(by=theirs.user, sign_up=theirs, level=0, note="Another secret of Ben")
    assert client.get(reverse("goals:sign_up", args=[theirs.pk])).status_code == 404
    for address in (reverse("goals:mine"), reverse("goals:library"), reverse("ui:home")):
        assert "secret of Ben" not in words(client.get(address))


def test_the_list_asks_as_many_questions_of_the_database_for_many_goals_as_for_few(client, ada):
    def queries() -> int:
        client.get(reverse("goals:mine"))  # the session's own
        with CaptureQueriesContext(connection) as counted:
            client.get(reverse("goals:mine"))
        return len(counted)

    for number in range(3):
        sign_up(ada, library_goal(f"goal-{number}"))
    few = queries()
    for number in range(3, 25):
        sign_up(ada, library_goal(f"goal-{number}"))
    assert queries() == few
