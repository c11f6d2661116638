"""The board: finding offers and requests by words and by facets, with how many there are of each.

`listing_query` of migration 0003 reads what somebody typed, and one statement does the rest. `found` are the open listings
that this reader may see and that match the words; the other filters are kept as flags, so that each facet is
counted under all the filters but its own (a day of the week narrows `found` itself, and is not counted). `cube` folds
`found` once, and the facets are sums over it.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import Skill
from people.rules import blocked_ids
from timebank.models import Listing

SHORT = 120  # minutes: up to here an offer is "up to 2 hours"
HOURS = {
    "short": gettext_lazy("Up to 2 hours"),
    "long": gettext_lazy("More than 2 hours"),
    "ongoing": gettext_lazy("Ongoing, or as agreed"),
}
KINDS = {"offer": gettext_lazy("Offers"), "request": gettext_lazy("Requests")}
MODES = {"remote": gettext_lazy("Online or by phone"), "on_site": gettext_lazy("In person")}
DAYS = dict(Listing.Day.choices)
MOST_PLACES = 20  # that a facet names
PAGE = 20


@dataclass(frozen=True)
class Asked:
    """What somebody looks for, as in the address of the board. Empty means all."""

    q: str = ""
    kind: str = ""  # offer | request
    skill: str = ""  # slug of a skill, or of a branch for all that is on it
    mode: str = ""  # remote | on_site; what can be done either way is in both
    place: str = ""
    language: str = ""
    hours: str = ""  # short | long | ongoing
    day: str = ""  # a day of the week (Listing.Day) on which somebody is free

    @classmethod
    def of(cls, given: Any) -> "Asked":
        """From a mapping of anything: what is unknown or no text is left out, words are tidied and cut."""
        known = {f.name: given.get(f.name) for f in fields(cls)}
        asked = {
            name: " ".join(value.replace("\0", " ").split())[:100]
            for name, value in known.items()
            if isinstance(value, str)
        }
        for name, choices in (("kind", KINDS), ("mode", MODES), ("hours", HOURS), ("day", DAYS)):
            if asked.get(name) not in choices:
                asked.pop(name, None)
        return cls(**asked)

    def filters(self) -> dict[str, str]:
        """What was asked for, without what was left open."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name))}


@dataclass
class Facet:
    """One answer of a filter, and how many listings it would leave."""

    value: str
    label: str
    count: int | None  # None where they are not counted
    depth: int = 0  # 1 for a skill on the branch before it


@dataclass
class Found:
    """One page of what was found, and the facets of all of it."""

    total: int
    listings: list[Listing]
    facets: dict[str, list[Facet]]
    some_words: bool = False  # nothing has all of the words; these have some of them


WITHOUT = """
WITH absent AS (
    SELECT id FROM people_user WHERE suspended_at IS NOT NULL OR closed_at IS NOT NULL
    UNION ALL SELECT unnest(%(blocked)s::uuid[])
),
resting AS (
    SELECT id FROM absent
    UNION ALL SELECT user_id FROM timebank_away WHERE last_day >= %(today)s AND first_day <= %(today)s
)
"""
SHOWN = """
    l.closed_at IS NULL AND l.paused_at IS NULL AND (l.open_until IS NULL OR l.open_until >= %(today)s)
        AND l.posted_by_id NOT IN (SELECT id FROM absent)
        AND (l.member_id IS NULL OR l.member_id NOT IN (SELECT id FROM resting))
"""
SEARCH = """
{without}, found AS MATERIALIZED (
    SELECT l.id, l.kind, l.mode, l.language, l.place, l.place_key, l.minutes, l.tags, l.posted_at,
        CASE WHEN l.minutes IS NULL THEN 'ongoing' WHEN l.minutes <= %(short)s THEN 'short' ELSE 'long' END AS hours,
        {skill} AS has_skill, {rank} AS rank
    FROM timebank_listing l
    WHERE {shown} {day} {words} {news}
),
cube AS MATERIALIZED (
    SELECT kind, mode, hours, language, place_key, has_skill, min(place) AS place, count(*) AS n FROM found GROUP BY 1, 2, 3, 4, 5, 6
),
told AS (
    SELECT *,
        (%(kind)s = '' OR kind = %(kind)s) AS in_kind,
        (%(mode)s = '' OR mode IN (%(mode)s, 'both')) AS in_mode,
        (%(hours)s = '' OR hours = %(hours)s) AS in_hours,
        (%(language)s = '' OR language = %(language)s) AS in_language,
        (%(place)s = '' OR place_key = public.plain_text(%(place)s)) AS in_place
    FROM cube
),
tagged AS (
    SELECT tag, sum(n) AS n  -- listings with the same skills are counted together before each skill is
    FROM (SELECT tags, count(*) AS n FROM found WHERE {others} GROUP BY tags) same, unnest(tags) AS tag GROUP BY tag
),
page AS (
    SELECT id, row_number() OVER (ORDER BY rank DESC, posted_at DESC, id DESC) AS place FROM (
        SELECT id, rank, posted_at FROM found WHERE has_skill AND {others}
        ORDER BY rank DESC, posted_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s
    ) AS first
)
SELECT
    (SELECT coalesce(sum(n), 0) FROM told WHERE has_skill AND in_kind AND in_mode AND in_hours AND in_language AND in_place),
    (SELECT coalesce(json_agg(id ORDER BY place), '[]') FROM page),
    (SELECT json_object_agg(kind, n) FROM (SELECT kind, sum(n) AS n FROM told
        WHERE has_skill AND in_mode AND in_hours AND in_language AND in_place GROUP BY 1) f),
    (SELECT json_object_agg(mode, n) FROM (SELECT mode, sum(n) AS n FROM told
        WHERE has_skill AND in_kind AND in_hours AND in_language AND in_place GROUP BY 1) f),
    (SELECT json_object_agg(hours, n) FROM (SELECT hours, sum(n) AS n FROM told
        WHERE has_skill AND in_kind AND in_mode AND in_language AND in_place GROUP BY 1) f),
    (SELECT json_object_agg(language, n) FROM (SELECT language, sum(n) AS n FROM told
        WHERE has_skill AND in_kind AND in_mode AND in_hours AND in_place AND language <> '' GROUP BY 1) f),
    (SELECT json_agg(json_build_array(place, n) ORDER BY n DESC, place) FROM (SELECT min(place) AS place, sum(n) AS n
        FROM told WHERE has_skill AND in_kind AND in_mode AND in_hours AND in_language AND place_key <> ''
        GROUP BY place_key ORDER BY 2 DESC, 1 LIMIT %(places)s) f),
    (SELECT json_object_agg(tag, n) FROM tagged)
"""
# The same listings without words, when how many there are of what is known: read in order from the index.
LATEST = """
{without}
SELECT l.id FROM timebank_listing l
WHERE {shown} {day} AND {skill} AND {others}
ORDER BY l.posted_at DESC, l.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""
OTHERS = """(%(kind)s = '' OR kind = %(kind)s) AND (%(mode)s = '' OR mode IN (%(mode)s, 'both'))
    AND (%(hours)s = '' OR %(hours)s = 'ongoing' AND minutes IS NULL OR %(hours)s = 'short' AND minutes <= %(short)s
        OR %(hours)s = 'long' AND minutes > %(short)s)
    AND (%(language)s = '' OR language = %(language)s)
    AND (%(place)s = '' OR place_key = public.plain_text(%(place)s))"""
DAY = "AND l.days @> ARRAY[%(day)s]::varchar[]"
TYPED = "SELECT wanted::text, exact::text FROM public.listing_query(%s, %s)"
# Whatever has the words as they were typed comes before what only resembles them.
RANK = "CASE WHEN l.search @@ %(exact)s::tsquery THEN 1 ELSE 0 END + ts_rank(l.search, %(wanted)s::tsquery)"
WORDS = "AND l.search @@ %(wanted)s::tsquery"
NEWS = """AND l.shown_at > %(since)s AND l.posted_by_id <> %(viewer)s
    AND NOT EXISTS (SELECT FROM timebank_savedsearchhit hit WHERE hit.search_id = %(saved)s AND hit.listing_id = l.id)"""


LARGE = 2_000  # listings; from here on, the counts of a search without words may be up to a minute old
KEPT = 60  # seconds


def _run(
    viewer: Any, asked: Asked, *, every: bool, limit: int, offset: int, since: Any = None, saved: Any = None
) -> Any:
    """The one row of SEARCH: total, ids, facets. Without words, and for readers whom no block concerns, a large board
    is counted once a minute and only the page is read anew."""
    blocked = blocked_ids(viewer)
    wanted, exact = _read(asked.q, every) if asked.q else (None, None)
    skill = "l.tags && %(skills)s::uuid[]" if asked.skill else "true"
    day = DAY if asked.day else ""
    parameters = {
        **{f.name: getattr(asked, f.name) for f in fields(asked)},
        "wanted": wanted,
        "exact": exact,
        "blocked": [str(pk) for pk in blocked],
        "today": timezone.localdate(),
        "short": SHORT,
        "skills": [str(pk) for pk in _skill_ids(asked.skill)] if asked.skill else [],
        "places": MOST_PLACES,
        "limit": limit,
        "offset": offset,
        "since": since,
        "saved": saved,
        "viewer": viewer.pk,
    }
    written = json.dumps(asked.filters(), sort_keys=True)
    key = f"timebank.board:{hashlib.sha256(written.encode()).hexdigest()}"
    countable = wanted is None and since is None and not blocked
    with connection.cursor() as cursor:
        if countable and (known := cache.get(key)):
            cursor.execute(LATEST.format(without=WITHOUT, shown=SHOWN, day=day, skill=skill, others=OTHERS), parameters)
            return known[0], [str(pk) for (pk,) in cursor.fetchall()], *known[2:]
        sql = SEARCH.format(
            without=WITHOUT,
            shown=SHOWN,
            day=day,
            skill=skill,
            rank=RANK if wanted else "0",
            words=WORDS if wanted else "",
            others=OTHERS,
            news=NEWS if since is not None else "",
        )
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    if countable and max(row[0], sum(_json(row[7]).values())) >= LARGE:  # what was found, and what was counted for it
        cache.set(key, [int(row[0]), *row[1:]], KEPT)
    return row


def _read(typed: str, every: bool) -> tuple[str | None, str | None]:
    """What is wanted, and what was typed exactly, as text search writes them; None where the words say nothing."""
    with connection.cursor() as cursor:
        cursor.execute(TYPED, [typed, every])
        return cursor.fetchone()


def _skill_ids(slug: str) -> list[Any]:
    """The skill with this slug, after merging; none where there is none."""
    row = Skill.objects.filter(slug=slug).values_list("pk", "merged_into").first()
    return [row[1] or row[0]] if row else []


def search(viewer: Any, asked: Asked, *, page: int = 1, size: int = PAGE) -> Found:
    """One page of the open listings that `viewer` may see: what has the words as typed first, then by how well it fits,
    then the latest. Where nothing has all of the words, what has some. Words may be misspelt, in another number, without
    their accents, or not written to their end. The same few queries however many listings there are.
    """
    offset = (max(page, 1) - 1) * size
    row = _run(viewer, asked, every=True, limit=size, offset=offset)
    some_words = not row[0] and len(asked.q.split()) > 1
    if some_words:
        row = _run(viewer, asked, every=False, limit=size, offset=offset)
    total, ids, kinds, modes, hours, languages, places, tags = row
    listings = listings_in_order(_json(ids))
    return Found(
        total=int(total),
        listings=listings,
        facets={
            "kind": _named(KINDS, _json(kinds)),
            "skill": _tree(_json(tags)),
            "mode": _modes(_json(modes)),
            "place": [Facet(place, place, n) for place, n in _json(places) or []],
            "language": _languages(_json(languages)),
            "hours": _named(HOURS, _json(hours)),
            "day": [Facet(value, str(label), None) for value, label in DAYS.items()],
        },
        some_words=some_words and bool(total),
    )


def news(viewer: Any, asked: Asked, *, since: dt.datetime, saved: Any, limit: int) -> list[Listing]:
    """What came onto the board, or was changed there, after `since`, has all that was asked for, is not the viewer's
    own, and that the saved search with the id `saved` has not told of."""
    row = _run(viewer, asked, every=True, limit=limit, offset=0, since=since, saved=saved)
    return listings_in_order(_json(row[1]))


def listings_in_order(ids: Sequence[Any]) -> list[Listing]:
    """These listings with what a row of the board shows, in this order. Three queries."""
    rows = Listing.objects.filter(pk__in=ids).select_related("member", "pot").prefetch_related("skills", "suggestions")
    by_id = {str(row.pk): row for row in rows}
    return [by_id[str(pk)] for pk in ids if str(pk) in by_id]


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value or {}


def _named(names: Any, counts: dict[str, int]) -> list[Facet]:
    return [Facet(value, str(label), counts.get(value, 0)) for value, label in names.items()]


def _modes(counts: dict[str, int]) -> list[Facet]:
    either = counts.get(Listing.Mode.BOTH, 0)
    return [Facet(value, str(label), counts.get(value, 0) + either) for value, label in MODES.items()]


def _languages(counts: dict[str, int]) -> list[Facet]:
    return [Facet(name, name, n) for name, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]


def _tree(counts: dict[str, int]) -> list[Facet]:
    """The branches and skills that something carries, in the order of the tree."""
    return [
        Facet(skill.slug, skill.name, counts[str(skill.pk)], depth=1 if skill.parent_id else 0)
        for skill in Skill.objects.current().in_tree_order()
        if str(skill.pk) in counts
    ]


@dataclass
class Results:
    """What a paginator asks of a list, over `search`: the page that the address names is read first, another one only
    where that is past the end."""

    viewer: Any
    asked: Asked
    page: int = 1
    size: int = PAGE
    _found: Found | None = None

    @property
    def found(self) -> Found:
        if self._found is None:
            self._found = search(self.viewer, self.asked, page=self.page, size=self.size)
        return self._found

    def count(self) -> int:
        """How many listings there are on all pages."""
        return self.found.total

    def __getitem__(self, part: slice) -> list[Listing]:
        page = (part.start or 0) // self.size + 1
        if page != self.page:
            self.page, self._found = page, None
        return self.found.listings


def words_of(asked: Asked) -> str:
    """What somebody looks for, in words: "Offers: run charts, Digital, in person"."""
    return ", ".join(word for _name, word in described(asked)) or _("Everything on the board")


def described(asked: Asked) -> Iterator[tuple[str, str]]:
    """(filter, its answer in words) of each filter that is set."""
    if asked.q:
        yield "q", _("“%(words)s”") % {"words": asked.q}
    if asked.kind:
        yield "kind", str(KINDS[asked.kind])
    if asked.skill:
        yield "skill", Skill.objects.filter(slug=asked.skill).values_list("name", flat=True).first() or asked.skill
    if asked.mode:
        yield "mode", str(MODES[asked.mode])
    if asked.place:
        yield "place", asked.place
    if asked.language:
        yield "language", asked.language
    if asked.hours:
        yield "hours", str(HOURS[asked.hours])
    if asked.day:
        yield "day", str(DAYS[asked.day])
