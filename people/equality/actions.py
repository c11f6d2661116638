"""Giving, changing and deleting one's own equality answers. Not in the audit log, and without any timestamp."""

from typing import Any

from django.db import connection, transaction
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


@transaction.atomic
def shuffle() -> None:
    """Write the whole table anew in the order of its random keys, in one transaction.

    PostgreSQL keeps rows where they were written and with the number of the transaction that wrote them (`ctid`, `xmin`),
    so the table would tell in which order people answered, to be laid beside the order in which they joined. CLUSTER sorts
    rows but keeps `xmin`, and VACUUM FREEZE does not take it away; TRUNCATE and INSERT leave one `xmin` for all and no dead
    row. Beat does it every night; until then the day's own answers lie in their order. Safe to repeat.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE people_equalityanswers IN ACCESS EXCLUSIVE MODE")
        cursor.execute("CREATE TEMPORARY TABLE equality_by_key ON COMMIT DROP AS SELECT * FROM people_equalityanswers")
        cursor.execute("TRUNCATE people_equalityanswers")
        cursor.execute("INSERT INTO people_equalityanswers SELECT * FROM equality_by_key ORDER BY key")
        cursor.execute("DROP TABLE equality_by_key")
