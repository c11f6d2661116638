"""Becoming known to the community, on each of its grounds, and what ends it. Rows are only ever added (`Standing`)."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import record, record_each
from core import addresses
from people import rules
from people.models import Organisation, Standing, User
from ui.errors import DomainError, Invalid, NotAllowed

LONGEST_REASON = 300


@transaction.atomic
def begin(
    *,
    member: User,
    ground: str,
    by: User | None = None,
    through: User | None = None,
    about: UUID | None = None,
    reason: str = "",
) -> bool:
    """Notes that `member` is known from now on. True where they were not before; a second ground adds nothing, also
    where two arrive in the same moment. The caller has asked whether the ground holds."""
    number = _next_number(member, known=True)
    if number is None:
        return False
    row, made = Standing.objects.get_or_create(
        member=member,
        number=number,
        defaults={
            "known": True, "ground": ground, "by": by, "through": through, "about": about,
            "reason": reason.strip()[:LONGEST_REASON],
        },
    )  # fmt: skip
    if made:
        _log(row, by, "people.standing.began")
    return made


@transaction.atomic
def begin_all(*, members: Sequence[User], ground: str, by: User | None, about: UUID | None = None) -> None:
    """The same for many members at once, in a handful of statements: for imports. Who is known already stays so."""
    before = {
        row.member_id: row
        for row in Standing.objects.filter(member__in=members).order_by("member", "-number").distinct("member")
    }
    rows = [
        Standing(
            member=member, number=before[member.pk].number + 1 if member.pk in before else 1, known=True, ground=ground,
            by=by, about=about,
        )
        for member in sorted(members, key=lambda member: member.pk)
        if member.pk not in before or not before[member.pk].known
    ]  # fmt: skip
    Standing.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    record_each(by=by, verb="people.standing.began", about=[(row.member, None, {"ground": ground}) for row in rows])


@transaction.atomic
def end(*, member: User, by: User | None, reason: str) -> bool:
    """Ends a standing whose ground has gone. False where the member was not known. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid(_("Say why, in a few words. It is kept."), "reason")
    number = _next_number(member, known=False)
    if number is None:
        return False
    last = Standing.objects.get(member=member, number=number - 1)
    row, made = Standing.objects.get_or_create(
        member=member,
        number=number,
        defaults={
            "known": False, "ground": last.ground, "by": by, "through": last.through, "about": last.about,
            "reason": reason.strip()[:LONGEST_REASON],
        },
    )  # fmt: skip
    if made:
        _log(row, by, "people.standing.ended")
    return made


@transaction.atomic
def vouch(*, by: User, member: User, reason: str) -> bool:
    """A time broker gives their word for somebody. False where they are known already.

    Raises NotAllowed (not a broker, oneself), Invalid (reason), DomainError (closed or paused account)."""
    rules.check_role(by, "broker")
    if by.pk == member.pk:
        raise NotAllowed(_("You cannot vouch for yourself. Ask another broker."))
    if not reason.strip():
        raise Invalid(_("Say how you know them, in a few words. It is kept."), "reason")
    if len(reason.strip()) > LONGEST_REASON:
        raise Invalid(_("Use at most %(n)d characters.") % {"n": LONGEST_REASON}, "reason")
    if not member.is_present:
        raise DomainError(_("This account is closed or paused. Nothing was changed."))
    return begin(member=member, ground=Standing.Ground.WORD, by=by, reason=reason)


def confirm_address(*, member: User, email: str) -> bool:
    """Somebody has proved that they read `email`: where its domain is that of a checked organisation, they are known
    from now on. True where that is new. A domain counts whole: a part of it, or one that only looks like it, does not."""
    domain = addresses.normal(email).rpartition("@")[2]
    work = Organisation.objects.filter(email_domains__contains=[domain], checked_at__isnull=False, merged_into=None)
    place = work.order_by("id").first()
    return place is not None and begin(member=member, ground=Standing.Ground.ADDRESS, about=place.pk)


def _next_number(member: User, *, known: bool) -> int | None:
    """The number of a row that would change whether this member is known; None where it would change nothing."""
    last = Standing.objects.latest_of(member.pk)
    if (last is not None and last.known) == known:
        return None
    return last.number + 1 if last is not None else 1


def _log(row: Standing, by: User | None, verb: str) -> None:
    through = str(row.through_id) if row.through_id else ""
    record(by=by, verb=verb, obj=row.member, ground=row.ground, through=through, about=str(row.about or ""))
