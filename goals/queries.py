"""Page-shaped reads of goals."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from goals.models import LEVELS, PARTIAL, Assessment, Goal, SignPost, SignUp, StuckFlag
from goals.registries import circles
from goals.rules import line
from people.rules import without_blocked
from timebank.models import Purpose
from ui.charts import Chart
from ui.charts import line as line_chart
from ui.errors import Missing
from ui.formats import day


def library_for(user) -> list[Goal]:
    """The library's goals, with those that the user has under way left out."""
    taken = SignUp.objects.filter(user=user, state=SignUp.State.ACTIVE).values("goal__slug")
    return list(Goal.objects.library().exclude(slug__in=taken))


def goal_for(user, goal_id) -> Goal:
    """A goal that `user` may sign up for. Raises Missing otherwise."""
    goal = Goal.objects.filter(pk=goal_id, status=Goal.Status.PUBLISHED).filter(Q(owner=None) | Q(owner=user)).first()
    if goal is None:
        raise Missing(_("We cannot find that goal."))
    return goal


def purposes_of(user) -> QuerySet[Purpose]:
    """What a goal of this person may be part of: the work whose team they are on. By kind (an innovation before its
    milestones), then name."""
    return Purpose.objects.filter(pk__in=_purposes("teamed_by", user)).order_by("kind", "label", "id")


def _purposes(side: str, user) -> set[UUID]:
    """Ids of the purposes that this person manages ("managed_by"), or works on ("teamed_by")."""
    return set().union(*(getattr(circle, side)(user) for circle in circles))


@dataclass(frozen=True)
class GoalRow:
    """One of my goals, as a list shows it."""

    sign_up: SignUp
    level: Decimal | int
    words: str
    next_due: dt.date
    open_flag: StuckFlag | None

    @property
    def assess_url(self) -> str:
        return reverse("goals:assess", args=[self.sign_up.pk])

    @property
    def is_due(self) -> bool:
        return self.sign_up.state == SignUp.State.ACTIVE and self.next_due <= timezone.localdate()


def _posts(viewer) -> Prefetch:
    """The sign-posts of flags as one person reads them: whoever was blocked since is no longer sign-posted."""
    posts = SignPost.objects.select_related("listing__member", "peer")
    if viewer is not None:
        posts = without_blocked(posts, viewer, "listing__member", "listing__posted_by", "peer")
    return Prefetch("sign_posts", posts)


def _rows(sign_ups, viewer=None) -> list[GoalRow]:
    latest = Assessment.objects.filter(sign_up=OuterRef("pk")).order_by("-at", "-id")
    flags = StuckFlag.objects.filter(closed_at=None).prefetch_related(_posts(viewer))
    found = (
        sign_ups.select_related("goal", "user", "purpose")
        .annotate(last_level=Subquery(latest.values("level")[:1]), last_at=Subquery(latest.values("at")[:1]))
        .prefetch_related(Prefetch("flags", flags, to_attr="open_flags"))
    )
    rows = []
    for sign_up in found:
        last_on = timezone.localtime(sign_up.last_at).date() if sign_up.last_at else sign_up.starts_on
        level = sign_up.baseline if sign_up.last_level is None else sign_up.last_level
        rows.append(
            GoalRow(
                sign_up=sign_up,
                level=level,
                words=sign_up.goal.words_for(level),
                next_due=min(last_on + dt.timedelta(weeks=sign_up.rhythm_weeks), max(sign_up.ends_on, last_on)),
                open_flag=sign_up.open_flags[0] if sign_up.open_flags else None,
            )
        )
    return rows


def my_goals(user) -> list[GoalRow]:
    """The user's goals, those under way first, then the newest."""
    return _rows(SignUp.objects.filter(user=user).order_by("state", "-created_at", "id"), user)


def team_goals(user) -> list[GoalRow]:
    """Goals under way that the user's team-mates share with their team, by person, then the newest."""
    shared = SignUp.objects.filter(
        state=SignUp.State.ACTIVE,
        visible_to=SignUp.VisibleTo.TEAM,
        purpose__in=_purposes("teamed_by", user),
        user__closed_at=None,
    )
    shared = without_blocked(shared.exclude(user=user), user, "user")
    return _rows(shared.order_by("user__name", "user", "-created_at", "id"), user)


def goals_due(now: dt.datetime) -> list[GoalRow]:
    """Goals under way whose next self-assessment is due."""
    today = timezone.localtime(now).date()
    rows = _rows(SignUp.objects.filter(state=SignUp.State.ACTIVE, user__closed_at=None, user__suspended_at=None))
    return [row for row in rows if row.next_due <= today]


def my_goal(user, sign_up_id) -> GoalRow:
    """One of the user's goals. Raises Missing otherwise."""
    rows = _rows(SignUp.objects.filter(pk=sign_up_id, user=user), user)
    if not rows:
        raise Missing(_("We cannot find that goal."))
    return rows[0]


def way_chart(sign_up: SignUp) -> Chart:
    """My way against the straight line from the baseline to "as expected", all in the goal's own words."""
    history = list(sign_up.assessments.all())
    points = [(sign_up.starts_on, Decimal(sign_up.baseline))]
    points += [(timezone.localtime(said.at).date(), said.level) for said in history]
    levels = {float(level): sign_up.goal.words_for(level) for level in LEVELS}
    if any(level == PARTIAL for _on, level in points):
        levels[float(PARTIAL)] = sign_up.goal.words_for(PARTIAL)
    return line_chart(
        title=_("Your way so far"),
        description=_("Where you said you were, beside a straight line to what you hope for on %(date)s.")
        % {"date": day(sign_up.ends_on)},
        x=_("Date"),
        y=_("Level"),
        series={
            _("You"): [(on, float(level)) for on, level in points],
            _("Straight line"): [
                (on, float(line(sign_up.baseline, sign_up.starts_on, sign_up.ends_on, on)))
                for on in (sign_up.starts_on, sign_up.ends_on)
            ],
        },
        levels=levels,
    )


def flags_for_manager(user) -> list[StuckFlag]:
    """Open flags of goals shared with this manager, the oldest first, each with the page of what its goal is part of.
    Nobody's notes are among it: a note is to oneself."""
    flags = list(
        StuckFlag.objects.filter(
            closed_at=None,
            sign_up__purpose__in=_purposes("managed_by", user),
            sign_up__visible_to__in=[SignUp.VisibleTo.MANAGER, SignUp.VisibleTo.TEAM],
        )
        .select_related("sign_up__user", "sign_up__goal", "sign_up__purpose")
        .prefetch_related(_posts(user))
        .order_by("opened_at", "id")
    )
    pages = _pages({flag.sign_up.purpose_id for flag in flags if flag.sign_up.purpose_id})
    for flag in flags:
        flag.purpose_url = pages.get(flag.sign_up.purpose_id, "")
    return flags


def _pages(purposes: set[UUID]) -> dict[UUID | None, str]:
    """Purpose id → its page, for those that the room that owns them shows."""
    return {pk: page for circle in circles if circle.url_for for pk, page in circle.url_for(purposes).items()}
