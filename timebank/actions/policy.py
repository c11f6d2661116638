"""Changing the timebank's numbers: a draft with a reason, then published. The latest published policy is in force."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import check_role
from timebank.models import Policy
from ui.errors import DomainError, Invalid

KEPT_APART = {"id", "version", "reason", "author", "created_at", "published_at"}
NUMBERS = frozenset(field.name for field in Policy._meta.fields) - KEPT_APART


@transaction.atomic
def draft(*, by: Any, reason: str, **changes: Any) -> Policy:
    """The policy in force with `changes`, not published yet. Raises NotAllowed unless `by` is an administrator,
    Invalid without a reason or with numbers that cannot be. The same draft again is the one that is there."""
    check_role(by, "administrator")
    if not reason.strip():
        raise Invalid(_("Say why the policy changes."), field="reason")
    unknown = set(changes) - NUMBERS
    if unknown:
        raise Invalid(_("There is no such number in the policy: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    policy = Policy.objects.select_for_update().latest("version")
    values = {name: getattr(Policy.objects.in_force(), name) for name in NUMBERS}
    if (policy.published_at, policy.author, policy.reason) == (None, by, reason) and values | changes == {
        name: getattr(policy, name) for name in NUMBERS
    }:
        return policy
    new = Policy(version=policy.version + 1, reason=reason, author=by, **(values | changes))
    try:
        new.full_clean(exclude=["author", "published_at"])
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    new.save()
    record(by=by, verb="timebank.policy.drafted", obj=new, version=new.version, changed=sorted(changes))
    return new


@transaction.atomic
def publish(*, policy: Policy, by: Any) -> Policy:
    """Puts a draft in force, and rewrites the floor of every open member's account in the same action. Whoever is
    then under the new floor may only earn. Raises NotAllowed unless `by` is an administrator, DomainError where it
    is published already or a later one is."""
    check_role(by, "administrator")
    rows = list(Policy.objects.select_for_update().order_by("version"))
    policy = next(row for row in rows if row.pk == policy.pk)
    if policy.published_at is not None:
        raise DomainError(_("This policy is published already."))
    if any(row.published_at for row in rows if row.version > policy.version):
        raise DomainError(_("A later policy is in force. Draft a new one from it."))
    policy.published_at = timezone.now()
    policy.save(update_fields=["published_at"])
    changed = _rewrite_floors()
    record(
        by=by, verb="timebank.policy.published", obj=policy, version=policy.version, floor=policy.member_floor,
        accounts=changed,
    )  # fmt: skip
    return policy


def _rewrite_floors() -> int:
    """Gives every open member's account the floor that the policy in force says, locked in id order like everything else:
    the second statement sees what others had written before they let go. How many changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM (
                   SELECT FROM timebank_account WHERE member_id IS NOT NULL AND closed_at IS NULL
                   ORDER BY id FOR NO KEY UPDATE
               ) AS locked"""
        )
        cursor.execute(
            """UPDATE timebank_account a SET floor = new.floor
               FROM (SELECT id, public.ledger_floor(id, member_id, known) AS floor FROM timebank_account
                     WHERE member_id IS NOT NULL AND closed_at IS NULL) AS new
               WHERE a.id = new.id AND a.floor <> new.floor"""
        )
        return cursor.rowcount
