"""Four people who might meet, and every query that could name one of them to another.

`PROBES` are the queries that may name people whom the reader has nothing agreed with: each gives what the reader is
shown. `APART` are the others, by module, and why they need no probe: they read one's own things, those of two people who
have agreed on something, or what only staff see. A query that is in neither list fails the test."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from accelerator.queries import innovations
from goals import queries as goal_queries
from people import queries as people_queries
from people.models import Skill, User
from people.rules import without_blocked
from tests.goals.factories import library_goal, sign_up
from tests.timebank.factories import a_listing, a_member, a_pot, a_settled_exchange, some_office_hours
from tests.timebank.group_sessions.factories import a_session
from timebank.actions import feedback as feedback_actions
from timebank.actions import pot_people, pots
from timebank.models import GroupSession, Listing, OfficeHours, Pot, SavedSearch, Slot
from timebank.queries import (
    board,
    feedback,
    group_sessions,
    helpers,
    home,
    listings,
    matches,
    office_hours,
    pot_page,
    record,
)
from ui.errors import Missing

APPS = ("people", "outreach", "timebank", "goals", "accelerator", "notifications", "evaluation")
READERS = {"viewer", "for_user", "user", "reader", "listings", "told_about"}
NAMES = ["Ama Quarshie", "Bo Lindqvist", "Cai Rhydderch", "Dee Okonjo"]
SKILL = "User research"


@dataclass
class Scene:
    """Everybody is everywhere: each offers, asks, holds office hours and a session, runs and has helped one pot, has
    thanked one host, and has reached the goal on which the others are stuck."""

    people: list[User] = field(default_factory=list)
    host: User | None = None  # whom all have thanked
    pot: Pot | None = None
    stuck: dict[Any, Any] = field(default_factory=dict)  # person id → goal sign-up


def a_scene() -> Scene:
    """Through the actions that people use."""
    from goals import actions as goal_actions

    skill = Skill.objects.named(SKILL)
    scene = Scene([a_member(name) for name in NAMES], a_member("Host Everybody Thanked"))
    scene.pot = a_pot(a_member("Pot Opener"), 6000, name="Quieter nights")
    goal = library_goal()
    empty = library_goal("talk-to-three", skills=("Coaching",))
    for person in scene.people:
        offer = a_listing(person, "offer", f"Offered by {person.name}", skills=[skill])
        a_listing(person, "request", f"Wanted by {person.name}", skills=[skill])
        some_office_hours(person, title=f"Hours of {person.name}", skills=[skill])
        a_session(person, title=f"Session of {person.name}")
        done = a_settled_exchange(scene.host, person, 15)
        feedback_actions.give(by=person, exchange=done, thanks=f"Thank you, says {person.name}")
        feedback_actions.show(by=scene.host, exchange=done, shown=True)
        steward = scene.pot.opened_by
        a_settled_exchange(person, steward, 15, pot=scene.pot, by=steward, listing=offer)
        pot_people.be_named(by=person, pot=scene.pot, yes=True)
        reached = sign_up(person, empty, may_be_asked=True)
        goal_actions.assess(by=person, sign_up=reached, level=0)
    for person in scene.people:
        pots.add_steward(by=None, pot=scene.pot, user=person)
    for person in scene.people:  # stuck on a goal with offers, and on one that others have reached
        for wanted in (goal, library_goal("talk-to-three-again", skills=("Coaching",))):
            mine = sign_up(person, wanted)
            goal_actions.assess(by=person, sign_up=mine, level=-1, said_stuck=True)
    return scene


def _or_nothing(read: Callable[[], Any]) -> list[Any]:
    try:
        return [read()]
    except Missing:
        return []


def _others(scene: Scene, viewer: User) -> Iterable[User]:
    return (person for person in scene.people if person != viewer)


def _of_listings(rows: Iterable[Listing]) -> list[str]:
    return [f"{row.title} {row.member} {row.posted_by}" for row in rows]


def _board(scene: Scene, viewer: User) -> list[str]:
    rows = (
        board.search(viewer, board.Asked(), size=100).listings + board.search(viewer, board.Asked(q="offered")).listings
    )
    return _of_listings(rows)


def _news(scene: Scene, viewer: User) -> list[str]:
    long_ago = timezone.now().replace(year=2020, month=1, day=1)
    search, _made = SavedSearch.objects.get_or_create(user=viewer, filters={}, defaults={"name": "All"})
    return _of_listings(board.news(viewer, board.Asked(), since=long_ago, saved=search.pk, limit=100))


def _matches(scene: Scene, viewer: User) -> list[str]:
    mine = list(Listing.objects.filter(member=viewer))
    found = [match for rows in matches.counterparts(mine, limit=20).values() for match in rows]
    return [f"{match.person} {match.listing}" for match in found]


def _suggested(scene: Scene, viewer: User) -> list[str]:
    return [f"{match.person} {match.listing}" for _mine, match in matches.suggested_for(viewer, limit=20)]


def _listing(scene: Scene, viewer: User) -> list[str]:
    pages = (
        _or_nothing(lambda row=row: listings.listing_for(row.pk, viewer)) for row in Listing.objects.order_by("pk")
    )
    return _of_listings(row for page in pages for row in page)


def _pot(scene: Scene, viewer: User) -> list[str]:
    assert scene.pot is not None
    page = pot_page.pot_page(scene.pot.pk, viewer)
    named = [
        *page.stewards,
        *page.helpers,
        *(row.provider for row in page.exchanges),
        *(row.user for row in page.invited),
    ]
    return [str(person) for person in named] + _of_listings([*page.requests, *page.offers])


def _goals(scene: Scene, viewer: User) -> list[str]:
    flags = (row.open_flag for row in goal_queries.my_goals(viewer) if row.open_flag)
    posts = [post for flag in flags for post in flag.sign_posts.all()]
    return [
        f"{post.listing and post.listing.title} {post.listing and post.listing.member} {post.peer}" for post in posts
    ]


def _one_goal(scene: Scene, viewer: User) -> list[str]:
    from goals.models import SignUp

    rows = [goal_queries.my_goal(viewer, one.pk) for one in SignUp.objects.filter(user=viewer)]
    posts = [post for row in rows if row.open_flag for post in row.open_flag.sign_posts.all()]
    return [
        f"{post.listing and post.listing.title} {post.listing and post.listing.member} {post.peer}" for post in posts
    ]


def _peers(scene: Scene, viewer: User) -> list[str]:
    from goals import actions
    from goals.models import SignUp

    stuck = SignUp.objects.get(user=viewer, goal__slug="talk-to-three")
    return [str(person) for person in actions._people_who_got_there(stuck)]


def _hours(scene: Scene, viewer: User) -> list[str]:
    return [f"{row.helper} {row.listing.title}" for row in office_hours.browse(viewer)]


def _hours_pages(scene: Scene, viewer: User) -> list[str]:
    return [
        f"{page.office_hours.helper}"
        for row in OfficeHours.objects.order_by("pk")
        for page in _or_nothing(lambda row=row: office_hours.page(row.pk, viewer))
    ]


def _slots(scene: Scene, viewer: User) -> list[str]:
    return [str(slot.helper) for slot in office_hours.free_slots(viewer).select_related("helper")]


def _slot(scene: Scene, viewer: User) -> list[str]:
    return [
        str(found.helper)
        for slot in Slot.objects.order_by("pk")
        for found in _or_nothing(lambda slot=slot: office_hours.slot_for(slot.pk, viewer))
    ]


def _sessions(scene: Scene, viewer: User) -> list[str]:
    return [f"{row.title} {row.host}" for row in group_sessions.calendar(viewer)]


def _session_pages(scene: Scene, viewer: User) -> list[str]:
    return [
        f"{page.session.title} {page.session.host}"
        for row in GroupSession.objects.order_by("pk")
        for page in _or_nothing(lambda row=row: group_sessions.page(row.pk, viewer))
    ]


def _people(scene: Scene, viewer: User) -> list[str]:
    return [
        str(found)
        for person in _others(scene, viewer)
        for found in _or_nothing(lambda person=person: people_queries.person_for(viewer, person.pk))
    ]


def _profiles(read: Callable[[User, User], Any]) -> Callable[[Scene, User], list[str]]:
    """A section of the profiles of all others, as far as it says anything."""

    def probe(scene: Scene, viewer: User) -> list[str]:
        shown = ((person, read(person, viewer)) for person in _others(scene, viewer))
        return [str(person) for person, section in shown if section is not None]

    return probe


def _thanks(scene: Scene, viewer: User) -> list[str]:
    section = feedback.on_profile(scene.host, viewer) or {"thanks": []}
    return [f"{row.author} {row.thanks}" for row in section["thanks"]]


def _thanks_in_record(scene: Scene, viewer: User) -> list[str]:
    section = record.on_profile(scene.host, viewer)
    return [f"{row.author} {row.thanks}" for row in section["shown"].thanks] if section else []


def _hours_of_a_listing(scene: Scene, viewer: User) -> list[str]:
    rows = (office_hours.for_listing(row.listing, viewer) for row in OfficeHours.objects.select_related("listing"))
    return [str(found.helper) for found_rows in rows for found in found_rows if found.next_at]


def _written_to(scene: Scene, viewer: User) -> list[str]:
    assert scene.pot is not None
    return [str(helper.person) for helper in helpers.helpers_of(scene.pot.purpose, told_about=[viewer])]


def _givers(scene: Scene, viewer: User) -> list[str]:
    assert scene.pot is not None
    return [str(person) for person, _minutes in innovations.givers(scene.pot.purpose_id, viewer)]


def _home(scene: Scene, viewer: User) -> list[str]:
    return [f"{match.person} {match.listing}" for _mine, match in home.time_bank(viewer)["suits"]]


def _filtered(scene: Scene, viewer: User) -> list[str]:
    return [str(person) for person in without_blocked(User.objects.all(), viewer, "pk")]


PROBES: dict[str, Callable[[Scene, User], list[str]]] = {
    "people.queries.person_for": _people,
    "people.rules.without_blocked": _filtered,
    "timebank.queries.board.search": _board,
    "timebank.queries.board.news": _news,
    "timebank.queries.matches.counterparts": _matches,
    "timebank.queries.matches.suggested_for": _suggested,
    "timebank.queries.listings.listing_for": _listing,
    "timebank.queries.listings.offers_for_skills": lambda scene, viewer: _of_listings(
        listings.offers_for_skills([Skill.objects.named(SKILL)], viewer, limit=20)
    ),
    "timebank.queries.listings.on_profile": _profiles(listings.on_profile),
    "timebank.queries.office_hours.browse": _hours,
    "timebank.queries.office_hours.free_slots": _slots,
    "timebank.queries.office_hours.for_listing": _hours_of_a_listing,
    "timebank.queries.office_hours.page": _hours_pages,
    "timebank.queries.office_hours.office_hours_for": _hours_pages,
    "timebank.queries.office_hours.slot_for": _slot,
    "timebank.queries.office_hours.on_profile": _profiles(office_hours.on_profile),
    "timebank.queries.group_sessions.calendar": _sessions,
    "timebank.queries.group_sessions.page": _session_pages,
    "timebank.queries.pot_page.pot_page": _pot,
    "timebank.queries.feedback.on_profile": _thanks,
    "timebank.queries.record.on_profile": _thanks_in_record,
    "timebank.queries.helpers.helpers_of": _written_to,
    "timebank.queries.home.time_bank": _home,
    "accelerator.queries.innovations.givers": _givers,
    "goals.queries.my_goals": _goals,
    "goals.queries.my_goal": _one_goal,
    "goals.actions._people_who_got_there": _peers,
}
# By the setting that a new member has, this says nothing: it is asked all the same.
SAYS_NOTHING_BEFORE: frozenset[str] = frozenset({"timebank.queries.record.on_profile"})


def queries_for_somebody() -> set[str]:
    """Every public query of the apps that reads for somebody: it has a parameter that says for whom."""
    found = set()
    for app in APPS:
        package = importlib.import_module(app)
        for module in pkgutil.walk_packages(package.__path__, f"{app}."):
            if "queries" not in module.name.split("."):
                continue
            here = importlib.import_module(module.name)
            for name, function in inspect.getmembers(here, inspect.isfunction):
                ours = function.__module__ == module.name and not name.startswith("_")
                if ours and READERS & set(inspect.signature(function).parameters):
                    found.add(f"{module.name}.{name}")
    return found


# Why a query needs no probe: what it reads is the reader's own, or agreed between two people (an exchange, an engagement, a
# chain, a place in a session: what is there when a block is made stays until one of the two ends it), or for staff.
APART: dict[str, str] = {
    "accelerator.queries.access_fund": "claimable export_for mine waiting_card waves_of",
    "accelerator.queries.apply": "for_person mine no_longer_asked question_page",
    "accelerator.queries.circles": "managed_by teamed_by",
    # a thing that somebody is worried about or reports: only one that its own page shows to them
    "accelerator.queries.concerns": "check_in comment evidence innovation lesson",
    "accelerator.queries.conflicts": "found_since",
    "accelerator.queries.dashboard": "manages_any waves_of",
    "accelerator.queries.helping": "card for_helper helping_now on_exchange",
    "accelerator.queries.home": "export_for manager_card team_card this_week",
    "accelerator.queries.home_apply": (
        "application_card decide_card export_for export_wish_for flags_card has_applications "
        "invitations_card is_broker is_safeguarding_lead reviews_card reviews_for runs_any"
    ),
    "accelerator.queries.innovations": (
        "checkins_shown file_for innovation_for managed milestone_for mine on_any_team submission_for touched_by"
    ),
    "accelerator.queries.keeping": "wants_to_be_told",
    "accelerator.queries.kept": "entered_by in_words is_kept_from kept_from said_since too_close",
    "accelerator.queries.lessons": "answerable export_for listed may_answer waiting_card",
    "accelerator.queries.outcomes": "export_for outcomes waves_of",
    "accelerator.queries.phases": "reads_in",
    "accelerator.queries.phone": "to_confirm waits_for writes_for",
    "accelerator.queries.quarantine": "evidence_flags_for flagged_file flags_for may_decide may_decide_evidence waiting_for",
    "accelerator.queries.review": "given_back has_promised ideas managed_waves my_review my_reviews",
    "accelerator.queries.samples": "compared must_score_first scored_by",
    "accelerator.queries.taking_part": "on_exchange",
    "accelerator.queries.triage": "export_for first_looks_for look others",
    "goals.queries": "flags_for_manager goal_for library_for purposes_of team_goals",
    "notifications.queries": "export_for inbox left_by preferences unread_count",
    "outreach.queries": "export_for",
    "people.pauses.queries": ("appeals_card decided_about export_of open_pause_of pause_for pauses_for pausing_steps"),
    "people.queries": (
        "case_for cases_card cases_for closing_steps data_zip grants_of my_data open_reset_of person_seen profile_sections "
        "report_for reports_for resets_card resets_for"
    ),
    "timebank.queries.away": "coming export_for is_away was_away",
    "timebank.queries.concerns": "engagement exchange group_session hours_offered listing message pot thanks work_session",
    "timebank.queries.cycles": "card export_for page",
    "timebank.queries.desk": "waiting_card",
    "timebank.queries.engagements": "engagement_for export_for mine page session_for waiting_card",
    "timebank.queries.exchanges": "begun_on card counterparts export_for open_cards page past totals",
    "timebank.queries.feedback": "confirmed_skills export_for thanks_to",
    "timebank.queries.group_sessions": "export_for given_page mine totals waiting_card",
    "timebank.queries.home": ("account_of enjoy_card giving_words home_sections means_of standing waiting_card"),
    "timebank.queries.imports": "export_for",
    "timebank.queries.leaving": "ends_with heirs told what_happens",
    "timebank.queries.listings": "export_for listings_of owns purpose_signed_for",
    "timebank.queries.my_data": "account_for disputes_of own_words_of pots_of",
    "timebank.queries.office_hours": "bookings export_for upcoming_card",
    "timebank.queries.pots": "joined pots_of",
    "timebank.queries.record": "exchange_to_reflect_on record_of reflection_for reflections_of",
    "timebank.queries.searches": "export_for saved_before search_for searches_of",
    "timebank.queries.shares": "export_for has_chosen pots_to_share_with",
    "timebank.queries.statement": "account_read_by",
    "timebank.queries.tariffs": "export_for fund_for",
}
