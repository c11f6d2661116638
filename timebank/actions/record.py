"""What a member writes for their own record, and what they let others see."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.models import User
from timebank.models import Exchange, Reflection, ShownToOthers
from ui.errors import Invalid, NotAllowed

LONGEST = 4000


def _checked(text: str, on: dt.date) -> str:
    text = text.strip()
    if not text:
        raise Invalid(_("Write a few words first."), field="text")
    if len(text) > LONGEST:
        raise Invalid(_("Use 4,000 characters or fewer."), field="text")
    if on > timezone.localdate():
        raise Invalid(_("This day has not come yet."), field="on")
    return text


def _check_open(by: User) -> None:
    if by.closed_at is not None:
        raise NotAllowed(_("This account is closed."))


@transaction.atomic
def reflect(*, by: User, text: str, on: dt.date, key: str, exchange: Exchange | None = None) -> Reflection:
    """Keeps what `by` learnt, of an exchange of their own or at large. The same key again writes nothing new.
    Raises Invalid (text, on; an exchange that is somebody else's), NotAllowed (closed)."""
    _check_open(by)
    text = _checked(text, on)
    if exchange is not None and by.pk not in (exchange.provider_id, exchange.receiver_id):
        raise Invalid(_("Write about an exchange of your own."))
    if first := Reflection.objects.filter(user=by, key=key).first():
        return first
    try:
        with transaction.atomic():
            written = Reflection.objects.create(user=by, text=text, on=on, exchange=exchange, key=key)
    except IntegrityError:  # two clicks at the same moment
        return Reflection.objects.get(user=by, key=key)
    audit_record(by=by, verb="timebank.reflection.written", obj=written)
    return written


@transaction.atomic
def rewrite(*, by: User, reflection: Reflection, text: str, on: dt.date) -> Reflection:
    """Changes one's own reflection. Raises Invalid (text, on), NotAllowed for anybody else's."""
    if reflection.user_id != by.pk:
        raise NotAllowed(_("You can only change what you wrote yourself."))
    reflection.text, reflection.on, reflection.changed_at = _checked(text, on), on, timezone.now()
    reflection.save(update_fields=["text", "on", "changed_at"])
    audit_record(by=by, verb="timebank.reflection.changed", obj=reflection)
    return reflection


@transaction.atomic
def forget(*, by: User, reflection: Reflection) -> None:
    """Deletes one's own reflection for good. Raises NotAllowed for anybody else's."""
    if reflection.user_id != by.pk:
        raise NotAllowed(_("You can only delete what you wrote yourself."))
    audit_record(by=by, verb="timebank.reflection.deleted", obj=reflection)
    reflection.delete()


@transaction.atomic
def show(*, by: User, **choices: Any) -> ShownToOthers:
    """Says who sees what of one's giving and receiving; what is not named stays as it is. Raises Invalid, NotAllowed."""
    _check_open(by)
    for item, audience in choices.items():
        if item not in ShownToOthers.ITEMS or audience not in ShownToOthers.Audience.values:
            raise Invalid(_("Choose one of the answers in the list"), field=item)
    said, _new = ShownToOthers.objects.update_or_create(user=by, defaults={**choices, "changed_at": timezone.now()})
    audit_record(by=by, verb="timebank.shown.changed", obj=by)
    return said
