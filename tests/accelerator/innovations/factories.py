"""An accepted application as an innovation, with a fund that can pay."""

import datetime as dt
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accelerator.actions import evidence, innovations, quarantine_evidence, roadmap
from accelerator.models import CoApplicant, Innovation, Milestone, Submission, Wave
from people.models import User
from tests.accelerator.factories import a_manager, a_person, a_wave, an_application
from timebank.actions import exchanges, hours, ledger, pots

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def a_funded_wave(*, minutes: int = 200 * 60, **fields: Any) -> Wave:
    """A wave whose fund holds some minutes."""
    wave = a_wave(**fields)
    wave.fund = pots.open_pot(by=None, kind="wave_fund", name=f"Fund of {wave.name}")
    wave.save(update_fields=["fund"])
    account = ledger.account_for(pot=wave.fund)
    if minutes:
        pots.grant(by=None, to_account=account, minutes=minutes, reason="The wave's fund", key=f"fund:{wave.pk}")
    return wave


def an_innovation(
    *,
    lead: User | None = None,
    with_others: tuple[User, ...] = (),
    manager: User | None = None,
    wave: Wave | None = None,
    weeks_in: int = 1,
    **answers: Any,
) -> Innovation:
    """An innovation of a wave whose support began `weeks_in` weeks ago."""
    wave = wave or a_funded_wave()
    application = an_application(lead, wave, **answers)
    for user in with_others:
        CoApplicant.objects.create(application=application, user=user, may="edit", accepted_at=timezone.now())
    support = timezone.localdate() - dt.timedelta(weeks=weeks_in)
    week, opens = dt.timedelta(weeks=1), timezone.now() - dt.timedelta(weeks=weeks_in + 8)
    wave.call_opens, wave.call_closes = opens, opens + 4 * week
    wave.support_starts, wave.community_starts = support, support + 13 * week
    wave.evaluation_starts, wave.ends = support + 30 * week, support + 40 * week
    wave.save()
    manager = manager or a_manager()
    return innovations.create_from_application(by=manager, application=application, manager=manager)


def lead_of(innovation: Innovation) -> User:
    return User.objects.get(innovation_places__innovation=innovation, innovation_places__lead=True)


def first(innovation: Innovation) -> Milestone:
    """The milestone that comes first."""
    return innovation.milestones.order_by("start", "end", "id")[0]


def in_state(state: str, innovation: Innovation | None = None) -> Milestone:
    """A milestone brought to a state by the actions that lead there."""
    innovation = innovation or an_innovation()
    milestone = first(innovation)
    team, manager = lead_of(innovation), innovation.manager
    if state == "not_applicable":
        roadmap.drop(by=manager, milestone=milestone, reason="They have done it already.")
    if state == "in_progress":
        roadmap.start(by=team, milestone=milestone)
    if state in ("submitted", "returned", "accepted"):
        sent = evidence.submit(by=team, milestone=milestone, account="We asked three people.")
        if state == "returned":
            evidence.send_back(by=manager, submission=sent, comment="Which ward was it?")
        if state == "accepted":
            evidence.accept(by=manager, submission=sent)
    return Milestone.objects.select_related("innovation").get(pk=milestone.pk)


def evidence_for(milestone: Milestone, **fields: Any) -> Submission:
    given = {"account": "We asked three people on the ward.", **fields}
    return evidence.submit(by=lead_of(milestone.innovation), milestone=milestone, **given)


def a_file(name: str = "notes.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def hours_given(milestone: Milestone, minutes: int, helper: User | None = None) -> User:
    """A settled exchange for a milestone, paid from its innovation's hours."""
    innovation = milestone.innovation
    helper, lead = helper or a_person("Hana Helper"), lead_of(innovation)
    key = f"help:{milestone.pk}:{minutes}"
    exchange = exchanges.propose(
        by=lead, provider=helper, receiver=lead, minutes=minutes, pot=innovation.pot, purpose=milestone.purpose, key=key
    )
    exchanges.accept(by=helper, exchange=exchange, key=f"{key}:accept")
    for user in (helper, lead):
        hours.record_hours(by=user, exchange=exchange, minutes=minutes, key=f"{key}:{user is lead}")
    return helper


def world(people: dict[str, Any]) -> dict[str, Any]:
    """The URL matrix's innovation, whose team are `party` and `other_party`: a milestone to begin, one with evidence
    waiting, one that is not needed."""
    wave = a_funded_wave(slug="matrix-cohort", name="Matrix cohort")
    innovation = an_innovation(
        lead=people["party"], with_others=(people["other_party"],), manager=people["portfolio_manager"], wave=wave
    )
    begin, shown, dropped, *_rest = innovation.milestones.order_by("start", "end", "id")
    sent = evidence_for(shown, files=[a_file()])
    flagged = quarantine_evidence.flag(by=people["party"], submission=sent, file=sent.files.get())
    roadmap.drop(by=innovation.manager, milestone=dropped, reason="Done before the wave")
    return {
        "cohort_slug": wave.slug,
        "innovation_id": innovation.pk,
        "milestone_id": begin.pk,
        "dropped_milestone_id": dropped.pk,
        "submission_id": sent.pk,
        "file_id": sent.files.get().pk,
        "evidence_flag_id": flagged.pk,
    }
