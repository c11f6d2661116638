"""The demonstration's story: a first wave that ran from September 2022 to June 2023, a wave of another programme that is
half way now, and a second wave whose call is open.

Everything comes from one seed, so two runs on the same day are alike. People, applications and the rest are written with
the moments at which they would have happened; credits go through the ledger (`demo.books`), which checks them as always.
"""

import bisect
import datetime as dt
import random
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

import audit.actions
from accelerator.actions import rag
from accelerator.actions.roadmap import instantiate, publish_template
from accelerator.actions.waves import plan_wave
from accelerator.models import (
    Answer,
    Application,
    Assignment,
    CheckIn,
    Decision,
    HelpKind,
    Innovation,
    InnovationMember,
    InnovationNeed,
    Milestone,
    PanelSeat,
    Programme,
    ReviewPhase,
    Score,
    StaffHours,
    Submission,
    Wave,
)
from audit.models import Event
from demo import desk, groups, lessons, waves, working
from demo.books import Books
from demo.copying import uuid7
from demo.goals import GOALS
from demo.ideas import ACCEPTED, LIVE, NEW, OTHERS, Idea
from demo.people import FIRST, LAST, OFFERS, ORGANISATIONS, PERSONAS, REQUESTS, Persona
from evaluation.plans import lock_plan
from goals.actions import publish_goal, review_stuck
from goals.models import Assessment, Goal, SignUp, StuckFlag
from outreach.models import Arrival, Campaign, OpenCount, Placement
from people.actions import standing
from people.equality.keys import key_of
from people.equality.models import EqualityAnswers
from people.equality.options import CONSENT_VERSION
from people.models import Organisation, Profile, RoleGrant, Skill, Standing, User
from timebank.actions import exchanges, hours, purposes
from timebank.actions.ledger import account_for, system_account
from timebank.actions.pots import open_pot
from timebank.models import Account, GroupBooking, Listing, Policy, Pot

LONDON = timezone.get_default_timezone()
WAVE_ONE = dt.datetime(2022, 9, 1, 9, tzinfo=LONDON)
HOUR = 60
BEGUN, TOLD = "demo.begun", "demo.seeded"
LARGE = 20_000  # exchanges
LEFT = 4 * HOUR  # what history leaves to each for what waits today


@dataclass
class Story:
    """What the chapters share."""

    rng: random.Random
    today: dt.date
    books: Books
    people: dict[str, User] = field(default_factory=dict)  # personas, by the part of the address before the @
    members: list[User] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    skills: dict[str, Skill] = field(default_factory=dict)
    bands: dict[Any, str] = field(default_factory=dict)  # user id → pay band
    first_skill: dict[Any, Skill] = field(default_factory=dict)  # user id → the skill they name first
    accounts: dict[Any, Any] = field(default_factory=dict)  # user or pot id → account id

    def between(self, start: dt.datetime, end: dt.datetime) -> dt.datetime:
        """A moment in between, by day."""
        seconds = int((end - start).total_seconds())
        return start + dt.timedelta(seconds=self.rng.randrange(max(1, seconds)))

    def account(self, owner: User | Pot) -> Any:
        """The account id of somebody or of a pot, known to the books."""
        if owner.pk not in self.accounts:
            found = account_for(pot=owner) if isinstance(owner, Pot) else account_for(member=owner)
            self.accounts[owner.pk] = self.books.know(found)
        return self.accounts[owner.pk]


def at(day: dt.date, hour: int = 10) -> dt.datetime:
    """An hour of a day in London."""
    return dt.datetime.combine(day, dt.time(hour), tzinfo=LONDON)


def tell(
    *, members: int = 150, exchanges_wanted: int = 500, seed: int = 2022, said: Callable[[int], Any] | None = None
) -> Story:
    """Writes the whole story into an empty database. `members` counts everybody.

    It is one transaction, so that nothing is left of one that is cut off. A story of more than `LARGE` exchanges is committed
    as it is written, since PostgreSQL would have to find each account among all its versions of the transaction; `begun`
    without `told` in the log says that such a one was cut off. `said` hears how many transfers are written."""
    with transaction.atomic() if exchanges_wanted <= LARGE else nullcontext():
        return _tell(members, exchanges_wanted, seed, said)


def begun() -> bool:
    """Whether a story was begun in this database."""
    return Event.objects.filter(verb=BEGUN).exists()


def told() -> bool:
    """Whether one was told to its end."""
    return Event.objects.filter(verb=TOLD).exists()


def _tell(members: int, exchanges_wanted: int, seed: int, said: Callable[[int], Any] | None) -> Story:
    rng = random.Random(seed)  # noqa: S311 - a story, not a secret
    story = Story(rng, timezone.localdate(), Books(rng, said=said))
    audit.actions.record(by=None, verb=BEGUN, seed=seed, members=members, exchanges=exchanges_wanted)
    _people(story, members)
    campaigns = _outreach(story)
    one, live, two = _waves(story, campaigns)
    leads = [user for user in story.members[30:] if user.joined_at < one.call_closes]
    finished = _selection(story, one, [*ACCEPTED[1:], OTHERS[0]], OTHERS[1:], leads)
    under_way = _selection(story, live, [ACCEPTED[0], *LIVE], NEW[:3], [story.people["grace"], *leads[41:]])
    _listings(story)
    _history(story, (one, live, two), finished, under_way, exchanges_wanted)
    _finished_roadmaps(story, finished)
    _live_roadmaps(story, under_way)
    _goals(story, under_way[0])
    _open_call(story, two)
    waves.add(story, live, two, under_way)
    lessons.add(story, next_wave=two)
    _now(story, under_way)
    _about_their_work(story)
    for wave in (one, live, two):
        plan = lock_plan(by=None, wave=wave)
        plan.locked_at = wave.call_opens - dt.timedelta(days=14)  # as a real plan is: before the wave began
        plan.save(update_fields=["locked_at"])
    audit.actions.record(by=None, verb=TOLD, seed=seed, members=members, exchanges=exchanges_wanted)
    return story


# --- Who ---


def _people(story: Story, members: int) -> None:
    rng = story.rng
    story.skills = {skill.slug: skill for skill in Skill.objects.all()}
    story.organisations = [
        Organisation.objects.create(name=name, ods_code=code, region=region, large=large, checked_at=WAVE_ONE)
        for name, code, region, large in ORGANISATIONS
    ]  # one by one: bulk_create does not bring back the id that the database gives
    _come_aboard(
        story,
        [_drawn(story, persona, WAVE_ONE + dt.timedelta(hours=place)) for place, persona in enumerate(PERSONAS)],
    )
    for persona, user in zip(PERSONAS, story.members, strict=True):
        story.people[persona.email.split("@")[0]] = user
        for role in persona.roles:
            RoleGrant.objects.create(user=user, role=role, reason="Demonstration", at=user.joined_at)
    leaves = [slug for slug, skill in story.skills.items() if skill.parent_id]
    names = {persona.name for persona in PERSONAS}
    crowd: list[Drawn] = []
    while (place := len(PERSONAS) + len(crowd)) < members:
        name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
        if name in names:
            if members < len(FIRST) * len(LAST) // 2:
                continue
            name = f"{name} {len(names)}"
        names.add(name)
        recent = place % 6 == 5
        opens = at(story.today - dt.timedelta(days=40)) if recent else WAVE_ONE
        joined = story.between(opens, opens + dt.timedelta(days=38 if recent else 75))
        helper = rng.random() < 0.6
        band = rng.choice(["band_2", "band_3", "band_4", "band_5", "band_6", "band_7", "band_8a", "medical"])
        crowd.append(
            _drawn(
                story,
                Persona(
                    email=f"{name.lower().replace(' ', '.')}@example.org",
                    name=name,
                    what="",
                    place=rng.choice(
                        ["hospital", "hospital", "community", "primary", "social", "patient", "carer", "industry"]
                    ),
                    communities=(rng.choice(["q", "q", "digital", "other"]),) if helper else (),
                    brings=("help",) if helper else ("idea",),
                    skills=tuple(rng.sample(leaves, rng.choice([1, 2, 3]))) if helper else (),
                    band=band,
                ),
                joined,
            )
        )
    _come_aboard(story, crowd)


@dataclass(frozen=True)
class Drawn:
    """Somebody of the story who is not in the database yet."""

    persona: Persona
    user: User
    organisation: Organisation | None
    region: str
    availability: str


def _drawn(story: Story, persona: Persona, joined: dt.datetime) -> Drawn:
    """A person with what chance says about them."""
    user = User(
        pk=uuid7(joined, story.rng), email=persona.email, name=persona.name, joined_at=joined, conduct_accepted_at=joined,
        last_login=max(joined, at(story.today)),
    )  # fmt: skip
    user.set_unusable_password()
    outside = persona.place in ("patient", "carer")
    organisation = None if outside else story.rng.choice(story.organisations)
    region = organisation.region if organisation else story.rng.choice(["london", "midlands", "north-west"])
    when = story.rng.choice(["Evenings", "Tuesdays after 2", "Weekends", "Most lunch times", ""])
    return Drawn(persona, user, organisation, region, when)


def _come_aboard(story: Story, people: list[Drawn]) -> None:
    """Writes people with their profiles and skills, a set at a time."""
    User.objects.bulk_create([one.user for one in people], batch_size=2000)
    profiles = [
        Profile(
            user=one.user, brings_you=list(one.persona.brings), communities=list(one.persona.communities),
            place=one.persona.place, organisation=one.organisation, region=one.region, languages=one.persona.languages,
            about=one.persona.about, availability=one.availability,
        )
        for one in people
    ]  # fmt: skip
    Profile.objects.bulk_create(profiles, batch_size=2000)
    tag = Profile.skills.through
    tag.objects.bulk_create(
        [
            tag(profile_id=one.user.pk, skill_id=story.skills[slug].pk)
            for one in people
            for slug in sorted(one.persona.skills)
        ],
        batch_size=5000,
    )
    for one, profile in zip(people, profiles, strict=True):
        persona = one.persona
        one.user.profile = profile
        story.members.append(one.user)
        if persona.skills:
            story.first_skill[one.user.pk] = story.skills[persona.skills[0]]
        employed = persona.place not in ("patient", "carer", "industry", "charity", "researcher", "other")
        story.bands[one.user.pk] = persona.band.removeprefix("band_") if employed else "none"
    standing.begin_all(members=[one.user for one in people], ground=Standing.Ground.IMPORT, by=None)


def _about_their_work(story: Story) -> None:
    """Most people answer the one tap about their pay band; some say "prefer not to say", some leave it out."""
    rows = []
    for user, band in story.bands.items():
        said = story.rng.choice([band] * 14 + ["not-said"] + [""] * 2)
        if said:
            rows.append(EqualityAnswers(key=key_of(user), pay_band=said, consent_version=CONSENT_VERSION))
    EqualityAnswers.objects.bulk_create(sorted(rows, key=lambda row: row.key))  # in no order of people


# --- How they heard ---

SPOTS = [
    ("Theatre corridor, level 2", "poster"), ("Staff room, stroke ward", "poster"), ("Canteen, by the microwaves", "poster"),
    ("Outpatients, blue desk", "poster"), ("Porters' lodge", "poster"), ("Night bulletin", "email"), ("Ward walk", "ward_walk"),
    ("Library notice board", "poster"), ("Monday huddle", "huddle"), ("Community nursing base, kitchen door", "poster"),
]  # fmt: skip


def _outreach(story: Story) -> tuple[Campaign, Campaign]:
    rng, owner = story.rng, story.people["olive"]
    call = at(story.today - dt.timedelta(days=38))
    campaigns = []
    for name, starts, days in (("Wave one: bring your idea", WAVE_ONE, 56), ("Wave two: bring your idea", call, 38)):
        campaign = Campaign.objects.create(
            name=name,
            owner=owner,
            starts_on=starts.date(),
            ends_on=starts.date() + dt.timedelta(days=90),
            created_at=starts,
        )
        media = set(Placement.Medium.values)
        placements = [
            Placement.objects.create(
                campaign=campaign, organisation=rng.choice(story.organisations), site="Main building", spot=spot,
                medium=medium if medium in media else Placement.Medium.POSTER,
                design=rng.choice(Placement.Design.values), cost_pence=rng.choice([40, 120, 250]), created_by=owner,
                created_at=starts, downloads=rng.randint(1, 4), code=f"{'W1' if starts == WAVE_ONE else 'W2'}XK{number:02d}",
            )
            for number, (spot, medium) in enumerate(SPOTS)
        ]  # fmt: skip
        counts: dict[tuple, list[int]] = {}
        for placement in placements:
            pull = rng.choice([1, 2, 4, 9])
            for day in range(days):
                for _open in range(rng.randint(0, pull)):
                    hour = starts.replace(hour=rng.choice([6, 7, 10, 13, 14, 19, 21]), minute=0) + dt.timedelta(
                        days=day
                    )
                    device = rng.choice(["phone", "phone", "phone", "computer"])
                    found = counts.setdefault((placement.pk, hour, device), [0, 0])
                    found[0] += 1
                    found[1] += rng.random() < 0.3
        OpenCount.objects.bulk_create(
            OpenCount(placement_id=placement, hour=hour, device=device, opens=opens, continues=continues)
            for (placement, hour, device), (opens, continues) in counts.items()
        )
        came = [user for user in story.members if starts <= user.joined_at <= starts + dt.timedelta(days=80)]
        Arrival.objects.bulk_create(
            Arrival(user=user, placement=rng.choice(placements), door=rng.choice(["idea", "hour"]), at=user.joined_at)
            for user in came
            if rng.random() < 0.7
        )
        campaigns.append(campaign)
    return campaigns[0], campaigns[1]


# --- The waves ---


def _waves(story: Story, campaigns: tuple[Campaign, Campaign]) -> tuple[Wave, Wave, Wave]:
    """Wave one (finished), Coast and Country (under way, of another programme), wave two (its call is open)."""
    programme = Programme.objects.create(
        slug="open", name="Open Digital Health Accelerator",
        summary="For anybody who is close to a problem in health or care and has an idea what would help.", created_at=WAVE_ONE,
    )  # fmt: skip
    core = publish_template("core")
    publish_template("full")
    coast = Programme.objects.create(
        slug="coast", name="Coast and Country Accelerator", summary="For places where the bus comes twice a day.",
        created_at=WAVE_ONE,
    )  # fmt: skip
    day, today = dt.timedelta(days=1), story.today
    opens = today - 38 * day
    shapes = [
        (programme, "wave-one", "Wave one", campaigns[0], WAVE_ONE.date(), dt.date(2022, 10, 16), dt.date(2022, 11, 1),
         dt.date(2023, 2, 1), dt.date(2023, 5, 1), dt.date(2023, 6, 1)),
        (coast, "coast-and-country", "Coast and Country", None, today - 170 * day, today - 125 * day, today - 80 * day,
         today + 12 * day, today + 100 * day, today + 130 * day),
        (programme, "wave-two", "Wave two", campaigns[1], opens, opens + 61 * day, opens + 82 * day, opens + 174 * day,
         opens + 264 * day, opens + 295 * day),
    ]  # fmt: skip
    made = []
    for runs, slug, name, campaign, first, last, support, community, evaluation, ends in shapes:
        fund = open_pot(by=None, kind="wave_fund", name=f"{name}: fund", stewards=[story.people["priya"]])
        made.append(
            plan_wave(
                by=None, programme=runs, slug=slug, name=name, capacity=10, fund=fund, campaign=campaign,
                summary="Ten ideas, thirty weeks, and a community that gives its hours.",
                call_opens=at(first, 9), call_closes=at(last, 17), support_starts=support, community_starts=community,
                evaluation_starts=evaluation, ends=ends, roadmap_template=core, allowance_minutes=20 * HOUR,
                themes=["Fairer access", "Staff wellbeing", "Care closer to home"],
            )
        )  # fmt: skip
    return made[0], made[1], made[2]


def _answers(story: Story, application: Application, idea: Idea, *, only: set[str] | None = None) -> None:
    rng = story.rng
    texts = {
        "sentence": idea.sentence,
        "problem": idea.problem,
        "who": rng.choice(
            [
                "About six of our patients on most days. I counted for a week.",
                "I do not know exactly; I see it on every shift.",
            ]
        ),
        "unfair": list(idea.unfair),
        "fairer": "People who are left out now would be the first to notice. We would count them first.",
        "idea": idea.idea,
        "exists": rng.choice(
            ["I could not find anything like it.", "Something similar in another trust; it needs an app."]
        ),
        "asked": "I asked five people it would help, and two colleagues. All said: try it.",
        "stage": rng.choice(["thought", "sketch", "tried"]),
        "first_try": "One place, one week, on paper, and a tally of what changes.",
        "learn": "Whether people use it when nobody is watching.",
        "help": list(idea.help),
        "flags": ["none"],
        "time": rng.choice(["under_1", "1_to_2", "3_to_5", "varies"]),
        "take_part": rng.choice(["Meetings after 3 pm.", "Somebody to cover my shift.", "Captions, please."]),
        "heard": rng.choice(["poster", "poster", "person", "email"]),
    }
    assert application.wave is not None  # it went in
    for question in application.wave.question_set.questions.all():
        if question.key in texts and (only is None or question.key in only):
            Answer.objects.create(
                application=application, question=question, value=texts[question.key], saved_by=application.lead,
                saved_at=application.changed_at,
            )  # fmt: skip


def _apply(story: Story, wave: Wave, lead: User, idea: Idea, when: dt.datetime) -> Application:
    application = Application.objects.create(
        wave=wave, lead=lead, sentence=idea.sentence, state="submitted", created_at=when - dt.timedelta(days=5),
        changed_at=when, submitted_at=when,
    )  # fmt: skip
    _answers(story, application, idea)
    return application


LETTER = """Dear {name},

Thank you for your idea: {sentence}

{words}

With warm wishes,"""

WORDS = {
    "accept": "We would love to have you in the wave. Your portfolio manager will ring you this week.",
    "reserve": "You are on the reserve list. We will tell you by the first week of support.",
    "decline": "This time we could not offer you a place. An hour with a coach is yours, and we keep your idea for next time.",
}


def _selection(story: Story, wave: Wave, chosen: list[Idea], others: list[Idea], leads: list[User]) -> list[Innovation]:
    """Everybody applies, each is read by two or three of the panel, the chosen are accepted."""
    rng, manager = story.rng, story.people["priya"]
    panel = [story.people["ruth"], story.people["tomasz"], *story.members[20:24]]
    for reviewer in panel[2:]:
        RoleGrant.objects.get_or_create(
            user=reviewer, role="reviewer", defaults={"reason": "Panel", "at": wave.call_closes}
        )
    PanelSeat.objects.bulk_create(
        PanelSeat(wave=wave, reviewer=reviewer, promised_at=wave.call_closes) for reviewer in panel
    )
    phase = wave.review_phases.get(kind=ReviewPhase.Kind.SCORE)
    assert phase.rubric is not None  # a phase that scores has one
    criteria = list(phase.rubric.criteria.all())
    decided = phase.ends + dt.timedelta(days=1)
    innovations = []
    for number, (idea, lead) in enumerate(zip([*chosen, *others], leads, strict=False)):
        good = number < len(chosen)
        submitted = story.between(wave.call_opens + dt.timedelta(days=10), wave.call_closes)
        application = _apply(story, wave, lead, idea, submitted)
        for reviewer in rng.sample([one for one in panel if one != lead], 2 + (number % 3 == 0)):
            assigned = wave.call_closes + dt.timedelta(days=1)
            handed_in = story.between(assigned + dt.timedelta(hours=1), phase.ends)
            assignment = Assignment.objects.create(
                phase=phase, application=application, reviewer=reviewer, state="done", assigned_at=assigned,
                opened_at=handed_in - dt.timedelta(minutes=12 + number % 9), submitted_at=handed_in,
                for_applicant=rng.choice(
                    ["You have seen this with your own eyes, and it shows.", "Say who you would ask first.",
                     "Count something for a week before you build anything."]
                ),
            )  # fmt: skip
            marks = [3, 4, 5] if good else [1, 2, 3, 4]
            Score.objects.bulk_create(
                Score(assignment=assignment, criterion=criterion, score=rng.choice(marks)) for criterion in criteria
            )
        outcome = "accept" if good else ("reserve" if number < len(chosen) + 3 else "decline")
        Decision.objects.create(
            application=application, outcome=outcome, decided_by=manager, decided_at=decided, signed_as=manager.name,
            letter=LETTER.format(name=lead.first_name, sentence=idea.sentence, words=WORDS[outcome]),
            sent_at=decided, sent_by=manager,
        )  # fmt: skip
        if good:
            innovations.append(_innovation(wave, application, idea, manager, decided))
    return innovations


def _innovation(wave: Wave, application: Application, idea: Idea, manager: User, when: dt.datetime) -> Innovation:
    assert wave.roadmap_template is not None  # every demonstration wave has one
    pot = open_pot(by=None, kind="innovation", name=idea.name, aim=idea.sentence, stewards=[application.lead])
    innovation = Innovation.objects.create(
        wave=wave, application=application, manager=manager, pot=pot, name=idea.name, summary=idea.idea,
        purpose=purposes.create(kind="innovation", label=idea.name), template=wave.roadmap_template,
        stage="prototype", allowance_minutes=wave.allowance_minutes, created_at=when, life_since=when,
    )  # fmt: skip
    InnovationMember.objects.create(innovation=innovation, user=application.lead, lead=True, joined_at=when)
    InnovationNeed.objects.bulk_create(
        InnovationNeed(innovation=innovation, kind=kind, minutes=wave.allowance_minutes // len(idea.help))
        for kind in idea.help
    )
    instantiate(innovation=innovation, template=wave.roadmap_template)
    return innovation


# --- Hours ---


FREE: list[dict[str, Any]] = [
    {"times": ["evening"]},
    {"days": ["tue"]},
    {"availability": "Most lunch times"},
    {"days": ["sat", "sun"]},
]


def _listings(story: Story) -> None:
    rng = story.rng
    helpers = [user for user in story.members if "help" in user.profile.brings_you]
    owners = {
        "improvement-method": "quinn",
        "coaching": "quinn",
        "prototyping": "dev",
        "software": "dev",
        "accessibility": "dev",
    }
    for title, text, slug in [*OFFERS, *REQUESTS]:
        kind = "offer" if (title, text, slug) in OFFERS else "request"
        member = story.people[owners[slug]] if kind == "offer" and slug in owners else rng.choice(helpers)
        posted = at(story.today - dt.timedelta(days=rng.randint(2, 40)))
        listing = Listing.objects.create(
            kind=kind, member=member, posted_by=member, posted_at=posted, title=title, description=text,
            minutes=rng.choice([30, 60, 60, 120]), mode=rng.choice(["remote", "remote", "both"]),
            **rng.choice(FREE),
            open_until=story.today + dt.timedelta(days=rng.randint(30, 120)),
        )  # fmt: skip
        listing.skills.set([story.skills[slug]])


def _history(
    story: Story, waves: tuple[Wave, Wave, Wave], finished: list[Innovation], under_way: list[Innovation], wanted: int
) -> None:
    """Funds, allowances, then exchanges in the order in which they settled: most during wave one, the rest of late."""
    rng, books = story.rng, story.books
    one, live, two = waves
    issuance = books.know(system_account(Account.ISSUANCE))
    community = books.know(system_account(Account.COMMUNITY_POT))
    books.move(WAVE_ONE, "grant", issuance, community, 20 * HOUR, memo="For people who cannot earn")
    _fund(story, issuance, one, WAVE_ONE, finished)

    helpers = sorted((user for user in story.members if "help" in user.profile.brings_you), key=lambda u: u.joined_at)
    joined = [user.joined_at for user in helpers]
    _open_accounts(story, helpers)
    offered = _past_offers(story, helpers)
    milestones = {
        innovation.pk: list(innovation.milestones.select_related("purpose").order_by("start", "id"))
        for innovation in [*finished, *under_way]
    }
    starts, recent = at(one.support_starts), at(story.today - dt.timedelta(days=55))
    early = wanted * 4 // 5
    moments = sorted(
        [
            *(story.between(starts + dt.timedelta(days=3), at(one.ends)) for _n in range(early)),
            *(story.between(recent, recent + dt.timedelta(days=53)) for _n in range(wanted - early)),
        ]
    )
    project: Pot | None = None
    for number, moment in enumerate(moments):
        if number == early:
            _fund(story, issuance, live, at(live.support_starts), under_way)
            _fund(story, issuance, two, recent, [])
        known = bisect.bisect_left(joined, moment - dt.timedelta(days=9))  # so many of the helpers have joined by then
        provider = helpers[rng.randrange(known)]
        minutes = rng.choice([15, 30, 30, 45, 60, 60, 60, 90, 120])
        innovation = rng.choice(finished if number < early else under_way)
        lead, account = innovation.application.lead, story.account(innovation.pot)
        listing, receiver, paid_by = offered[provider.pk], None, {}
        if rng.random() < 0.4 and lead != provider and books.can_pay(account, minutes + LEFT):
            milestone = _current(milestones[innovation.pk], moment.date())
            receiver, payer = lead, account
            paid_by = {"pot": innovation.pot.pk, "purpose": milestone.purpose.pk}
            if rng.random() < 0.5:
                listing = _past_request(story, innovation, milestone, moment)
        for _try in range(50):
            if receiver is not None:
                break
            other = helpers[rng.randrange(known)]
            if other != provider and books.can_pay(story.account(other), minutes + LEFT):
                receiver, payer = other, story.account(other)
        if receiver is None:
            continue
        books.exchange(
            settled_at=moment, provider=provider.pk, receiver=receiver.pk, payer=payer, payee=story.account(provider),
            minutes=minutes, listing=listing.pk, work_time=rng.random() < 0.3, **paid_by,
        )  # fmt: skip
        if project is None and moment > starts + dt.timedelta(days=60):
            project = _project(story)
        giving = project is not None and rng.random() < 0.08 and books.can_pay(story.account(provider), HOUR)
        if giving and project and books.balance[story.account(project)] < 60 * HOUR:  # twice what it wanted is plenty
            later = moment + dt.timedelta(seconds=1)
            books.move(
                later, "donation", story.account(provider), story.account(project), HOUR, memo="For quieter nights"
            )
    for innovation in finished:  # some asked, and nobody came
        if rng.random() < 0.6:
            _past_request(story, innovation, milestones[innovation.pk][-1], at(one.ends))
    books.write()


def _fund(story: Story, issuance: Any, wave: Wave, when: dt.datetime, innovations: list[Innovation]) -> None:
    """A wave's fund, and the allowances that come from it on the day that support starts."""
    assert wave.fund is not None  # every demonstration wave has one
    fund = story.account(wave.fund)
    story.books.move(when, "grant", issuance, fund, 300 * HOUR, memo=f"Fund of {wave.name}")
    for innovation in innovations:
        story.books.move(
            max(when, at(wave.support_starts)),
            "allowance",
            fund,
            story.account(innovation.pot),
            20 * HOUR,
            memo=innovation.name,
        )


def _open_accounts(story: Story, people: list[User]) -> None:
    """Accounts for many people at once, as `account_for` opens each."""
    floor = Policy.objects.in_force().member_floor
    there = set(Account.objects.filter(member__isnull=False).values_list("member", flat=True))
    missing = [
        Account(pk=uuid7(user.joined_at, story.rng), member=user, floor=floor)
        for user in people
        if user.pk not in there
    ]
    for account in Account.objects.bulk_create(missing, batch_size=2000):
        story.accounts[account.member_id] = story.books.know(account)


def _past_offers(story: Story, helpers: list[User]) -> dict[Any, Listing]:
    """What each helper offered in those days, by their id; closed by now."""
    titles = {slug: title for title, _text, slug in OFFERS}
    offers = []
    for helper in helpers:
        skill = story.first_skill.get(helper.pk)
        title = titles.get(skill.slug, f"An hour of {skill.name.lower()}") if skill else "An hour of whatever helps"
        offers.append(
            Listing(
                pk=uuid7(helper.joined_at, story.rng), kind="offer", member=helper, posted_by=helper, title=title,
                posted_at=helper.joined_at, minutes=60, closed_at=at(story.today - dt.timedelta(days=1)),
            )
        )  # fmt: skip
    Listing.objects.bulk_create(offers, batch_size=2000)
    tag = Listing.skills.through
    tag.objects.bulk_create(
        [
            tag(listing_id=offer.pk, skill_id=story.first_skill[offer.member_id].pk)
            for offer in offers
            if offer.member_id in story.first_skill
        ],
        batch_size=5000,
    )
    return {offer.member_id: offer for offer in offers}


def _past_request(story: Story, innovation: Innovation, milestone: Milestone, settled: dt.datetime) -> Listing:
    """What a team asked the community for."""
    listing = Listing.objects.create(
        kind="request", pot=innovation.pot, posted_by=innovation.application.lead, purpose=milestone.purpose, minutes=60,
        title=f"Help with “{milestone.title}”"[:100], description=f"For {innovation.name}. An hour on the phone would do.",
        posted_at=settled - dt.timedelta(days=story.rng.randint(9, 16)), closed_at=min(settled, timezone.now()),
    )  # fmt: skip
    listing.skills.set(milestone.purpose.skills.all())
    return listing


def _project(story: Story) -> Pot:
    return open_pot(
        by=story.people["quinn"], kind="project", name="Quieter nights on the wards", wanted_minutes=30 * HOUR,
        aim="Cut noise at night on three wards by half before the summer.",
        skills=[story.skills["measurement-for-improvement"], story.skills["facilitation"]],
    )  # fmt: skip


def _current(milestones: list[Milestone], day: dt.date) -> Milestone:
    """The milestone that a team would have been busy with."""
    return next((m for m in milestones if m.start <= day <= m.end), milestones[-1])


# --- The way ---

LIVES = ["stopped", "handed_over", *["graduated"] * 8]
SENT = "We tried it with the people it is for, wrote down what they said, and changed two things."


def _finished_roadmaps(story: Story, innovations: list[Innovation]) -> None:
    """Evidence, check-ins and staff hours of wave one; one team stopped half way."""
    for innovation, life in zip(innovations, LIVES, strict=True):
        milestones = list(innovation.milestones.order_by("start", "id"))
        for milestone in milestones[: len(milestones) // 2 if life == "stopped" else None]:
            _accepted(story, innovation, milestone, story.rng.choice([-3, 0, 0, 2, 5, 12]))
        _checkins(story, innovation, 14)
        stopped = life == "stopped"
        Innovation.objects.filter(pk=innovation.pk).update(
            life=life,
            life_since=at(innovation.wave.ends),
            stopped_why="The ward closed, and the team moved on." if stopped else "",
            learnt="Get the matron's diary before you get the kit." if stopped else "",
        )


def _live_roadmaps(story: Story, innovations: list[Innovation]) -> None:
    """The wave under way: what is due is mostly done, and each team waits on something else."""
    manager, today = story.people["priya"], story.today
    for place, innovation in enumerate(innovations):
        lead = innovation.application.lead
        due = list(innovation.milestones.filter(end__lte=today).order_by("start", "id"))
        behind = 2 if place == 3 else 0
        for milestone in due[: len(due) - behind]:
            _accepted(story, innovation, milestone, story.rng.choice([-2, 0, 1, 4]))
        current = list(innovation.milestones.exclude(state="accepted").order_by("start", "id"))
        for milestone in current[:2]:
            milestone.state, milestone.state_since = "in_progress", at(today - dt.timedelta(days=9))
            milestone.save()
        if place == 1:  # evidence that the manager has not read for ten days
            _sent(current[0], lead, at(today - dt.timedelta(days=10), 20))
        if place == 2:  # evidence sent back, and not answered
            sent = at(today - dt.timedelta(days=20), 20)
            Submission.objects.create(
                milestone=current[0], number=1, by=lead, at=sent, state="returned", account="A first go at it.",
                reviewed_by=manager, reviewed_at=sent + dt.timedelta(days=3), comment="Who did you ask, and what surprised you?",
            )  # fmt: skip
            Milestone.objects.filter(pk=current[0].pk).update(state="returned", state_since=sent + dt.timedelta(days=3))
        _checkins(story, innovation, 5, blocked=place == 4)


def _accepted(story: Story, innovation: Innovation, milestone: Milestone, slip: int) -> None:
    """A milestone done `slip` days after it was due; three in ten were sent back once."""
    manager, lead = innovation.manager, innovation.application.lead
    accepted = min(at(milestone.end + dt.timedelta(days=slip), 15), timezone.now() - dt.timedelta(hours=1))
    milestone.end += dt.timedelta(days=slip)
    milestone.state, milestone.state_since, milestone.accepted_at = "accepted", accepted, accepted
    milestone.save()
    sent, number = accepted - dt.timedelta(days=4), 1
    if story.rng.random() < 0.3:
        Submission.objects.create(
            milestone=milestone, number=1, by=lead, at=sent - dt.timedelta(days=6), state="returned",
            account="A first go at it.", reviewed_by=manager, reviewed_at=sent - dt.timedelta(days=4),
            comment="Nearly there. Say how many people you asked, and what surprised you.",
        )  # fmt: skip
        number = 2
    Submission.objects.create(
        milestone=milestone, number=number, by=lead, at=sent, state="accepted", reviewed_by=manager, reviewed_at=accepted,
        shows=milestone.to_show[:2], comment="Clear and honest. On you go.", account=SENT,
    )  # fmt: skip


def _sent(milestone: Milestone, by: User, when: dt.datetime) -> None:
    Submission.objects.create(milestone=milestone, number=1, by=by, at=when, account=SENT, shows=milestone.to_show[:2])
    Milestone.objects.filter(pk=milestone.pk).update(state="submitted", state_since=when)


PROGRESS = [
    "Two nights tried, six people asked.",
    "Slow week: sickness on the ward.",
    "A patient drew us a better one.",
]


def _checkins(story: Story, innovation: Innovation, fortnights: int, *, blocked: bool = False) -> None:
    """Every two weeks: how it goes, and what the manager's half hour went on. `blocked`: the last one waits on others."""
    rng, manager = story.rng, innovation.manager
    for fortnight in range(fortnights):
        day = innovation.wave.support_starts + dt.timedelta(days=14 * fortnight + 12)
        stuck = blocked and fortnight == fortnights - 1
        CheckIn.objects.create(
            innovation=innovation, by=innovation.application.lead, side="team", at=at(day, 20),
            confidence=2 if stuck else rng.choice([3, 3, 4, 4, 5]), progress=rng.choice(PROGRESS),
            blockers="The data people have not answered for three weeks." if stuck else "",
            blocker_waits_on="outside" if stuck else "",
        )  # fmt: skip
        StaffHours.objects.create(
            innovation=innovation, by=manager, on=day, minutes=rng.choice([15, 30, 45]), kind=rng.choice(HelpKind.values),
            note="Call", at=at(day, 12),
        )  # fmt: skip


# --- Goals ---


def _goals(story: Story, hers: Innovation) -> None:
    rng = story.rng
    goals: list[Goal] = [
        publish_goal(by=None, skills=[story.skills[slug] for slug in skills], **fields) for fields, skills in GOALS
    ]
    people = [user for user in story.members[8:] if user.joined_at < at(dt.date(2023, 1, 1))]
    for user in rng.sample(people, min(70, len(people))):
        goal = rng.choice(goals)
        starts = story.between(at(dt.date(2022, 11, 1)), at(dt.date(2023, 1, 15))).date()
        baseline = rng.choice([-2, -1, -1])
        sign_up = SignUp.objects.create(
            user=user, goal=goal, baseline=baseline, rhythm_weeks=2, starts_on=starts, created_at=at(starts),
            ends_on=starts + dt.timedelta(weeks=18), state="finished", ended_at=at(starts + dt.timedelta(weeks=18)),
            may_be_asked=rng.random() < 0.4, why=rng.choice(["Because nights should not be like this.", "For my dad.", ""]),
        )  # fmt: skip
        level = baseline
        for step in range(1, 9):
            level = max(-2, min(2, level + rng.choice([-1, 0, 0, 0, 1, 1])))
            Assessment.objects.create(
                sign_up=sign_up,
                level=level,
                confidence=rng.choice([2, 3, 4, 5]),
                at=at(starts + dt.timedelta(days=14 * step), 20),
            )
    _stuck_today(story, goals[0], hers)


def _stuck_today(story: Story, goal: Goal, hers: Innovation) -> None:
    """Grace has a goal under way, and has just said that she is stuck."""
    starts = story.today - dt.timedelta(weeks=5)
    sign_up = SignUp.objects.create(
        user=story.people["grace"], goal=goal, purpose=hers.purpose, baseline=-1, rhythm_weeks=2, starts_on=starts, created_at=at(starts),
        ends_on=starts + dt.timedelta(weeks=12), why="Because people should get the drink they like.", visible_to="manager",
    )  # fmt: skip
    for weeks, level, stuck in ((2, 0, False), (4, -1, True)):
        Assessment.objects.create(
            sign_up=sign_up, level=level, confidence=3, said_stuck=stuck, at=at(starts + dt.timedelta(weeks=weeks), 21)
        )
    flag = review_stuck(sign_up=sign_up)
    assert flag is not None  # she said so
    said_at = sign_up.assessments.filter(said_stuck=True).latest("at").at
    flag.sign_posts.update(shown_at=said_at)
    StuckFlag.objects.filter(pk=flag.pk).update(opened_at=said_at)


# --- Now ---


def _open_call(story: Story, wave: Wave) -> None:
    """Six applications are in, three are being written, Malcolm's among them."""
    newcomers = [user for user in story.members[len(PERSONAS) :] if user.joined_at > wave.call_opens]
    ideas = NEW[3:]
    for idea, lead in zip(ideas, newcomers, strict=False):
        _apply(story, wave, lead, idea, story.between(lead.joined_at, timezone.now() - dt.timedelta(hours=2)))
    one_number = next(idea for idea in OTHERS if idea.name == "One Number")
    drafts = [(story.people["malcolm"], one_number), *zip(newcomers[6:8], OTHERS[2:4], strict=False)]
    for lead, idea in drafts:
        begun = at(story.today - dt.timedelta(days=3), 20)
        draft = Application.objects.create(
            wave=wave,
            lead=lead,
            sentence=idea.sentence,
            state="draft",
            created_at=begun,
            changed_at=begun,
            last_question="unfair",
        )
        _answers(story, draft, idea, only={"sentence", "problem", "who"})


def _now(story: Story, innovations: list[Innovation]) -> None:
    """What waits for the demonstration people today: a milestone in hand, and exchanges at every step."""
    grace, quinn, dev = (story.people[name] for name in ("grace", "quinn", "dev"))
    hers = innovations[0]
    current = hers.milestones.filter(state="in_progress").order_by("start", "id").first()
    assert current is not None
    offers = {listing.title: listing for listing in Listing.objects.filter(member__in=[quinn, dev], closed_at=None)}
    coach, proto = (
        offers["Coaching for people who have never led a project"],
        offers["A clickable first version in a week"],
    )
    exchanges.propose(
        by=grace, listing=proto, provider=dev, receiver=grace, minutes=60, pot=hers.pot, purpose=current.purpose,
        message="Could you make our picture card clickable? I can show you it on paper.", key="demo:proposed",
    )  # fmt: skip
    accepted = exchanges.propose(
        by=grace, listing=coach, provider=quinn, receiver=grace, minutes=30, pot=hers.pot, purpose=current.purpose,
        message="I have never led anything. Where do I start?", key="demo:accepted",
    )  # fmt: skip
    exchanges.accept(by=quinn, exchange=accepted)
    delivered = exchanges.propose(
        by=quinn, listing=offers["Will it pass an accessibility check?"], provider=dev, receiver=quinn, minutes=60,
        message="The form for our night wards project.", key="demo:delivered",
    )  # fmt: skip
    exchanges.accept(by=dev, exchange=delivered)
    hours.record_hours(by=dev, exchange=delivered, minutes=60, key="demo:delivered:hours")
    working.publish_office_hours(story.today, quinn, dev, coach, offers["Will it pass an accessibility check?"])
    working.build_together(story.today, hers, grace, dev, current.purpose)
    others = story.members[30:]
    groups.meet_in_groups(quinn, dev, others, story.skills)
    groups.finish_a_pot(dev, others, story.skills["accessibility"])
    desk.say_thanks(story.people, story.skills)
    busy = set(GroupBooking.objects.values_list("user", flat=True)) | set(
        RoleGrant.objects.values_list("user", flat=True)
    )
    free = [user for user in others if user.pk not in busy]
    desk.take_part(quinn, free[0], story.skills)
    desk.fill_the_desk(story.people, free[1:], story.skills)
    desk.check_the_books()
    rag.refresh_all(innovations=Innovation.objects.filter(pk__in=[one.pk for one in innovations]))
