"""Giving, changing and deleting one's own equality answers. Not in the audit log, and without any timestamp."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from people.equality.keys import key_of
from people.equality.models import EqualityAnswers
from people.equality.options import CONSENT_VERSION, PAY_CLUSTERS, QUESTIONS
from ui.errors import Invalid

ALLOWED = {column: {code for code, _words in answers} for column, _question, answers in QUESTIONS}
ALLOWED["pay_band"] |= {code for code, _words in PAY_CLUSTERS}


def answers_of(user: Any) -> EqualityAnswers | None:
    """This person's own answers: for their own form and download, nothing else."""
    return EqualityAnswers.objects.filter(key=key_of(user.pk)).first()


@transaction.atomic
def answer(*, by: Any, **answers: str) -> EqualityAnswers:
    """Keeps the named answers of `by`, leaves the others. Saving is consent to the present words (CONSENT_VERSION).
    Raises Invalid for an answer that is not in the list."""
    for column, given in answers.items():
        if column not in ALLOWED or (given and given not in ALLOWED[column]):
            raise Invalid(_("Choose one of the answers in the list"), column)
    kept, _made = EqualityAnswers.objects.update_or_create(
        key=key_of(by.pk), defaults={**answers, "consent_version": CONSENT_VERSION}
    )
    return kept


@transaction.atomic
def forget(*, by: Any) -> None:
    """Deletes all the answers of `by`. A second time changes nothing."""
    EqualityAnswers.objects.filter(key=key_of(by.pk)).delete()
