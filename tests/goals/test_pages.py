import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goals import actions, queries
from goals.models import Assessment, Goal, SignUp, StuckFlag
from tests.goals.factories import library_goal, member, sign_up
from tests.signing_in import sign_in
from timebank.actions.purposes import create
from timebank.models import Listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client):
    user = member("Ada")
    sign_in(client, user)
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


@pytest.mark.parametrize(("rule", "asked"), [("S0", False), ("S2", True)])
def test_we_ask_whether_we_guessed_right_only_where_we_guessed(client, ada, rule, asked):
    mine = sign_up(ada)
    StuckFlag.objects.create(sign_up=mine, rule=rule, inputs={})
    page = words(client.get(reverse("goals:sign_up", args=[mine.pk])))
    assert "Who may help you on" in page
    assert ("Were we right" in page) == asked


def test_somebody_elses_words_are_nowhere(client, ada):
    theirs = sign_up(member("Ben"), why="A secret of Ben")
    actions.assess(by=theirs.user, sign_up=theirs, level=0, note="Another secret of Ben")
    assert client.get(reverse("goals:sign_up", args=[theirs.pk])).status_code == 404
    for address in (reverse("goals:mine"), reverse("goals:library"), reverse("ui:home")):
        assert "secret of Ben" not in words(client.get(address))


def test_the_list_asks_as_many_questions_of_the_database_for_many_goals_as_for_few(client, ada):
    def asked() -> int:
        client.get(reverse("goals:mine"))  # the session's own
        with CaptureQueriesContext(connection) as counted:
            client.get(reverse("goals:mine"))
        return len(counted)

    for number in range(3):
        sign_up(ada, library_goal(f"goal-{number}"))
    few = asked()
    for number in range(3, 25):
        sign_up(ada, library_goal(f"goal-{number}"))
    assert asked() == few


# ── the way out ──


def stuck_with(user, goal=None, **fields):
    """The sign-posts of somebody who says that they are stuck."""
    mine = sign_up(user, goal, **fields)
    _said, flag = actions.assess(by=user, sign_up=mine, level=-1, said_stuck=True)
    return list(flag.sign_posts.all())


def test_a_sign_post_to_somebody_who_got_there_leads_to_their_page(client, ada):
    goal = library_goal()
    hana = sign_up(member("Hana"), goal, may_be_asked=True)
    actions.assess(by=hana.user, sign_up=hana, level=1)
    (post,) = stuck_with(ada, goal)
    answer = client.post(reverse("goals:follow", args=[post.pk]), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("people:person", args=[hana.user_id])
    assert answer.status_code == 200 and "Hana" in words(answer)


def test_a_sign_post_to_the_community_opens_a_request_that_has_been_begun(client, ada):
    purpose = create(kind="innovation", label="Cup in Reach")
    (post,) = stuck_with(ada, purpose=purpose)
    answer = client.post(reverse("goals:follow", args=[post.pk]), follow=True)
    form = answer.context["form"]
    assert form["title"].value() == "Help with a goal: Ask people what they think"
    assert [str(skill) for skill in form.fields["skills"].queryset.filter(pk__in=form["skills"].value())] == [
        "User research"
    ]
    sent = {name: form[name].value() for name in ("title", "purpose", "key")}
    client.post(answer.redirect_chain[-1][0], sent | {"mode": "remote", "skills": list(form["skills"].value())})
    assert Listing.objects.get().purpose == purpose


def test_nobody_follows_or_answers_for_somebody_else(client, ada):
    (post,) = stuck_with(member("Ben"))
    assert client.post(reverse("goals:follow", args=[post.pk])).status_code == 404
    assert client.post(reverse("goals:answer_flag", args=[post.flag_id]), {"right": "no"}).status_code == 404
    for name in ("assess", "stop"):
        form = {"level": "0", "state": "finished"}
        assert client.post(reverse(f"goals:{name}", args=[post.flag.sign_up_id]), form).status_code == 404
    post.refresh_from_db()
    post.flag.sign_up.refresh_from_db()
    assert (post.opened_at, post.flag.closed_at, post.flag.sign_up.state) == (None, None, "active")


def test_the_chart_and_its_table_speak_the_goals_own_words(client, ada):
    mine = sign_up(ada)
    actions.assess(by=ada, sign_up=mine, level=Decimal("-0.5"))
    chart = queries.way_chart(mine)
    assert "Nobody asked" in chart.svg and "Ten people asked" in chart.svg and "Part of the way there" in chart.svg
    assert not re.search(r">[-−]?[012](\.\d)?<", chart.svg)
    said = {cell for row in chart.rows for cell in row[1:] if cell}
    assert said <= {"One person asked", "Part of the way there", "Three people asked"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"ends_on-year": "2001"}, "There is a problem"),
        ({"ends_on-day": "31", "ends_on-month": "2"}, "There is a problem"),
        ({"rhythm_weeks": "3"}, "There is a problem"),
        ({"baseline": "-0.5"}, "There is a problem"),
        ({"why": "x" * 301}, "300 characters or fewer"),
    ],
)
def test_a_sign_up_that_cannot_be_is_sent_back(client, ada, wrong, says):
    form = {"baseline": "-1", "rhythm_weeks": "2", "ends_on-day": "1", "ends_on-month": "6", "ends_on-year": "2030"}
    answer = client.post(reverse("goals:sign_up_for", args=[library_goal().pk]), form | wrong)
    assert answer.status_code == 422 and says in words(answer)
    assert not SignUp.objects.exists()


@pytest.mark.parametrize("missing", ["title", "words_0", "words_4"])
def test_a_goal_of_ones_own_needs_a_title_and_all_its_words(client, ada, missing):
    form = {"title": "My way", **{f"words_{level}": "Words" for level in range(5)}} | {missing: " "}
    assert client.post(reverse("goals:own"), form).status_code == 422
    assert not Goal.objects.exists()


def test_stopping_needs_an_answer_and_a_second_click_changes_nothing(client, ada):
    mine = sign_up(ada)
    address = reverse("goals:stop", args=[mine.pk])
    for wrong in ({}, {"state": "lost"}, {"state": "abandoned", "why": "x" * 301}):
        assert client.post(address, wrong).status_code == 422
    mine.refresh_from_db()
    assert mine.state == "active"
    client.post(address, {"state": "finished"})
    client.post(address, {"state": "abandoned", "why": "Again"})
    mine.refresh_from_db()
    assert (mine.state, mine.abandoned_why) == ("finished", "")


def test_whoever_said_they_were_stuck_says_that_they_are_no_longer_and_is_left_in_peace_until_they_say_otherwise(
    client,
):
    ada = member()
    mine = sign_up(ada)
    _said, flag = actions.assess(by=ada, sign_up=mine, level=-1, said_stuck=True)
    sign_in(client, ada)
    page = client.get(f"/goals/{mine.pk}/").content.decode()
    assert "I am no longer stuck" in page and "Were we right" not in page
    for _click in range(2):
        assert client.post(f"/goals/flags/{flag.pk}/unstuck/").url == f"/goals/{mine.pk}/"
    flag.refresh_from_db()
    assert (flag.closed_because, flag.was_right) == ("unstuck", None)
    assert actions.review_stuck(sign_up=mine) is None
    assert "I am no longer stuck" not in client.get(f"/goals/{mine.pk}/").content.decode()
    _said, again = actions.assess(by=ada, sign_up=mine, level=-1, said_stuck=True)
    assert again is not None and again != flag
