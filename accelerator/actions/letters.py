"""The letters that say what was decided: a wave's words, one letter to be edited and signed, and sending them."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from accelerator.actions import innovations
from accelerator.actions.judging import check_may_judge, managed
from accelerator.actions.telling import pass_on
from accelerator.models import Application, Assignment, Decision, LetterTemplate, Wave
from accelerator.queries import letters as queries
from accelerator.rules import access
from accelerator.rules import letters as rules
from notifications.actions import notify
from timebank.actions import ledger
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import hours

LONGEST_LETTER = 10_000  # characters
MOST_LETTERS = 500  # in one go


@transaction.atomic
def change_words(*, by: Any, wave: Wave, outcome: str, text: str, keep: bool) -> LetterTemplate:
    """A wave's own words for the letters of one outcome: tried out as a draft, or kept. Keeping makes the letters anew that
    nobody has edited and that have not gone. Raises NotAllowed, Missing (outcome), Invalid (text)."""
    _check_runs(by, wave, outcome)
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Invalid(_("Write the letter."), field="text")
    if len(text) > LONGEST_LETTER:
        raise Invalid(_("Shorten the letter to %(limit)d characters.") % {"limit": LONGEST_LETTER}, field="text")
    if wrong := rules.problem(text, outcome):
        raise Invalid(wrong, field="text")
    said = {"text": text, "draft": ""} if keep else {"draft": text}
    template, _made = LetterTemplate.objects.update_or_create(
        wave=wave, outcome=outcome, defaults={**said, "changed_by": by, "changed_at": timezone.now()}
    )
    if keep:
        _make_anew(wave, outcome)
        audit.actions.record(by=by, verb="accelerator.letters.words_kept", obj=wave, outcome=outcome)
    return template


@transaction.atomic
def drop_words(*, by: Any, wave: Wave, outcome: str) -> None:
    """Goes back to the words that every wave begins with; letters that nobody has edited are made anew. A second click
    changes nothing. Raises NotAllowed, Missing (outcome)."""
    _check_runs(by, wave, outcome)
    if LetterTemplate.objects.filter(wave=wave, outcome=outcome).delete()[0]:
        _make_anew(wave, outcome)
        audit.actions.record(by=by, verb="accelerator.letters.words_dropped", obj=wave, outcome=outcome)


def _check_runs(by: Any, wave: Wave, outcome: str) -> None:
    if not access.runs(by, wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can change its letters."))
    if outcome not in Decision.Outcome.values:
        raise Missing(_("There is no such letter."))


def _make_anew(wave: Wave, outcome: str) -> None:
    """Assembles again the letters that nobody has edited and that have not gone."""
    untouched = Decision.objects.select_for_update(of=("self",)).filter(
        application__wave=wave, outcome=outcome, sent_at=None, edited_at=None
    )
    for decision in untouched.select_related("application__wave", "application__lead").order_by("pk"):
        decision.letter = queries.assemble(decision.application, outcome)
        decision.save(update_fields=["letter"])


@transaction.atomic
def edit_letter(*, by: Any, application: Application, letter: str, signed_as: str) -> Decision:
    """Changes the text of a letter that has not gone, and who signs it. Raises Invalid where either is empty."""
    application = managed(by, application.pk)
    decision = Decision.objects.select_for_update().filter(application=application).first()
    if decision is None:
        raise Missing(_("Decide first, then edit the letter."))
    if decision.sent_at:
        raise DomainError(_("This letter has gone, so it cannot be changed."))
    if not letter.strip():
        raise Invalid(_("Write the letter."), field="letter")
    if len(letter) > LONGEST_LETTER:
        raise Invalid(_("Shorten the letter to %(limit)d characters.") % {"limit": LONGEST_LETTER}, field="letter")
    if not signed_as.strip():
        raise Invalid(_("Sign the letter with your name."), field="signed_as")
    decision.letter, decision.signed_as, decision.edited_at = letter.strip() + "\n", signed_as.strip(), timezone.now()
    decision.save(update_fields=["letter", "signed_as", "edited_at"])
    return decision


def check_fund_pays(applications: Sequence[Application]) -> None:
    """Says before anything is sent by how much a fund is short for all acceptances together. (The ledger checks again.)"""
    accepting = Decision.objects.filter(
        application__in=[application.pk for application in applications],
        outcome=Decision.Outcome.ACCEPT,
        sent_at=None,
        application__wave__fund__isnull=False,
    )
    needed: dict[Any, int] = {}
    for decision in accepting.select_related("application__wave__fund"):
        wave: Any = decision.application.wave  # it has one, with a fund, by the filter
        needed[wave] = needed.get(wave, 0) + wave.allowance_minutes
    for wave, minutes in needed.items():
        account = ledger.account_for(pot=wave.fund)
        missing = minutes - (account.balance - account.held - account.floor)  # type: ignore[operator]  # a pot has a floor
        if missing > 0:
            raise DomainError(
                _(
                    "The fund of %(wave)s cannot pay for all of these: %(needed)s is needed and %(missing)s is missing. "
                    "Nothing has been sent. Tick fewer, or ask a time broker to add to the fund."
                )
                % {"wave": wave.name, "needed": hours(minutes), "missing": hours(missing)}
            )


@transaction.atomic
def send_letters(*, by: Any, applications: Sequence[Application], seen: str | None = None) -> list[Decision]:
    """Sends the letters of `applications`; accepting makes the innovation in the same moment. Letters that have gone
    are left alone, so that a second click sends nothing twice. `seen` is the fingerprint of what was looked at.

    All go or none: raises Invalid (too many), and DomainError where something is not as it was seen, or a wave's fund
    cannot pay the allowances of all that are accepted."""
    if len(applications) > MOST_LETTERS:
        raise Invalid(_("Send at most %(most)d at a time.") % {"most": MOST_LETTERS}, field="letters")
    sent: list[Decision] = []
    for chosen in applications:
        check_may_judge(by, chosen)
    check_fund_pays(applications)
    ids = [application.pk for application in applications]
    list(Application.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    standing = list(Decision.objects.select_for_update().filter(application__in=ids).order_by("application_id"))
    unsent = [decision for decision in standing if decision.sent_at is None]
    if seen is not None and unsent and queries.fingerprint(unsent) != seen:
        raise DomainError(_("A letter has changed since you looked, so none has gone. Look at them once more."))
    for chosen in sorted(applications, key=lambda application: application.pk):
        application = managed(by, chosen.pk)
        decision = Decision.objects.select_for_update().filter(application=application).first()
        if decision is None:
            raise DomainError(_("%(reference)s is not decided yet.") % {"reference": application.reference})
        if decision.sent_at:
            continue
        if not decision.signed_as:
            raise Invalid(_("Sign the letter of %(reference)s first.") % {"reference": application.reference})
        decision.sent_at, decision.sent_by = timezone.now(), by
        decision.save(update_fields=["sent_at", "sent_by"])
        if decision.outcome == Decision.Outcome.ACCEPT:
            innovations.create_from_application(by=by, application=application, manager=by)
        audit.actions.record(by=by, verb="accelerator.letter.sent", obj=application, outcome=decision.outcome)
        notify(
            to=application.lead,
            kind="decision",
            key=f"decision:{application.pk}",
            subject=_("About your idea: %(sentence)s") % {"sentence": application.sentence[:120]},
            template="accelerator/letters/letter",
            context={"letter": decision.letter, "signed_as": decision.signed_as, "wave": application.wave},
            url=reverse("accelerator:application", args=[application.pk]),
        )
        pass_on(
            application=application, what=_("the answer to your idea has come"), key=f"decision:{application.pk}", by=by
        )
        sent.append(decision)
    _tell_reviewers([decision.application_id for decision in sent])
    return sent


def _tell_reviewers(application_ids: Sequence[Any]) -> None:
    """Tells those who read one of these that they can see how it came out: once a wave, when the first of theirs is there."""
    read = Assignment.objects.filter(application__in=application_ids, state=Assignment.State.DONE)
    told = set()
    for one in read.select_related("reviewer", "phase__wave").order_by("reviewer_id", "id"):
        wave = one.phase.wave
        if (one.reviewer_id, wave.pk) in told:
            continue
        told.add((one.reviewer_id, wave.pk))
        notify(
            to=one.reviewer,
            kind="review_outcomes",
            key=f"review_outcomes:{wave.pk}",
            subject=_("How it came out: %(wave)s") % {"wave": wave.name},
            template="accelerator/letters/review_outcomes",
            context={"wave": wave.name},
            url=reverse("accelerator:outcomes", args=[wave.slug]),
        )
