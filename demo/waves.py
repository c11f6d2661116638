"""What a wave has beside its people: who takes the first look, what was said in it, and what taking part cost."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accelerator.models import AccessClaim, Innovation, TriageAnswer, Wave

if TYPE_CHECKING:
    from demo.seed import Story

HOW = (
    "Our finance team writes to you within three working days to ask when they can ring you. They ask for your bank "
    "details then. We never keep them here."
)

# who (a demonstration person, or the lead of the innovation of that number), kind, what, pence, days ago, state, more
CLAIMS: list[tuple[str | int, str, str, int, int, str, dict[str, Any]]] = [
    ("grace", "travel", "Bus to the kick-off day in Truro and back", 940, 62, "paid", {"reference": "BACS 20114"}),
    ("grace", "data", "Data for three video calls with my helper", 600, 20, "agreed", {}),
    (1, "care", "A sitter for my dad on the evening of the prototype workshop", 4200, 9, "waiting", {}),
    (2, "interpreter", "British Sign Language interpreter for the peer session", 9500, 6, "agreed", {"beforehand": True}),
    (3, "travel", "Petrol to visit two care homes, 46 miles", 2070, 4, "waiting", {}),
    (4, "data", "A new phone contract", 31200, 30, "declined",
     {"reason": "A contract is more than taking part takes. Claim the data that you use for the wave, at £2 a call."}),
    ("ruth", "travel", "Train to the panel’s first meeting", 2860, 75, "paid", {"reference": "BACS 20098"}),
]  # fmt: skip
ASKED = "Somebody to be with my wife while I am at the open evening"

SAID = [
    ("yes", ""),
    ("yes", "Seen with her own eyes, and small enough to try."),
    ("talk", "Close to something that the county already runs. Do we ask them first?"),
]


def add(story: "Story", live: Wave, two: Wave, innovations: list[Innovation]) -> None:
    """Claims on the fund of the wave that is under way, a question beforehand in the open one, and its first look."""
    for wave, pence in ((live, 200_000), (two, 300_000)):
        wave.access_fund_pence, wave.access_paid_how = pence, HOW
        wave.save(update_fields=["access_fund_pence", "access_paid_how"])
    for number, row in enumerate(CLAIMS):
        _claim(story, live, innovations, number, row)
    AccessClaim.objects.create(
        wave=two, claimant=story.people["malcolm"], kind="care", what=ASKED, pence=3600, key="demo:malcolm",
        asked_at=timezone.now() - dt.timedelta(days=1),
    )  # fmt: skip
    _first_look(story, two)


def _claim(story: "Story", wave: Wave, innovations: list[Innovation], number: int, row: Any) -> None:
    who, kind, what, pence, ago, state, more = row
    claimant = story.people[who] if isinstance(who, str) else innovations[who % len(innovations)].application.lead
    asked = timezone.now() - dt.timedelta(days=ago)
    manager, answered = story.people["priya"], asked + dt.timedelta(days=2)
    fields: dict[str, Any] = {}
    if state != "waiting":
        fields |= {"answered_by": manager, "answered_at": answered, "reason": more.get("reason", "")}
    if state == "paid":
        paid = answered + dt.timedelta(days=4)
        fields |= {"paid_by": manager, "paid_at": paid, "paid_reference": more["reference"]}
    spent = None if more.get("beforehand") else timezone.localdate(asked) - dt.timedelta(days=1)
    AccessClaim.objects.create(
        wave=wave, claimant=claimant, kind=kind, what=what, pence=pence, spent_on=spent, state=state, asked_at=asked,
        key=f"demo:{number}", **fields,
    )  # fmt: skip


def _first_look(story: "Story", wave: Wave) -> None:
    """Tomasz and Priya take the first look at what has come in; three are still to be looked at."""
    phase = wave.review_phases.get(kind="triage")
    phase.readers = "some"
    phase.save(update_fields=["readers"])
    phase.chosen.set([story.people["tomasz"]])
    sent = wave.applications.submitted().order_by("submitted_at", "id")[: len(SAID)]
    for application, (answer, reason) in zip(sent, SAID, strict=False):
        assert application.submitted_at is not None  # it was sent in
        manager = answer == "yes"
        TriageAnswer.objects.create(
            phase=phase, application=application, by=story.people["priya" if manager else "tomasz"], answer=answer,
            reason=reason, as_manager=manager, at=application.submitted_at + dt.timedelta(hours=1),
        )  # fmt: skip
