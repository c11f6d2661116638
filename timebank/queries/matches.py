"""Who and what goes with a listing: the best counterparts at once, each with the reason in words; and requests that
nobody has answered, for the broker."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications import calendar
from people.models import Skill, User
from people.models.reference import Nation
from timebank import registries
from timebank.models import Exchange, Listing
from timebank.models.listings import in_a_row
from timebank.rules import State
from ui.formats import hours

WORKING_DAYS = 3  # that a request may wait before a broker looks at it
NATIONS = {
    Nation.SCOTLAND: "SCT",
    Nation.WALES: "WLS",
    Nation.NORTHERN_IRELAND: "NIR",
}  # all others: England's holidays


@dataclass
class Match:
    """Somebody who goes with a listing: through a listing of theirs, or only by what their profile says."""

    person: User | None  # None for a pot's request
    listing: Listing | None
    skills: list[str]
    days: list[str]  # on which they are free, those that both have first where there are any
    given: int  # minutes, settled

    @property
    def reason(self) -> str:
        """Why: "Offers user research, free on Tuesdays, has given 6 h"."""
        named = _(" and ").join(name[:1].lower() + name[1:] for name in self.skills)
        if self.listing is None:
            parts = [_("is good at %(skills)s") % {"skills": named}]
        elif self.listing.kind == Listing.Kind.OFFER:
            parts = [_("offers %(skills)s") % {"skills": named}]
        else:
            parts = [_("asks for %(skills)s") % {"skills": named}]
        if self.days:
            parts.append(_("free on %(days)s") % {"days": in_a_row(self.days)})
        if self.listing is not None and self.listing.mode == Listing.Mode.ON_SITE and self.listing.place:
            parts.append(_("in person, %(place)s") % {"place": self.listing.place})
        if self.given:
            parts.append(_("has given %(hours)s") % {"hours": hours(self.given)})
        elif self.person is not None:
            parts.append(_("new here"))
        text = ", ".join(parts)
        return text[0].upper() + text[1:]


# One row a match. `own` are the skills of the listing, `owners` who it is from: they, the people who block them or whom
# they block, and whoever is suspended, gone or away are never suggested. Listings come before what a profile says.
MATCHES = """
WITH absent AS (
    SELECT id FROM people_user WHERE suspended_at IS NOT NULL OR closed_at IS NOT NULL
),
resting AS (
    SELECT id FROM absent
    UNION ALL SELECT user_id FROM timebank_away WHERE last_day >= %(today)s AND first_day <= %(today)s
),
asked AS (
    SELECT l.id, l.kind, l.mode, l.days, l.place_key,
        ARRAY(SELECT coalesce(s.merged_into_id, s.id) FROM timebank_listing_skills t
              JOIN people_skill s ON s.id = t.skill_id WHERE t.listing_id = l.id) AS own,
        CASE WHEN l.member_id IS NOT NULL THEN ARRAY[l.member_id, l.posted_by_id]
             ELSE ARRAY(SELECT user_id FROM timebank_potsteward WHERE pot_id = l.pot_id AND until IS NULL) || l.posted_by_id
        END AS owners
    FROM timebank_listing l WHERE l.id = ANY (%(ids)s::uuid[])
)
SELECT a.id, best.listing_id, best.person_id, best.skills, best.given
FROM asked a CROSS JOIN LATERAL (
    SELECT DISTINCT ON (owner) *,
        CASE WHEN person_id IS NULL THEN 0 ELSE
            (SELECT coalesce(sum(e.settled_minutes), 0) FROM timebank_exchange e
             WHERE e.provider_id = person_id AND e.state = 'settled') END AS given
    FROM (
        (SELECT o.id AS listing_id, o.member_id AS person_id, coalesce(o.member_id, o.pot_id) AS owner,
            ARRAY(SELECT unnest(o.tags) INTERSECT SELECT unnest(a.own)) AS skills, o.days && a.days AS same_day,
            o.mode = 'both' OR a.mode = 'both' OR o.mode = a.mode AND (o.mode = 'remote' OR o.place_key = a.place_key) AS meets,
            o.shown_at AS at
        FROM timebank_listing o
        WHERE o.kind <> a.kind AND o.closed_at IS NULL AND o.paused_at IS NULL
            AND (o.open_until IS NULL OR o.open_until >= %(today)s) AND o.tags && a.own
            AND o.posted_by_id <> ALL (a.owners) AND (o.member_id IS NULL OR o.member_id <> ALL (a.owners))
            AND (o.pot_id IS NULL OR NOT EXISTS (SELECT FROM timebank_potsteward s
                 WHERE s.pot_id = o.pot_id AND s.until IS NULL AND s.user_id = ANY (a.owners)))
            AND o.posted_by_id NOT IN (SELECT id FROM absent)
            AND (o.member_id IS NULL OR o.member_id NOT IN (SELECT id FROM resting))
            AND NOT EXISTS (SELECT FROM people_block b
                WHERE b.blocker_id IN (o.posted_by_id, o.member_id) AND b.blocked_id = ANY (a.owners))
            AND NOT EXISTS (SELECT FROM people_block b
                WHERE b.blocked_id IN (o.posted_by_id, o.member_id) AND b.blocker_id = ANY (a.owners))
        ORDER BY same_day DESC, meets DESC, o.shown_at DESC, o.id LIMIT 100)
        UNION ALL
        (SELECT NULL, u.id, u.id, array_agg(ps.skill_id), false, true, u.joined_at
        FROM people_profile_skills ps JOIN people_user u ON u.id = ps.profile_id
        WHERE a.kind = 'request' AND ps.skill_id = ANY (a.own) AND u.conduct_accepted_at IS NOT NULL
            AND u.id <> ALL (a.owners) AND u.id NOT IN (SELECT id FROM resting)
            AND NOT EXISTS (SELECT FROM people_block b WHERE b.blocker_id = u.id AND b.blocked_id = ANY (a.owners))
            AND NOT EXISTS (SELECT FROM people_block b WHERE b.blocked_id = u.id AND b.blocker_id = ANY (a.owners))
        GROUP BY u.id ORDER BY count(*) DESC, u.joined_at, u.id LIMIT 100)
    ) candidate
    ORDER BY owner, listing_id IS NULL, cardinality(skills) DESC, same_day DESC, meets DESC, at DESC, listing_id
) best
ORDER BY a.id, best.listing_id IS NULL, cardinality(best.skills) DESC, best.same_day DESC NULLS LAST, best.meets DESC,
    best.given DESC, best.at DESC, best.owner
"""


def counterparts(listings: Sequence[Listing], limit: int = 3) -> dict[Any, list[Match]]:
    """For each listing its best counterparts: offers for a request (then people whose profile says the skill), requests
    for an offer. More skills in common first, then a day that both have, a way to meet, hours given, the latest. One
    match a person. Four queries, however many listings."""
    found: dict[Any, list[Match]] = {listing.pk: [] for listing in listings}
    if not found:
        return found
    with connection.cursor() as cursor:
        cursor.execute(MATCHES, {"ids": [str(pk) for pk in found], "today": timezone.localdate()})
        rows = []
        taken = dict.fromkeys(found, 0)
        for row in cursor.fetchall():
            if taken[row[0]] < limit:
                taken[row[0]] += 1
                rows.append(row)
    others = Listing.objects.select_related("pot").in_bulk({row[1] for row in rows if row[1]})
    people = User.objects.in_bulk({row[2] for row in rows if row[2]})
    names = dict(Skill.objects.filter(pk__in={pk for row in rows for pk in row[3]}).values_list("pk", "name"))
    asked = {listing.pk: listing for listing in listings}
    for pk, listing_id, person_id, skills, given in rows:
        other = others.get(listing_id)
        found[pk].append(
            Match(
                person=people.get(person_id),
                listing=other,
                skills=sorted(names[skill] for skill in skills),
                days=_days(other, asked[pk]),
                given=int(given),
            )
        )
    return found


def _days(other: Listing | None, asked: Listing) -> list[str]:
    """The days that both have; where there are none, those of the other."""
    if other is None:
        return []
    shared = [day for day in other.days if day in asked.days] or other.days
    return [str(Listing.Day(day).label) for day in Listing.Day.values if day in shared]


def suggested_for(user: Any, limit: int = 3) -> list[tuple[Listing, Match]]:
    """For the board: what goes with a member's own open listings, the best of each in turn, each person once."""
    mine = list(Listing.objects.open().filter(member=user).order_by("-shown_at", "-id")[:5])
    matches = counterparts(mine, limit=limit)
    seen, chosen = set(), []
    for place in range(limit):
        for listing in mine:
            if place >= len(matches[listing.pk]):
                continue
            match = matches[listing.pk][place]
            if match.listing is not None and match.listing.pk not in seen:
                seen.add(match.listing.pk)
                chosen.append((listing, match))
    return chosen[:limit]


def unanswered(now: dt.datetime | None = None) -> QuerySet[Listing]:
    """Open requests that nobody has proposed anything on for three working days (`registries.working_days_for` says what
    waits less), oldest first. Working days are those of the nation of the member's organisation (of the pot's, for a
    pot), England's where there is none."""
    today = calendar.london(now or timezone.now()).date()
    answered = Exchange.objects.filter(listing__isnull=False)
    waiting = _late(today, WORKING_DAYS) & ~Q(pk__in=answered.values("listing"))
    helped = answered.exclude(state__in=[State.DECLINED, State.WITHDRAWN, State.EXPIRED, State.CANCELLED])
    for kind, days in registries.working_days_for.items():
        waiting |= Q(purpose__kind=kind) & _late(today, days) & ~Q(pk__in=helped.values("listing"))
    return (
        Listing.objects.open()
        .not_from_absent()
        .filter(waiting, kind=Listing.Kind.REQUEST)
        .select_related("member", "pot", "posted_by")
        .prefetch_related("skills")
        .order_by("posted_at", "id")
    )


def _late(today: dt.date, days: int) -> Q:
    """Listings that have waited for so many working days of their nation."""
    nation = Q()
    late = Q()
    for name, code in NATIONS.items():
        here = Q(member__profile__organisation__nation=name) | Q(pot__organisation__nation=name)
        nation |= here
        late |= here & Q(posted_at__lt=_posted_before(today, code, days))
    # The rest is England's: a plain NOT would leave out those without an organisation.
    elsewhere = Listing.objects.filter(nation).values("pk")
    return late | ~Q(pk__in=elsewhere) & Q(posted_at__lt=_posted_before(today, "ENG", days))


def _posted_before(today: dt.date, nation: str, days: int) -> dt.datetime:
    """The first moment that is too late: what was posted before it has waited for `days` working days."""
    last = today
    while calendar.working_days_between(last, today, nation) < days:
        last -= dt.timedelta(days=1)
    return calendar.at_london(last + dt.timedelta(days=1), dt.time(0))
