"""What quotes an answer elsewhere: taken out with it, and put back with it."""

from collections.abc import Sequence
from typing import Any

from django.db import models

from accelerator.models import (
    AnswerComment,
    Application,
    Assignment,
    BulkMove,
    CheckIn,
    Decision,
    Innovation,
    PanelNote,
    Sample,
    Submission,
    TriageAnswer,
)
from accelerator.queries.review import identities
from accelerator.rules import quarantine as rules
from accelerator.rules.quoting import without
from notifications.actions import SHORTEST_QUOTE
from people.actions import safety
from timebank.actions import pots, purposes
from timebank.models import Listing

PLACES: dict[
    str, tuple[type[models.Model], str, tuple[str, ...]]
] = {  # name → model, way to the application, its texts
    "innovation": (Innovation, "application", ("name", "summary")),
    "letter": (Decision, "application", ("letter",)),
    "review": (Assignment, "application", ("for_applicant", "for_panel")),
    "first look": (TriageAnswer, "application", ("reason",)),
    "note": (PanelNote, "application", ("text",)),
    "comment": (AnswerComment, "application", ("text",)),
    "sample": (Sample, "phase__wave__applications", ("text",)),
}
POT = "pot"
CONCERN = "concern"  # what reports and safeguarding cases keep


class _Without:
    """Takes out of a text what it quotes; remembers each that it changed as [where, row, field, old, left]."""

    def __init__(self, words: Sequence[str], keep: Sequence[str]):
        self.words, self.keep = words, keep
        self.changed: list[list[str]] = []

    def __call__(self, text: str, where: str = POT, row: Any = "", field: str = "") -> str:
        left = without(text, self.words, rules.REMOVED, self.keep)
        if left == text.strip():
            return text
        self.changed.append([where, str(row), field, text, left])
        return left


def take_out(*, by: Any, application: Application, words: Sequence[str]) -> list[list[str]]:
    """Takes what was taken away out of everything that quotes it: what reviewers and managers wrote, letters, drafts of
    letters that a bulk move keeps, the sample, the innovation, its pot and the requests that the pot pays, and what
    reports and safeguarding cases keep of any of these. Returns what `put_back` needs. The names of those who wrote the
    application stay: they are no patients here."""
    own = {part for name in identities([application.pk])[application.pk] for part in name.split()}
    take = _Without(words, sorted(own))
    for where, (model, way, fields) in PLACES.items():
        rows = model._default_manager.select_for_update(of=("self",)).filter(**{way: application})
        for row in rows.order_by("pk"):
            for field in fields:
                setattr(row, field, take(getattr(row, field), where, row.pk, field))
            row.save(update_fields=list(fields))
    for innovation in Innovation.objects.filter(application=application).select_related("pot", "purpose"):
        pots.reword(by=by, pot=innovation.pot, reword=take)
        purposes.reword(purpose=innovation.purpose, reword=take)
    safety.reword(
        by=by,
        reword=lambda text: take(text, CONCERN),
        things=_things(application),
        quoting=[text for text in words if len(text) >= SHORTEST_QUOTE],
    )
    for move in BulkMove.objects.select_for_update().filter(before__has_key=str(application.pk)):
        was = move.before[str(application.pk)]
        if was:
            was["letter"] = without(was["letter"], words, rules.REMOVED, sorted(own))
            move.save(update_fields=["before"])
    return take.changed


def put_back(*, by: Any, application: Application, copies: Sequence[Sequence[str]]) -> None:
    """Puts back what `take_out` changed, where nobody has written anything else there since."""
    for where, row, field, old, left in copies:
        if where in PLACES:
            model, way, _fields = PLACES[where]
            model._default_manager.filter(**{"pk": row, way: application, field: left}).update(**{field: old})
    back = {left: old for where, _row, _field, old, left in copies if where == POT}
    for innovation in Innovation.objects.filter(application=application).select_related("pot", "purpose"):
        pots.reword(by=by, pot=innovation.pot, reword=lambda text: back.get(text, text))
        purposes.reword(purpose=innovation.purpose, reword=lambda text: back.get(text, text))
    kept = {left: old for where, _row, _field, old, left in copies if where == CONCERN}
    long = [left for left in kept if len(left) >= SHORTEST_QUOTE]
    safety.reword(by=by, reword=lambda text: kept.get(text, text), things=_things(application), quoting=long)


def _things(application: Application) -> list[tuple[str, Any]]:
    """All of an application that somebody can report (`accelerator.queries.concerns`, and its pot): kind and id."""
    ways = {
        "comment": AnswerComment.objects.filter(application=application),
        "innovation": Innovation.objects.filter(application=application),
        "check-in": CheckIn.objects.filter(innovation__application=application),
        "evidence": Submission.objects.filter(milestone__innovation__application=application),
        "listing": Listing.objects.filter(pot__innovation__application=application),
    }
    things = [(kind, pk) for kind, rows in ways.items() for pk in rows.order_by("pk").values_list("pk", flat=True)]
    return things + [("pot", pk) for pk in ways["innovation"].order_by("pk").values_list("pot_id", flat=True)]
