"""Letters about decisions: what each is made of, and what waits to be sent."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accelerator.models import Application, Assignment, Decision, LetterTemplate, TriageAnswer, Wave
from accelerator.queries import triage
from accelerator.queries.kept import too_close
from accelerator.rules import letters as rules
from ui.formats import day


def words_of(wave: Wave, outcome: str) -> str:
    """The words that this wave's letters of one outcome are made from."""
    own = LetterTemplate.objects.filter(wave=wave, outcome=outcome).values_list("text", flat=True).first()
    return own or str(rules.DEFAULTS[outcome])


def values_of(application: Application) -> dict[str, str]:
    """What goes into the gaps of an application's letter. Of each criterion, the words of the rubric that reviewers chose
    on the whole: their lower median, which is a score that somebody gave."""
    done = list(
        Assignment.objects.filter(application=application, state=Assignment.State.DONE)
        .prefetch_related("scores__criterion")
        .order_by("submitted_at", "id")
    )
    scores: dict[Any, list[int]] = {}
    for assignment in done:
        for score in assignment.scores.all():
            if score.score is not None:
                scores.setdefault(score.criterion, []).append(score.score)
    lines = [
        (criterion.name, criterion.anchors[sorted(given)[(len(given) - 1) // 2]])
        for criterion, given in sorted(scores.items(), key=lambda pair: pair[0].position)
    ]
    wave = application.wave
    assert wave is not None  # it was sent to one
    return {
        "greeting": rules.greeting(application.lead.first_name),
        "name": application.lead.first_name,
        "wave": wave.name,
        "idea": application.sentence,
        "starts": day(wave.support_starts),
        "feedback": rules.feedback(lines, list(dict.fromkeys(one.for_applicant for one in done if one.for_applicant))),
        "offers": rules.offers(coaching=wave.fund_id is not None),
    }


def assemble(application: Application, outcome: str) -> str:
    """The first draft of a letter: the wave's words for this outcome, with its gaps filled. What the first look put out
    gets a letter of its own, with the reasons given."""
    assert application.wave is not None  # it was sent to one
    reasons = triage.reasons_out(application) if outcome == Decision.Outcome.DECLINE else []
    if reasons:
        said = {"feedback": rules.first_look(reasons)}
        return rules.fill(str(rules.OUT_AT_FIRST_LOOK), values_of(application) | said)
    return rules.fill(words_of(application.wave, outcome), values_of(application))


def waiting(wave: Wave) -> QuerySet[Decision]:
    """The letters of a wave that have not gone. Each says whether it is `bare`: nobody has read the application or given a
    reason in the first look, and nobody has touched the letter, so that there is no feedback in it."""
    read = Assignment.objects.filter(application=OuterRef("application"), state=Assignment.State.DONE)
    put_out = TriageAnswer.objects.filter(application=OuterRef("application"), answer=TriageAnswer.Answer.NO)
    return (
        Decision.objects.filter(application__wave=wave, application__state="submitted", sent_at=None)
        .select_related("application__lead")
        .annotate(read=Exists(read) | Exists(put_out))
        .order_by("outcome", "application__reference")
    )


def is_bare(decision: Any) -> bool:
    """Whether a letter of `waiting` carries no feedback yet."""
    return not decision.read and decision.edited_at is None


def counts(decisions: Iterable[Decision]) -> list[tuple[str, int]]:
    """How many letters there are of each outcome, without the noughts."""
    given = [decision.outcome for decision in decisions]
    return [(label, given.count(value)) for value, label in Decision.Outcome.choices if value in given]


def fingerprint(decisions: Sequence[Decision]) -> str:
    """The same for the same letters, so that what goes is what was looked at."""
    seen = sorted((str(one.pk), one.outcome, one.letter, one.signed_as) for one in decisions)
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


def example(wave: Wave, outcome: str, by: Any) -> dict[str, str]:
    """What a template is tried out with: the first application of this outcome that is not kept from `by`, else any that was
    sent in; else somebody made up."""
    sent = wave.applications.submitted().exclude(too_close(by)).select_related("lead", "wave").order_by("reference")
    found = (
        sent.filter(decision__outcome=outcome).first() or sent.filter(assignments__state="done").first() or sent.first()
    )
    if found is not None:
        return values_of(found)
    return {
        "greeting": rules.greeting("Grace"),
        "name": "Grace",
        "wave": wave.name,
        "idea": "Picture cards on the drinks trolley",
        "starts": day(wave.support_starts),
        "feedback": rules.feedback([("Idea", "It is clear what would change.")], ["I could see the ward before me."]),
        "offers": rules.offers(coaching=wave.fund_id is not None),
    }
