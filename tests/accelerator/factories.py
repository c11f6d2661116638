"""What the accelerator's tests begin with. Plain functions; times are real unless a test says otherwise."""

import base64
import datetime as dt
import itertools
from typing import Any

from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accelerator import invitations
from accelerator.actions import (
    access_fund,
    allocation,
    apply,
    copies,
    decisions,
    feedback,
    fits,
    helping,
    lessons,
    phone,
    quarantine,
    questions,
    review,
    roadmap,
    roadmap_templates,
    rubrics,
    waves,
)
from accelerator.models import (
    AccessClaim,
    Answer,
    Application,
    Assignment,
    Decision,
    Lesson,
    PanelSeat,
    Programme,
    ReviewPhase,
    Upload,
    Wave,
)
from accelerator.rules.waves import later
from people.models import RoleGrant, Skill, User
from tests.people.factories import make_known
from timebank.actions import exchanges

_numbers = itertools.count(1)

GOOD_ANSWERS: dict[str, Any] = {
    "sentence": "Picture cards on the drinks trolley for people who cannot speak up",
    "problem": "On nights we find full cups out of reach. People who had a stroke cannot ask for help.",
    "who": "About 6 of our 28 patients on most days. I counted for a week.",
    "unfair": ["disability", "age"],
    "fairer": "Nobody would have to speak up to get a drink.",
    "idea": "Each patient picks pictures of drinks. Whoever brings the trolley looks at the card.",
    "exists": "There is nothing for drinks between meals.",
    "asked": "Two healthcare assistants liked it.",
    "stage": "thought",
    "first_try": "Cards for one bay of six beds, for one week.",
    "learn": "Whether people drink more.",
    "help": ["improvement"],
    "flags": ["none"],
    "time": "1_to_2",
}


def a_person(name: str = "", *, role: str = "", scope: Any = "", **fields: Any) -> User:
    """A member who may act, with a role where one is named."""
    number = next(_numbers)
    user = User.objects.create_user(
        fields.pop("email", f"person{number}@accelerator.example"),
        name=name or f"Person Number{number}",
        conduct_accepted_at=timezone.now(),
        **fields,
    )
    if role:
        RoleGrant.objects.create(user=user, role=role, scope=str(scope), reason="For a test")
    make_known(user)
    return User.objects.get(pk=user.pk)


def a_manager(name: str = "Mo Manager", **fields: Any) -> User:
    return a_person(name, role="portfolio_manager", **fields)


def a_reviewer(name: str = "", **fields: Any) -> User:
    return a_person(name, role="reviewer", **fields)


def a_wave(*, call: str = "open", **fields: Any) -> Wave:
    """A wave whose call is "open", "closed" (and being scored) or "ahead" now."""
    number, day = next(_numbers), dt.timedelta(days=1)
    days = {"open": (-10, 20), "closed": (-40, -1), "ahead": (5, 35)}[call]
    opens, closes = (later(timezone.now(), count * day) for count in days)  # at this time of day in London
    support = timezone.localdate(closes) + 30 * day
    programme, _made = Programme.objects.get_or_create(slug="north", defaults={"name": "The northern programme"})
    dates = {
        "call_opens": opens,
        "call_closes": closes,
        "support_starts": support,
        "community_starts": support + 90 * day,
        "evaluation_starts": support + 210 * day,
        "ends": support + 300 * day,
    }
    fields = {"slug": f"wave-{number}", "name": f"Wave {number}", **dates, **fields}
    wave = waves.plan_wave(by=None, programme=programme, **fields)
    return Wave.objects.get(pk=wave.pk)


def close_call(wave: Wave) -> Wave:
    """The same wave, the day after its call closed: its phases begin as planned for that day."""
    now, day = timezone.now(), dt.timedelta(days=1)
    wave.call_opens, wave.call_closes = later(now, -40 * day), later(now, -day)
    wave.save(update_fields=["call_opens", "call_closes"])
    wave.review_phases.filter(kind="score").update(starts=wave.call_closes, ends=later(now, 14 * day))
    wave.review_phases.filter(kind="triage").update(starts=wave.call_opens, ends=now)
    return wave


def a_draft(
    lead: User | None = None, wave: Wave | None = None, sentence: str = "Bigger clocks on the ward"
) -> Application:
    return apply.begin(by=lead or a_person(), wave=wave or a_wave(), sentence=sentence)


def answer(application: Application, **answers: Any) -> None:
    """Answers questions by key, as the lead."""
    assert application.wave is not None
    for question in application.wave.question_set.questions.filter(key__in=answers):
        standing = application.answers.filter(question=question).first()
        apply.save_answer(
            by=application.lead,
            application=application,
            question=question,
            value=answers[question.key],
            seen_version=standing.version if standing else 0,
        )


def a_full_draft(lead: User | None = None, wave: Wave | None = None, **answers: Any) -> Application:
    """A draft with every required answer."""
    given = GOOD_ANSWERS | answers
    draft = a_draft(lead, wave, sentence=given["sentence"])
    assert draft.wave is not None
    questions = draft.wave.question_set.questions.filter(key__in=given).exclude(key="sentence")
    Answer.objects.bulk_create(
        Answer(application=draft, question=question, value=given[question.key], saved_by=draft.lead)
        for question in questions
    )
    return Application.objects.get(pk=draft.pk)


def an_application(lead: User | None = None, wave: Wave | None = None, **answers: Any) -> Application:
    """An application that was sent while the call was open."""
    draft = a_full_draft(lead, wave, **answers)
    return apply.submit(by=draft.lead, application=draft)


def the_phase(wave: Wave) -> ReviewPhase:
    """The wave's scoring phase."""
    return wave.review_phases.get(kind="score")


def an_assignment(application: Application, reviewer: User | None = None, manager: User | None = None) -> Assignment:
    """An application in a closed call, offered to a reviewer."""
    assert application.wave is not None
    close_call(application.wave)
    reviewer = reviewer or a_reviewer()
    PanelSeat.objects.get_or_create(wave=application.wave, reviewer=reviewer, defaults={"promised_at": timezone.now()})
    return review.assign(
        by=manager or a_manager(), phase=the_phase(application.wave), application=application, reviewer=reviewer
    )


def a_seat(reviewer: User, wave: Wave, **more: Any) -> PanelSeat:
    """A reviewer's place on the panel, with the promise given."""
    given: dict[str, Any] = {"room": PanelSeat.ROOM, "knows": [], **more}
    return allocation.take_seat(by=reviewer, wave=wave, promises=True, **given)


def a_review(
    application: Application, scores: int | dict[str, Any] = 4, reviewer: User | None = None, **words: str
) -> Assignment:
    """A review that was handed in: one score for all criteria, or a score (or "abstain") a key."""
    assignment = an_assignment(application, reviewer)
    keys = [criterion.key for criterion in assignment.phase.rubric.criteria.all()]
    given = scores if isinstance(scores, dict) else dict.fromkeys(keys, scores)
    words = {"for_applicant": "A clear problem, seen from close by.", **words}
    review.save_review(by=assignment.reviewer, assignment=assignment, scores=given, **words)
    return review.submit_review(by=assignment.reviewer, assignment=assignment)


def a_decision(application: Application, outcome: str = "decline", manager: User | None = None) -> Decision:
    return decisions.decide(by=manager or a_manager(), application=application, outcome=outcome)


PNG = base64.b64decode(  # one black pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def an_upload(draft: Application, name: str = "sketch.png", content: bytes = PNG, *, copied: bool = True) -> Upload:
    """A file that answers the question "show" of a draft; `copied`: the worker has been at it."""
    assert draft.wave is not None
    question = draft.wave.question_set.questions.get(key="show")
    made = apply.add_upload(by=draft.lead, application=draft, question=question, file=SimpleUploadedFile(name, content))
    if copied:
        copies.make_copy(upload_id=made.pk)
    return Upload.objects.get(pk=made.pk)


def a_claim(
    user: User, wave: Wave, *, pence: int = 1250, spent: bool = True, receipt: bool = False, **more: Any
) -> AccessClaim:
    """A claim on a wave's access fund: for a bus, paid yesterday, or asked for beforehand."""
    given: dict[str, Any] = {
        "kind": "travel",
        "what": "Bus to the kick-off day",
        "key": f"claim-{next(_numbers)}",
        **more,
    }
    return access_fund.claim(
        by=user,
        wave=wave,
        pence=pence,
        spent_on=timezone.localdate() - dt.timedelta(days=1) if spent else None,
        receipt=SimpleUploadedFile("ticket.png", PNG) if receipt else None,
        **given,
    )


def a_lesson(by: User | None = None, text: str = "Ring people back within a day.", **about: Any) -> Lesson:
    """Something learnt that nobody has answered yet: `about` is a wave, a programme or nothing."""
    return lessons.add(by=by or a_person(), text=text, key=f"lesson-{next(_numbers)}", **about)


def world(people: dict[str, Any]) -> dict[str, Any]:
    """The URL matrix's applications: a draft and a sent one of `party`, one more for the reviewer and the managers."""
    wave = a_wave(slug="matrix-wave", name="Matrix wave")
    draft = a_full_draft(people["party"], wave)
    apply.invite(by=people["party"], application=draft, user=people["other_party"])
    upload = an_upload(draft)
    other = a_wave(slug="matrix-scored", name="Matrix scored wave")
    unsent = a_full_draft(people["other_party"], other)
    cleared = an_upload(unsent)
    sent = an_application(people["party"], other)
    read = apply.submit(by=people["other_party"], application=unsent)
    review.clear_upload(by=people["portfolio_manager"], upload=cleared)
    decided = an_application(wave=other)
    assignment = an_assignment(read, people["reviewer"], people["portfolio_manager"])
    review.accept_assignment(by=people["reviewer"], assignment=assignment)
    a_decision(decided, "decline", people["portfolio_manager"])
    move = decisions.decide_many(
        by=people["portfolio_manager"], wave=other, application_ids=[decided.pk], outcome="decline", key="world"
    )
    looked = an_application(wave=a_wave(slug="matrix-looked", name="Matrix first look"))
    looked.wave.review_phases.filter(kind="triage").update(readers="panel")
    a_seat(people["reviewer"], looked.wave)
    core = roadmap.publish_template("core")
    template = roadmap_templates.new_version(by=people["portfolio_manager"], template=core)
    asked, agreed = a_claim(people["party"], wave, receipt=True), a_claim(people["party"], wave, spent=False)
    access_fund.agree(by=people["portfolio_manager"], made=agreed, over=True)
    declared = review.declare_conflict(by=people["reviewer"], email="friend@example.org")
    told = a_lesson(people["party"], wave=wave)
    adopted = lessons.answer(
        by=people["portfolio_manager"], lesson=a_lesson(people["party"]), answer="adopted", reason="From now on."
    )
    from tests.accelerator.innovations.factories import a_funded_wave
    from tests.accelerator.innovations.factories import world as innovations_world
    from tests.accelerator.review.factories import world as selection_world

    helped = a_full_draft(people["party"], a_funded_wave(slug="matrix-helped", name="Matrix helped wave"))
    helps = [
        helping.ask(
            by=people["party"],
            application=helped,
            question=helped.wave.question_set.questions.get(key=key),  # type: ignore[union-attr]  # it has a wave
            skill=Skill.objects.named("Design"),
            minutes=30,
        )
        for key in ("problem", "idea")
    ]
    offer = exchanges.propose(by=people["other_party"], listing=helps[1].listing, minutes=30, key="world: helps")
    exchanges.accept(by=people["party"], exchange=offer)
    flagged = quarantine.flag(
        by=people["reviewer"],
        application=decided,
        question=decided.wave.question_set.questions.get(key="problem"),  # type: ignore[union-attr]  # it has a wave
    )
    unfit = fits.check(by=people["party"], wave=other, given={"adult": "yes", "about": "unsure", "want": "try"})
    spoken = phone.begin_for(by=people["broker"], member=people["party"], wave=helped.wave, asked=True)
    scribe = phone.confirm(by=people["party"], scribe=spoken.scribes.get())
    unconfirmed = phone.begin_for(by=people["broker"], member=people["party"], wave=wave, asked=True).scribes.get()

    return {
        "wave_slug": wave.slug,
        "policy_id": feedback.new_version(by=people["portfolio_manager"], policy=wave.feedback_policy).pk,
        "used_policy_id": wave.feedback_policy_id,
        "lesson_id": told.pk,
        "adopted_id": adopted.pk,
        "scored_slug": other.slug,
        "phase_id": wave.review_phases.get(kind="moderate").pk,
        "looked_slug": "matrix-looked",
        "looked_id": looked.pk,
        "draft_id": draft.pk,
        "invitation_token": invitations.sign(draft.pk, people["other_party"].email, "edit"),
        "sent_id": sent.pk,
        "read_id": read.pk,
        "assignment_id": assignment.pk,
        "move_id": move.pk,
        "published_id": wave.question_set_id,
        "claim_id": asked.pk,
        "agreed_claim_id": agreed.pk,
        "rubric_id": rubrics.new_version(by=people["portfolio_manager"], rubric=wave.rubric).pk,
        "used_rubric_id": wave.rubric_id,
        "criterion_key": "idea",
        "template_id": template.pk,
        "template_row_id": template.rows.get(order=4).pk,
        "published_template_id": core.pk,
        "questions_id": questions.new_version(by=people["portfolio_manager"], question_set=wave.question_set).pk,
        "declared_id": declared.pk,
        "question_key": "problem",
        "helped_id": helped.pk,
        "helped_key": "problem",
        "fit_check_id": unfit.pk,
        "patient_flag_id": flagged.pk,
        "take_move": "take",
        "unasked_key": "who",
        "scribe_id": scribe.pk,
        "unconfirmed_id": unconfirmed.pk,
        "may_write_token": signing.dumps(str(unconfirmed.pk), salt=phone.SALT),
        "asked_id": helps[1].pk,
        "upload_id": upload.pk,
        "cleared_upload_id": cleared.pk,
        "upload_move": "ask",
        "decided_id": decided.pk,
        "outcome": "decline",
        **selection_world(people),
        **innovations_world(people),
    }
