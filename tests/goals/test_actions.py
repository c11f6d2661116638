import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from goals import actions
from goals.models import Assessment, Goal, SignPost, SignUp, StuckFlag
from notifications.models import OutboxMessage
from people.models import Skill
from tests.goals.factories import WORDS, library_goal, member, sign_up
from timebank.actions.listings import post_listing
from ui.errors import DomainError, Invalid, Missing

pytestmark = pytest.mark.django_db


def test_a_new_version_supersedes_the_old_and_leaves_those_who_signed_up_on_it():
    first = library_goal()
    mine = sign_up(member(), first)
    second = actions.publish_goal(
        by=None, slug=first.slug, title="Ask more people", audience="innovator", words=WORDS[::-1]
    )
    first.refresh_from_db()
    assert (first.status, second.version) == ("superseded", 2)
    assert list(Goal.objects.library()) == [second]
    mine.refresh_from_db()
    assert mine.goal == first


def test_the_words_of_a_goal_in_use_never_change():
    goal = library_goal()
    goal.words = WORDS[::-1]
    goal.save()  # nobody has signed up yet
    sign_up(member(), goal)
    goal.words = WORDS
    with pytest.raises(ProgrammingError, match="publish a new version"), transaction.atomic():
        goal.save()


def test_somebody_elses_own_goal_cannot_be_found():
    own = actions.write_own_goal(by=member("Ada"), title="My way", words=WORDS)
    with pytest.raises(Missing):
        sign_up(member("Ben"), own)
    assert not SignUp.objects.exists()


def test_signing_up_twice_says_so_and_changes_nothing():
    ada, goal = member(), library_goal()
    sign_up(ada, goal)
    with pytest.raises(DomainError, match="already"):
        sign_up(ada, goal)
    assert SignUp.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"baseline": 3}, "baseline"), ({"rhythm_weeks": 3}, "rhythm_weeks"), ({"weeks": 0}, "ends_on")],
)
def test_bad_input_names_its_field(wrong, field):
    with pytest.raises(Invalid) as error:
        sign_up(member(), **wrong)
    assert error.value.field == field
    assert not SignUp.objects.exists()


def test_assessments_are_appended_and_the_database_refuses_to_change_them():
    mine = sign_up(member())
    said, _flag = actions.assess(by=mine.user, sign_up=mine, level=Decimal("-0.5"), note="Half way")
    connection.check_constraints()  # nothing left pending, so that TRUNCATE reaches its trigger
    for change in (
        "UPDATE goals_assessment SET level = 2",
        "DELETE FROM goals_assessment",
        "TRUNCATE goals_assessment CASCADE",
    ):
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    said.refresh_from_db()
    assert (said.level, said.note) == (Decimal("-0.5"), "Half way")


@pytest.mark.parametrize(
    "broken",
    [
        {"level": Decimal("0.5")},
        {"level": 0, "confidence": 6},
    ],
)
def test_the_database_refuses_levels_and_confidence_that_do_not_exist(broken):
    mine = sign_up(member())
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.create(sign_up=mine, **broken)


def test_nobody_assesses_somebody_elses_goal_or_one_that_has_ended():
    mine, ben = sign_up(member()), member("Ben")
    with pytest.raises(Missing):
        actions.assess(by=ben, sign_up=mine, level=0)
    actions.end(by=mine.user, sign_up=mine, state="finished")
    with pytest.raises(DomainError, match="ended"):
        actions.assess(by=mine.user, sign_up=mine, level=0)
    assert not Assessment.objects.exists()


def offer(helper, title="I ask users for a living", skill="user research"):
    return post_listing(
        by=helper, kind="offer", title=title, description="An hour on the phone", minutes=60,
        skills=[Skill.objects.get(name__iexact=skill)],
    )  # fmt: skip


def test_saying_stuck_brings_up_an_offer_with_its_reason_on_the_page_and_by_mail():
    listing = offer(member("Hana Helper"))
    offer(member("Otto Other"), "Budgets", "health economics")
    mine = sign_up(member())
    _said, flag = actions.assess(by=mine.user, sign_up=mine, level=-1, said_stuck=True)
    assert flag.rule == "S0"
    (post,) = flag.sign_posts.all()
    assert (post.kind, post.listing) == ("offer", listing)
    assert "user research" in post.reason.lower() or "skill" in post.reason.lower()
    letter = OutboxMessage.objects.get(kind="goal_stuck")
    assert letter.user == mine.user
    assert post.reason in letter.text


def test_without_an_offer_people_who_got_there_are_sign_posted_and_only_those_who_agreed():
    goal = library_goal()
    for name, may_be_asked in (("Willing", True), ("Private", False)):
        other = sign_up(member(name), goal, may_be_asked=may_be_asked)
        actions.assess(by=other.user, sign_up=other, level=1)
    mine = sign_up(member(), goal)
    _said, flag = actions.assess(by=mine.user, sign_up=mine, level=-1, said_stuck=True)
    assert [post.peer.name for post in flag.sign_posts.all()] == ["Willing"]


def test_with_nobody_at_all_a_request_is_started():
    mine = sign_up(member())
    _said, flag = actions.assess(by=mine.user, sign_up=mine, level=-1, said_stuck=True)
    assert [post.kind for post in flag.sign_posts.all()] == ["request"]


def test_one_open_flag_a_goal_and_progress_closes_it():
    mine = sign_up(member())
    _said, flag = actions.assess(by=mine.user, sign_up=mine, level=-1, said_stuck=True)
    _said, again = actions.assess(by=mine.user, sign_up=mine, level=-1, said_stuck=True)
    assert again == flag
    _said, none = actions.assess(by=mine.user, sign_up=mine, level=0)
    flag.refresh_from_db()
    assert none is None
    assert flag.closed_because == "progress"


def test_not_stuck_closes_the_flag_and_the_rule_stays_quiet_until_the_next_assessment():
    mine = sign_up(member(), weeks_ago=13)
    Assessment.objects.create(sign_up=mine, level=-1, at=timezone.now() - dt.timedelta(weeks=2))
    flag = actions.review_stuck(sign_up=mine)
    assert flag.rule == "S3"
    actions.answer_flag(by=mine.user, flag=flag, right=False)
    flag.refresh_from_db()
    assert (flag.was_right, flag.closed_because) == (False, "not_stuck")
    assert actions.review_stuck(sign_up=mine) is None
    _said, raised_again = actions.assess(by=mine.user, sign_up=mine, level=-1)
    assert raised_again.rule == "S3"


def test_nobody_answers_or_follows_for_somebody_else():
    mine, ben = sign_up(member()), member("Ben")
    _said, flag = actions.assess(by=mine.user, sign_up=mine, level=-1, said_stuck=True)
    with pytest.raises(Missing):
        actions.answer_flag(by=ben, flag=flag, right=False)
    with pytest.raises(Missing):
        actions.follow_sign_post(by=ben, post=flag.sign_posts.get())
    flag.refresh_from_db()
    assert flag.was_right is None
    assert flag.sign_posts.get().opened_at is None


def test_following_a_sign_post_is_remembered_once():
    mine = sign_up(member())
    _said, flag = actions.assess(by=mine.user, sign_up=mine, level=-1, said_stuck=True)
    post = actions.follow_sign_post(by=mine.user, post=flag.sign_posts.get())
    with time_machine.travel(timezone.now() + dt.timedelta(days=1)):
        assert actions.follow_sign_post(by=mine.user, post=post).opened_at == post.opened_at


def test_stopping_keeps_the_history_and_ends_the_flag():
    mine = sign_up(member())
    actions.assess(by=mine.user, sign_up=mine, level=-1, said_stuck=True)
    actions.end(by=mine.user, sign_up=mine, state="abandoned", why="No time this winter")
    mine.refresh_from_db()
    assert (mine.state, mine.abandoned_why) == ("abandoned", "No time this winter")
    assert mine.assessments.count() == 1
    assert StuckFlag.objects.get().closed_because == "ended"


def test_a_sign_post_points_to_exactly_what_its_kind_says():
    mine = sign_up(member())
    _said, flag = actions.assess(by=mine.user, sign_up=mine, level=-1, said_stuck=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        SignPost.objects.create(flag=flag, kind="offer", reason="Nothing behind it", position=9)
