"""Changing what applicants are promised about feedback, in a draft that is published; a wave takes a published one until
its call opens, because people apply on that promise."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

import audit.actions
from accelerator import default_questions
from accelerator.actions import versions
from accelerator.models import FeedbackPolicy, Versioned, Wave
from accelerator.rules import access
from accelerator.rules import feedback as rules
from accelerator.rules.waves import Phase
from ui.errors import DomainError, Invalid, NotAllowed


@transaction.atomic
def default_policy() -> FeedbackPolicy:
    """The policy that ships, published; made on the first call, the same one afterwards."""
    name = default_questions.FEEDBACK_NAME
    found = FeedbackPolicy.objects.filter(name=name, state=Versioned.State.PUBLISHED).first()
    if found:
        return found
    made = FeedbackPolicy.objects.create(name=name, promises=default_questions.PROMISES)
    return versions.publish(by=None, versioned=made)


def new_version(*, by: Any, policy: FeedbackPolicy) -> FeedbackPolicy:
    """A draft of the next version of a policy, with the promises of this one. As `versions.new_version`."""
    return versions.new_version(by=by, versioned=policy, copy=lambda _old, _draft: None, carry=_words_of(policy))


def begin(*, by: Any, name: str, like: FeedbackPolicy | None = None) -> FeedbackPolicy:
    """A draft of a policy of another name: with the promises of `like`, or none yet. As `versions.begin`."""
    carry = _words_of(like) if like else {}
    return versions.begin(by=by, model=FeedbackPolicy, name=name, fill=lambda _draft: None, carry=carry)


def _words_of(policy: FeedbackPolicy) -> dict[str, Any]:
    return {"days": policy.days, "promises": policy.promises}


@transaction.atomic
def save_policy(*, by: Any, policy: FeedbackPolicy, days: int, promises: Sequence[str]) -> FeedbackPolicy:
    """Changes a draft. `days` count from the start of support. Raises NotAllowed, Invalid (days, promises), DomainError
    once published."""
    draft = versions.draft_of(by, FeedbackPolicy, policy.pk)
    if not 0 <= days <= rules.MOST_DAYS:
        raise Invalid(_("Choose from 0 to %(most)d days.") % {"most": rules.MOST_DAYS}, field="days")
    if not 0 < len(promises) <= rules.MOST_PROMISES:
        raise Invalid(_("Make from one to %(most)d promises.") % {"most": rules.MOST_PROMISES}, field="promises")
    if not all(0 < len(one.strip()) <= rules.LONGEST for one in promises):
        raise Invalid(_("Keep each line to %(longest)d characters.") % {"longest": rules.LONGEST}, field="promises")
    draft.days, draft.promises = days, [one.strip() for one in promises]
    draft.save(update_fields=["days", "promises"])
    return draft


@transaction.atomic
def use_in_wave(*, by: Any, wave: Wave, policy: FeedbackPolicy) -> Wave:
    """Has a wave promise this published version, until its call opens. Raises NotAllowed, DomainError."""
    wave = Wave.objects.select_for_update().get(pk=wave.pk)
    if not access.runs(by, wave):
        raise NotAllowed(_("Only those who run this wave can change it."))
    if policy.state != Versioned.State.PUBLISHED:
        raise DomainError(_("Publish the promise first."))
    if wave.feedback_policy_id == policy.pk:
        return wave
    if wave.phase() != Phase.PLANNED:
        raise DomainError(_("The call has opened: people apply on this promise, so it stays."))
    wave.feedback_policy = policy
    wave.save(update_fields=["feedback_policy"])
    audit.actions.record(by=by, verb="accelerator.wave.feedback", obj=wave, version=policy.version)
    return wave
