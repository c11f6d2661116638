"""Goals and sign-ups for tests."""

import datetime as dt

from django.utils import timezone

from goals import actions
from goals.models import Goal, SignUp
from people.actions.accounts import bring_aboard
from people.models import Skill, User
from tests.people.factories import make_known

WORDS = ["Nobody asked", "One person asked", "Three people asked", "Five people asked", "Ten people asked"]


def member(name: str = "Ada", email: str | None = None) -> User:
    """A member who has accepted the code of conduct."""
    user = bring_aboard(email=email or f"{name.lower().replace(' ', '.')}@example.org", name=name)
    User.objects.filter(pk=user.pk).update(conduct_accepted_at=timezone.now())
    user.refresh_from_db()
    make_known(user)
    return user


def library_goal(slug: str = "ask-people", skills: tuple[str, ...] = ("user research",)) -> Goal:
    found = [Skill.objects.get(name__iexact=name) for name in skills]
    return actions.publish_goal(
        by=None, slug=slug, title="Ask people what they think", audience="innovator", words=WORDS, skills=found
    )


def sign_up(user: User, goal: Goal | None = None, *, weeks_ago: int = 0, weeks: int = 12, **fields) -> SignUp:
    starts = timezone.localdate() - dt.timedelta(weeks=weeks_ago)
    fields.setdefault("baseline", -1)
    return actions.sign_up(
        by=user, goal=goal or library_goal(), starts_on=starts, ends_on=starts + dt.timedelta(weeks=weeks), **fields
    )


def world(people: dict) -> dict:
    """For the URL matrix: the party is signed up, and stuck."""
    mine = sign_up(people["party"])
    _said, flag = actions.assess(by=mine.user, sign_up=mine, level=-1, said_stuck=True)
    assert flag is not None
    return {
        "goal_id": library_goal("another-goal").pk,
        "sign_up_id": mine.pk,
        "flag_id": flag.pk,
        "post_id": flag.sign_posts.get().pk,
    }
