"""Planning a wave and publishing what it asks and scores."""

import copy
import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

import audit.actions
from accelerator import default_questions
from accelerator.actions import feedback, versions
from accelerator.models import (
    Criterion,
    LetterTemplate,
    Programme,
    Question,
    QuestionSet,
    ReviewPhase,
    Rubric,
    Versioned,
    Wave,
)
from accelerator.queries.lessons import adopted_for
from accelerator.queries.phases import reviewers_of
from accelerator.registries import wave_plans
from accelerator.rules import access
from accelerator.rules import waves as rules
from people.rules import has_role, live_grants
from timebank.actions.ledger import account_for
from timebank.actions.pots import close_pot, open_pot
from ui.errors import DomainError, Invalid, Missing, NotAllowed


@transaction.atomic
def default_question_set() -> QuestionSet:
    """The question set that ships, published; made on the first call, the same one afterwards."""
    name = default_questions.QUESTIONS_NAME
    found = QuestionSet.objects.filter(name=name, state=Versioned.State.PUBLISHED).first()
    if found:
        return found
    made = QuestionSet.objects.create(name=name)
    Question.objects.bulk_create(
        Question(question_set=made, position=position, **fields)
        for position, fields in enumerate(default_questions.QUESTIONS, start=1)
    )
    return versions.publish(by=None, versioned=made)


@transaction.atomic
def default_rubric() -> Rubric:
    """The rubric that ships, published; made on the first call, the same one afterwards."""
    name = default_questions.RUBRIC_NAME
    found = Rubric.objects.filter(name=name, state=Versioned.State.PUBLISHED).first()
    if found:
        return found
    made = Rubric.objects.create(name=name)
    Criterion.objects.bulk_create(
        Criterion(rubric=made, position=position, **fields)
        for position, fields in enumerate(default_questions.CRITERIA, start=1)
    )
    return versions.publish(by=None, versioned=made)


def may_plan(user: Any) -> bool:
    """Whether `user` may plan waves: a portfolio manager of all waves, or an administrator."""
    return any(role in ("portfolio_manager", "administrator") and not scope for role, scope in live_grants(user))


def _check_planner(by: Any) -> None:
    if by is not None and not may_plan(by):
        raise NotAllowed(_("Only portfolio managers of all waves and administrators can do this."))


@transaction.atomic
def plan_wave(*, by: Any, programme: Programme, minimum_reviews: int = 2, **fields: Any) -> Wave:
    """Makes a wave with the four review phases that ship. `fields` are those of `Wave`; the question set and the
    rubric are the ones that ship where none is given. Raises NotAllowed, and Invalid where dates are muddled."""
    _check_planner(by)
    fields.setdefault("slug", _free_slug(fields.get("name", "")))
    fields.setdefault("question_set", default_question_set())
    fields.setdefault("rubric", default_rubric())
    fields.setdefault("feedback_policy", feedback.default_policy())
    wave = Wave(programme=programme, **fields)
    _check_dates(wave)
    wave.save()
    add_default_phases(wave=wave, minimum_reviews=minimum_reviews)
    audit.actions.record(by=by, verb="accelerator.wave.planned", obj=wave, capacity=wave.capacity)
    return wave


@transaction.atomic
def plan_new(*, by: Any, programme: Programme | None, programme_name: str = "", **fields: Any) -> Wave:
    """A wave from nothing, in `programme` or a new one of that name, with an empty fund of its own. It asks, scores and
    begins with what the programme's latest wave does, in the versions now in force; with what ships in a new one. Its call opens today at
    the earliest: a date that has come cannot be taken back. Raises NotAllowed, Invalid (name, programme, dates)."""
    _check_planner(by)
    if timezone.localdate(fields["call_opens"]) < timezone.localdate():
        raise Invalid(_("Choose today, or a day that is still to come."), field="call_opens")
    if fields["call_closes"] <= timezone.now():
        raise Invalid(_("Choose a day that is still to come."), field="call_closes")
    if programme is None:
        slug = slugify(programme_name)[:50]
        if not slug or Programme.objects.filter(slug=slug).exists():
            raise Invalid(
                _("There is a programme of this name. Choose it, or give another name."), field="new_programme"
            )
        programme = Programme.objects.create(slug=slug, name=programme_name)
    elif latest := programme.waves.order_by("-call_opens", "-id").first():
        fields = {
            "question_set": versions.in_force(latest.question_set),
            "rubric": versions.in_force(latest.rubric),
            "feedback_policy": versions.in_force(latest.feedback_policy),
            "roadmap_template": latest.roadmap_template and versions.in_force(latest.roadmap_template),
        } | fields
    return plan_wave(by=by, programme=programme, fund=_open_fund(by, fields["name"]), **fields)


def _open_fund(by: Any, name: str) -> Any:
    """An empty fund for a wave, with the planner as its steward."""
    return open_pot(
        by=None, kind="wave_fund", name=(_("Fund of %(wave)s") % {"wave": name})[:120], stewards=[by] if by else []
    )


def _check_dates(wave: Wave) -> None:
    if not rules.in_order(wave):
        raise Invalid(
            _("The dates of a wave must follow each other, from the opening of the call to the end."),
            field="call_opens",
        )


def _free_slug(name: str) -> str:
    """The end of a wave's address, made from its name, that no other wave has."""
    wanted = slugify(name)[:40] or "wave"
    taken = set(Wave.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    return next(slug for slug in (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)


CHANGEABLE = ("name", "summary", "nation", "regions", "themes", "capacity", "allowance_minutes", *rules.DATES)


@transaction.atomic
def change_wave(*, by: Any, wave: Wave, **fields: Any) -> Wave:
    """Changes what a wave is called and offers, and those of its dates that have not come. While the call is open it may
    close later, never earlier: people plan by what they were told. The steps of the review move with the dates unless
    somebody has changed them. Raises NotAllowed, Invalid (the date, capacity)."""
    wave = Wave.objects.select_for_update().get(pk=wave.pk)
    if by is not None and not (access.runs(by, wave) or has_role(by, "administrator")):
        raise NotAllowed(_("Only those who run this wave can change it."))
    if unknown := set(fields) - set(CHANGEABLE):
        raise TypeError(f"change_wave() changes no {', '.join(sorted(unknown))}")
    now, old = timezone.now(), copy.copy(wave)
    changed = {name: value for name, value in fields.items() if value != getattr(wave, name)}
    for name in rules.passed(wave, now) & set(changed):
        raise Invalid(_("This date has passed, so it stays."), field=name)
    if wave.phase(now) == rules.Phase.CALL and changed.get("call_closes", wave.call_closes) < wave.call_closes:
        raise Invalid(_("The call is open: it can close later, and not earlier."), field="call_closes")
    if fields.get("capacity", 1) < 1:
        raise Invalid(_("There must be a place for somebody."), field="capacity")
    for name, value in changed.items():
        setattr(wave, name, value)
    _check_dates(wave)
    wave.save(update_fields=list(changed))
    if {"call_opens", "call_closes", "support_starts"} & set(changed):
        _move_phases(old, wave)
    if changed:
        audit.actions.record(by=by, verb="accelerator.wave.changed", obj=wave, fields=sorted(changed))
    return wave


def _move_phases(old: Wave, new: Wave) -> None:
    """Moves the steps of the review to a wave's new dates, where they stand as they were laid down for the old ones."""
    laid_down = {kind: (starts, ends) for kind, starts, ends in _default_dates(old)}
    moved = {kind: (starts, ends) for kind, starts, ends in _default_dates(new)}
    for phase in new.review_phases.select_for_update():
        if (phase.starts, phase.ends) == laid_down.get(phase.kind):
            phase.starts, phase.ends = moved[phase.kind]
            phase.save(update_fields=["starts", "ends"])


@transaction.atomic
def copy_wave(*, by: Any, wave: Wave, name: str, call_opens: dt.date) -> Wave:
    """A new wave like `wave`, with its call opening on `call_opens` and everything else as many days later: the same
    programme, places, themes, allowance; questions, rubric, feedback policy and roadmap in the versions now in force; the
    steps of the review with all their settings, the words of the letters, as much in the access fund, the lessons of the
    learning log that were adopted, what rooms above carry (`registries.wave_plans`), and a fund of credits of its own,
    which is empty. Raises NotAllowed, Invalid (name, call_opens)."""
    _check_planner(by)
    name = name.strip()
    if not name or len(name) > 120:
        raise Invalid(_("Give the wave a name of up to 120 characters."), field="name")
    if call_opens <= timezone.localdate():
        raise Invalid(_("Choose a day that is still to come."), field="call_opens")
    made = plan_wave(
        by=by, programme=wave.programme, name=name, summary=wave.summary, nation=wave.nation, regions=wave.regions,
        themes=wave.themes, capacity=wave.capacity, allowance_minutes=wave.allowance_minutes, fund=_open_fund(by, name),
        access_fund_pence=wave.access_fund_pence, access_paid_how=wave.access_paid_how,
        question_set=versions.in_force(wave.question_set), rubric=versions.in_force(wave.rubric),
        feedback_policy=versions.in_force(wave.feedback_policy),
        roadmap_template=wave.roadmap_template and versions.in_force(wave.roadmap_template), **rules.shifted(wave, call_opens),
    )  # fmt: skip
    _copy_phases(wave, made)
    _copy_letters(wave, made)
    for one in wave_plans:
        one.carry(wave, made)
    made.taken_lessons.set(adopted_for(wave))
    audit.actions.record(by=by, verb="accelerator.wave.copied", obj=made, source=str(wave.pk))
    return made


BEGUN = ("applications", "access_claims", "lessons", "panel", "bulk_moves", "innovations")


@transaction.atomic
def drop_wave(*, by: Any, wave: Wave) -> None:
    """Takes back a wave that was planned by mistake: as if it had never been, for as long as its call is to come and
    nobody has begun anything in it. Its empty fund is closed. Raises NotAllowed, Missing, and DomainError where it is too
    late."""
    _check_planner(by)
    found = Wave.objects.select_for_update(of=("self",)).filter(pk=wave.pk).first()
    if found is None:
        raise Missing(_("There is no such wave."))
    if found.phase() != rules.Phase.PLANNED:
        raise DomainError(_("The call has opened, so the wave stays."))
    late = DomainError(_("People have begun something in this wave, so it stays. You can move its dates."))
    asked = found.fit_checks.filter(user__isnull=False).exists()
    if asked or any(getattr(found, name).exists() for name in BEGUN) or found.campaign_id:
        raise late
    if found.fund is not None:
        if account_for(pot=found.fund).balance:
            raise DomainError(_("There are credits in its fund. Ask a time broker to take them out first."))
        close_pot(by=by, pot=found.fund, close_out=_("The wave was not held."), key=f"wave_dropped:{found.pk}")
    audit.actions.record(by=by, verb="accelerator.wave.dropped", obj=found, slug=found.slug)
    for rows in (found.fit_checks, found.letter_templates, found.review_phases):
        rows.all().delete()
    try:
        for one in wave_plans:
            one.drop(found)
        found.delete()
    except ProtectedError as error:  # a room above has something of it
        raise late from error


def _copy_letters(source: Wave, made: Wave) -> None:
    """The words that letters are made from; what a manager was still trying out stays behind."""
    LetterTemplate.objects.bulk_create(
        LetterTemplate(wave=made, outcome=one.outcome, text=one.text, changed_by=one.changed_by)
        for one in source.letter_templates.exclude(text="")
    )


def _copy_phases(source: Wave, made: Wave) -> None:
    """The steps of the review as `source` has them, as many days later as its call. Where only some of the panel read,
    those who are still on it do."""
    days = timezone.localdate(made.call_opens) - timezone.localdate(source.call_opens)
    panel = {reviewer.pk for reviewer in reviewers_of(made)}
    made.review_phases.all().delete()
    for phase in source.review_phases.prefetch_related("chosen").order_by("position"):
        chosen = [reviewer for reviewer in phase.chosen.all() if reviewer.pk in panel]
        copied = ReviewPhase(wave=made, **{name: getattr(phase, name) for name in COPIED})
        copied.starts, copied.ends = rules.later(phase.starts, days), rules.later(phase.ends, days)
        copied.rubric = phase.rubric and versions.in_force(phase.rubric)
        if phase.readers == ReviewPhase.Readers.SOME and not chosen:
            copied.readers = ReviewPhase.Readers.PANEL
        copied.save()
        copied.chosen.set(chosen)


COPIED = ("position", "kind", "internal_label", "public_label", "names", "other_reviews", "reviewer_names",
          "question_keys", "minimum_reviews", "readers")  # fmt: skip


def _default_dates(wave: Wave) -> list[tuple[str, dt.datetime, dt.datetime]]:
    """When each step of the review runs where nobody says otherwise: (kind, starts, ends)."""
    closes, kinds = wave.call_closes, ReviewPhase.Kind
    support = timezone.make_aware(dt.datetime.combine(wave.support_starts, dt.time.min))
    span = max(support - closes, dt.timedelta(days=4))
    looked, scored, moderated = rules.at_noon([closes + span * share for share in (0.1, 0.7, 0.85)], closes)
    return [
        (kinds.TRIAGE, wave.call_opens, looked),
        (kinds.SCORE, looked, scored),
        (kinds.MODERATE, scored, moderated),
        (kinds.DECIDE, moderated, closes + span),
    ]


QUICK_LOOK = ("sentence", "problem", "who", "idea", "first_try")  # the answers that a first look reads, unless changed


def add_default_phases(*, wave: Wave, minimum_reviews: int = 2) -> list[ReviewPhase]:
    """Triage (from the opening of the call, of the answers that a quick look needs), score, moderate and decide, up to
    the start of support."""
    asked = set(wave.question_set.questions.filter(reviewers_see=True).values_list("key", flat=True))
    quick = [key for key in QUICK_LOOK if key in asked]
    kinds, visible = ReviewPhase.Kind, ReviewPhase.Visible
    looks: dict[str, tuple[str, str, str, str]] = {
        kinds.TRIAGE: (_("Triage"), _("We have it"), visible.ALWAYS, visible.ALWAYS),
        kinds.SCORE: (_("Score"), _("Being read"), visible.NEVER, visible.AFTER_OWN),
        kinds.MODERATE: (_("Moderate"), _("Being talked about"), visible.ALWAYS, visible.ALWAYS),
        kinds.DECIDE: (_("Decide"), _("Nearly there"), visible.ALWAYS, visible.ALWAYS),
    }
    return ReviewPhase.objects.bulk_create(
        ReviewPhase(
            wave=wave,
            position=position,
            kind=kind,
            internal_label=looks[kind][0],
            public_label=looks[kind][1],
            starts=starts,
            ends=ends,
            names=looks[kind][2],
            other_reviews=looks[kind][3],
            rubric=wave.rubric if kind == kinds.SCORE else None,
            question_keys=quick if kind == kinds.TRIAGE else [],
            minimum_reviews=minimum_reviews if kind == kinds.SCORE else 1,
            readers=ReviewPhase.Readers.PANEL if kind == kinds.SCORE else ReviewPhase.Readers.MANAGERS,
        )
        for position, (kind, starts, ends) in enumerate(_default_dates(wave), start=1)
    )
