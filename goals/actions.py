"""Every write to goals."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from audit.actions import record
from audit.ids import short_code
from goals.models import LEVELS, PARTIAL, RHYTHMS, Assessment, Goal, SignPost, SignUp, StuckFlag
from goals.rules import Finding, Said, stuck
from notifications.actions import notify
from people.actions.accounts import one_at_a_time
from people.rules import check_may_act, without_blocked
from timebank.queries.listings import offers_for_skills
from ui.errors import DomainError, Invalid, Missing

SIGN_POSTS = 3


@transaction.atomic
def publish_goal(
    *,
    by,
    slug: str,
    title: str,
    audience: str,
    words: list[str],
    skills=(),
    rhythm_weeks: int = 2,
    usual_weeks: int = 12,
) -> Goal:
    """Publishes a new version of a library goal; the version in force is superseded, and kept by who signed up for it."""
    if len(words) != 5 or not all(words):
        raise Invalid(_("A goal needs words for all five levels."), "words")
    current = Goal.objects.select_for_update().filter(slug=slug).order_by("-version").first()
    Goal.objects.filter(slug=slug, status=Goal.Status.PUBLISHED).update(status=Goal.Status.SUPERSEDED)
    goal = Goal.objects.create(
        slug=slug, version=current.version + 1 if current else 1, status=Goal.Status.PUBLISHED, title=title,
        audience=audience, words=words, rhythm_weeks=rhythm_weeks, usual_weeks=usual_weeks,
    )  # fmt: skip
    goal.skills.set(skills)
    record(by=by, verb="goals.goal.published", obj=goal, version=goal.version)
    return goal


@transaction.atomic
def write_own_goal(*, by, title: str, words: list[str], skills=(), rhythm_weeks: int = 2) -> Goal:
    """A goal in a member's own words, that only they can sign up for. The same words again, before they have signed up,
    are a second click: one goal. Raises Invalid where a level has no words."""
    check_may_act(by)
    if len(words) != 5 or not all(word.strip() for word in words):
        raise Invalid(_("Say in words what each of the five levels would look like."), "words")
    one_at_a_time(by)
    same = Goal.objects.filter(owner=by, title=title, words=words, status=Goal.Status.PUBLISHED, sign_ups=None)
    if written := same.order_by("id").first():
        return written
    goal = Goal.objects.create(
        slug=f"{slugify(title)[:60]}-{short_code(8).lower()}", status=Goal.Status.PUBLISHED, title=title,
        audience=Goal.Audience.EVERYONE, words=words, rhythm_weeks=rhythm_weeks, owner=by,
    )  # fmt: skip
    goal.skills.set(skills)
    record(by=by, verb="goals.goal.written", obj=goal)
    return goal


@transaction.atomic
def sign_up(
    *, by, goal: Goal, baseline: int, ends_on: dt.date, why: str = "", rhythm_weeks: int | None = None, importance: int = 1,
    visible_to: str = SignUp.VisibleTo.ME, may_be_asked: bool = False, purpose=None, starts_on: dt.date | None = None,
) -> SignUp:  # fmt: skip
    """Signs `by` up for a goal from a baseline level (−2 to +2) until a date.

    Raises Missing for somebody else's own goal, Invalid for a level, rhythm or date that cannot be, and DomainError
    where they are signed up for it already.
    """
    check_may_act(by)
    if goal.owner_id not in (None, by.pk) or goal.status != Goal.Status.PUBLISHED:
        raise Missing(_("We cannot find that goal."))
    starts_on = starts_on or timezone.localdate()
    rhythm_weeks = rhythm_weeks or goal.rhythm_weeks
    if baseline not in LEVELS:
        raise Invalid(_("Choose where you are now."), "baseline")
    if rhythm_weeks not in RHYTHMS:
        raise Invalid(_("Choose how often you want to be asked."), "rhythm_weeks")
    if ends_on <= starts_on:
        raise Invalid(_("The end date must be after today."), "ends_on")
    if SignUp.objects.filter(user=by, goal=goal, state=SignUp.State.ACTIVE).exists():
        raise DomainError(_("You are signed up for this goal already."))
    made = SignUp.objects.create(
        user=by, goal=goal, purpose=purpose, why=why, baseline=baseline, importance=importance, rhythm_weeks=rhythm_weeks,
        starts_on=starts_on, ends_on=ends_on, visible_to=visible_to, may_be_asked=may_be_asked,
    )  # fmt: skip
    record(by=by, verb="goals.sign_up.made", obj=made)
    return made


@transaction.atomic
def assess(
    *, by, sign_up: SignUp, level: Decimal | int, confidence: int | None = None, note: str = "", said_stuck: bool = False,
    times_before: int | None = None,
) -> tuple[Assessment, StuckFlag | None]:  # fmt: skip
    """Adds a self-assessment, and looks at once whether its writer is stuck. Returns it and the open flag, if any.

    `times_before` is how often they had assessed themselves when their page was drawn: the same answers as the newest
    from a page that is older than it are a second click, and add nothing.
    Raises Missing for somebody else's goal, DomainError for one that has ended, Invalid for an unknown level or a
    confidence outside 1 to 5.
    """
    check_may_act(by)
    if sign_up.user_id != by.pk:
        raise Missing(_("We cannot find that goal."))
    locked = SignUp.objects.select_for_update().select_related("goal").get(pk=sign_up.pk)
    if locked.state != SignUp.State.ACTIVE:
        raise DomainError(_("This goal has ended, so you cannot add to it. You can sign up for it again."))
    if level not in (*LEVELS, PARTIAL):
        raise Invalid(_("Choose where you are now."), "level")
    if confidence is not None and not 1 <= confidence <= 5:
        raise Invalid(_("Choose how confident you are, from 1 to 5."), "confidence")
    answers = {"level": level, "confidence": confidence, "note": note, "said_stuck": said_stuck}
    if times_before is not None and times_before < locked.assessments.count():
        newest = locked.assessments.order_by("at", "id").last()
        if newest is not None and all(getattr(newest, name) == value for name, value in answers.items()):
            return newest, StuckFlag.objects.filter(sign_up=locked, closed_at=None).first()
    said = Assessment.objects.create(sign_up=locked, **answers)
    record(by=by, verb="goals.assessment.added", obj=said, said_stuck=said_stuck)
    return said, review_stuck(sign_up=locked)


def _findings(sign_up: SignUp, today: dt.date) -> list[Finding]:
    history = [
        Said(timezone.localtime(said.at).date(), said.level, said.said_stuck) for said in sign_up.assessments.all()
    ]
    return stuck(
        history,
        baseline=sign_up.baseline,
        starts_on=sign_up.starts_on,
        ends_on=sign_up.ends_on,
        rhythm_weeks=sign_up.rhythm_weeks,
        today=today,
    )


@transaction.atomic
def review_stuck(*, sign_up: SignUp, today: dt.date | None = None) -> StuckFlag | None:
    """Opens a flag where a stuck rule holds, closes the open one where none does. Returns the open flag, if any.

    A rule that the person has already answered with "I am not stuck", now or no longer, stays quiet until they assess
    themselves again.
    """
    locked = SignUp.objects.select_for_update().select_related("goal", "user").get(pk=sign_up.pk)
    flag = StuckFlag.objects.filter(sign_up=locked, closed_at=None).first()
    if locked.state != SignUp.State.ACTIVE:
        return None
    finding = next((f for f in _findings(locked, today or timezone.localdate()) if not f.unknown), None)
    if finding is None:
        if flag:
            _close(flag, StuckFlag.Closing.PROGRESS, by=None)
        return None
    if flag:
        return flag
    last = locked.assessments.last()
    answered = StuckFlag.objects.filter(
        sign_up=locked, rule=finding.rule,
        closed_because__in=(StuckFlag.Closing.NOT_STUCK, StuckFlag.Closing.UNSTUCK),
        **({"closed_at__gt": last.at} if last else {}),
    )  # fmt: skip
    if answered.exists():
        return None
    flag = StuckFlag.objects.create(sign_up=locked, rule=finding.rule, inputs=finding.inputs)
    record(by=None, verb="goals.flag.opened", obj=flag, rule=finding.rule)
    posts = _put_up_sign_posts(flag)
    notify(
        to=locked.user,
        kind="goal_stuck",
        key=f"goal_stuck:{flag.pk}",
        subject=_("Help with your goal: %(goal)s") % {"goal": locked.goal.title},
        template="goals/mail/stuck",
        context={"goal": locked.goal.title, "reasons": [post.reason for post in posts]},
        url=reverse("goals:sign_up", args=[locked.pk]),
    )
    return flag


def _put_up_sign_posts(flag: StuckFlag) -> list[SignPost]:
    """Up to three ways out: offers with the goal's skills, else people who got there and may be asked, else a request."""
    sign_up = flag.sign_up
    skills = list(sign_up.goal.skills.all())
    posts = [
        SignPost(flag=flag, kind=SignPost.Kind.OFFER, listing_id=offer.id, reason=offer.reason[:200])
        for offer in offers_for_skills(skills, for_user=sign_up.user, limit=SIGN_POSTS)
    ]
    if not posts:
        posts = [
            SignPost(
                flag=flag, kind=SignPost.Kind.PEER, peer=peer, reason=_("Reached this goal and is happy to be asked")
            )
            for peer in _people_who_got_there(sign_up)
        ]
    if not posts:
        reason = _("Nobody offers this yet: ask the community, we have started the request for you")
        posts = [SignPost(flag=flag, kind=SignPost.Kind.REQUEST, reason=reason)]
    for position, post in enumerate(posts, start=1):
        post.position = position
    return SignPost.objects.bulk_create(posts)


def _people_who_got_there(sign_up: SignUp):
    may_be_asked = SignUp.objects.filter(
        goal__slug=sign_up.goal.slug,
        may_be_asked=True,
        assessments__level__gte=0,
        user__closed_at=None,
        user__suspended_at=None,
    )
    reached = (
        without_blocked(may_be_asked, sign_up.user, "user")
        .exclude(user=sign_up.user)
        .exclude(state=SignUp.State.ABANDONED)
        .select_related("user")
        .distinct()
        .order_by("-created_at", "id")[:SIGN_POSTS]
    )
    return list({found.user_id: found.user for found in reached}.values())


def _close(flag: StuckFlag, because: str, *, by) -> None:
    flag.closed_at, flag.closed_because = timezone.now(), because
    flag.save(update_fields=["closed_at", "closed_because"])
    record(by=by, verb="goals.flag.closed", obj=flag, because=because)


def _own_open_flag(by, flag: StuckFlag) -> StuckFlag:
    found = StuckFlag.objects.select_for_update().filter(pk=flag.pk, sign_up__user=by).first()
    if found is None:
        raise Missing(_("We cannot find that goal."))
    return found


@transaction.atomic
def answer_flag(*, by, flag: StuckFlag, right: bool) -> None:
    """The person's answer to "was this right?". "No" closes the flag as not stuck. Saying it again changes nothing."""
    found = _own_open_flag(by, flag)
    if found.closed_at is not None:
        return
    found.was_right = right
    found.save(update_fields=["was_right"])
    record(by=by, verb="goals.flag.answered", obj=found, right=right)
    if not right:
        _close(found, StuckFlag.Closing.NOT_STUCK, by=by)


@transaction.atomic
def no_longer_stuck(*, by, flag: StuckFlag) -> None:
    """The person says that they are stuck no longer, whoever said first that they were. A second click changes nothing.
    Raises Missing for somebody else's."""
    found = _own_open_flag(by, flag)
    if found.closed_at is None:
        _close(found, StuckFlag.Closing.UNSTUCK, by=by)


@transaction.atomic
def follow_sign_post(*, by, post: SignPost) -> SignPost:
    """Remembers when a sign-post was first opened. Raises Missing for somebody else's."""
    found = SignPost.objects.select_for_update().filter(pk=post.pk, flag__sign_up__user=by).first()
    if found is None:
        raise Missing(_("We cannot find that sign-post."))
    if found.opened_at is None:
        found.opened_at = timezone.now()
        found.save(update_fields=["opened_at"])
    return found


@transaction.atomic
def end(*, by, sign_up: SignUp, state: str, why: str = "") -> None:
    """Finishes or stops a goal; its history stays. Raises Missing for somebody else's; ending twice changes nothing."""
    locked = SignUp.objects.select_for_update().filter(pk=sign_up.pk, user=by).first()
    if locked is None:
        raise Missing(_("We cannot find that goal."))
    if locked.state != SignUp.State.ACTIVE:
        return
    if state not in (SignUp.State.FINISHED, SignUp.State.ABANDONED):
        raise Invalid(_("Say whether you have finished or want to stop."), "state")
    locked.state, locked.ended_at, locked.abandoned_why = state, timezone.now(), why
    locked.save(update_fields=["state", "ended_at", "abandoned_why"])
    for flag in StuckFlag.objects.filter(sign_up=locked, closed_at=None):
        _close(flag, StuckFlag.Closing.ENDED, by=by)
    record(by=by, verb=f"goals.sign_up.{state}", obj=locked)


@transaction.atomic
def note_exchanges() -> int:
    """Joins sign-posts to the exchanges that came of them, and closes flags whose person got help. Returns how many."""
    waiting = (
        SignPost.objects.select_for_update(of=("self",))
        .filter(kind=SignPost.Kind.OFFER, exchange=None, opened_at__isnull=False)
        .select_related("flag__sign_up", "listing")
        .order_by("id")
    )
    joined = 0
    for post in waiting:
        assert post.listing is not None  # by its kind
        exchange = (
            post.listing.exchanges.filter(receiver_id=post.flag.sign_up.user_id, proposed_at__gte=post.shown_at)
            .order_by("proposed_at", "id")
            .first()
        )
        if exchange is None:
            continue
        post.asked_at = post.asked_at or exchange.proposed_at
        if exchange.state == "settled":
            post.exchange = exchange
            joined += 1
            if post.flag.closed_at is None:
                _close(post.flag, StuckFlag.Closing.SUPPORT, by=None)
        post.save(update_fields=["asked_at", "exchange"])
    return joined
