"""What a broker does for people, apart from moving credits: looking, a nudge, asking somebody about a request."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from notifications.models import OutboxMessage
from people.rules import blocked_ids, check_role, may_act
from timebank.actions import exchanges
from timebank.actions.hours import record_hours
from timebank.desk_letters import tell
from timebank.models import Exchange, Listing
from timebank.queries import desk, desk_people
from timebank.queries.desk_requests import ASK
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import hours

MOST_ASKED = 5  # people asked about one request at a time


def look(*, by: Any, member: Any) -> None:
    """Notes that a broker opened a member's page. Raises NotAllowed for anybody else."""
    check_role(by, "broker")
    record(by=by, verb="timebank.member.looked_at", obj=member)


@transaction.atomic
def nudge(*, by: Any, member: Any, now: dt.datetime | None = None) -> bool:
    """Says hello to a member who was not seen for 60 days. Once for each time they were away: False where it was sent
    already. Raises NotAllowed, DomainError where they are not away or cannot take part."""
    check_role(by, "broker")
    if not desk_people.inactive(now).filter(pk=member.pk).exists():
        raise DomainError(
            _("%(name)s has been here in the last 60 days, so there is nothing to nudge.") % {"name": member}
        )
    key = f"{desk_people.NUDGE}:{(member.last_login or member.joined_at).isoformat()}"
    if OutboxMessage.objects.filter(user=member, key=key).exists():
        return False
    tell(
        [member],
        key=key,
        subject=_("It has been a while. Is there an hour you could use?"),
        words=_(
            "%(name)s, a time broker, noticed that you have not been here for a while. Have a look at what people offer and "
            "ask for now. If the time bank is not for you at the moment, you need not do anything."
        )
        % {"name": by},
        url=reverse("timebank:board"),
    )
    record(by=by, verb="timebank.member.nudged", obj=member)
    return True


@transaction.atomic
def ask(*, by: Any, listing: Listing, people: Sequence[Any]) -> int:
    """Asks members whether they could help with a request: one message each, once for each request however often it is
    pressed. Returns how many were told now. Raises NotAllowed, Invalid (people), DomainError where the request is no
    longer open."""
    check_role(by, "broker")
    if not people:
        raise Invalid(_("Choose whom to ask."), field="people")
    if len(people) > MOST_ASKED:
        raise Invalid(_("Ask at most five people at a time."), field="people")
    if listing.kind != Listing.Kind.REQUEST or listing.state != "open":
        raise DomainError(_("This request is no longer open. Nobody was asked."))
    if by.pk == listing.posted_by_id:
        raise NotAllowed(_("This is your own request. Another broker can ask for you."))
    blocked = blocked_ids(listing.posted_by)
    if any(not may_act(person) or person.pk in blocked or person.pk == listing.posted_by_id for person in people):
        raise Invalid(_("One of these people cannot be asked. Open the page again."), field="people")
    key = asked_key(listing)
    told = set(OutboxMessage.objects.filter(user__in=people, key=key).values_list("user_id", flat=True))
    fresh = [person for person in people if person.pk not in told]
    if fresh:
        time = hours(listing.minutes) if listing.minutes else _("hours to agree")
        tell(
            fresh,
            key=key,
            subject=_("Could you help with this? %(title)s") % {"title": listing.title},
            words=_(
                "%(broker)s, a time broker, thought of you: %(owner)s asks for help (%(time)s) and nobody has answered yet. "
                "If you can, propose an exchange. If not, you need not do anything."
            )
            % {"broker": by, "owner": listing.pot or listing.member, "time": time},
            url=reverse("timebank:listing", args=[listing.pk]),
        )
    for person in fresh:
        record(by=by, verb="timebank.member.asked", obj=person, listing=str(listing.pk))
    return len(fresh)


def asked_key(listing: Listing) -> str:
    """The key of the message that asks somebody about this request."""
    return f"{ASK}{listing.pk}"


@transaction.atomic
def remind_both(*, by: Any, exchange: UUID) -> int:
    """Tells both sides of a stuck exchange why it does not move, at most once a day. Returns how many were told now. Raises
    NotAllowed for anybody but a broker who is no party, DomainError where it is no longer stuck, Missing."""
    check_role(by, "broker")
    stuck: Any = desk.stuck().filter(pk=exchange).first()
    if stuck is None and not Exchange.objects.filter(pk=exchange).exists():
        raise Missing(_("We cannot find that exchange."))
    if stuck is None:
        raise DomainError(_("This has moved on: it is no longer stuck. Nobody was written to."))
    sides = [stuck.provider, stuck.receiver]
    if by in sides:
        raise NotAllowed(_("You are a party to this exchange. Another broker must remind you both."))
    key = f"desk.remind:{stuck.pk}:{timezone.localdate()}"
    fresh = [side for side in sides if not OutboxMessage.objects.filter(user=side, key=key).exists()]
    if not fresh:
        return 0
    tell(
        fresh,
        key=key,
        subject=_("This is waiting: %(title)s") % {"title": stuck.title},
        words=_("%(broker)s, a time broker, noticed that this does not move. %(why)s. Open it and take the next step.")
        % {"broker": by, "why": desk.WHY_STUCK[stuck.stuck_why]},
        url=reverse("timebank:exchange", args=[stuck.pk]),
    )
    record(by=by, verb="timebank.exchange.reminded", obj=stuck)
    return len(fresh)


def note_export(*, by: Any, what: str, since: dt.date | None = None, until: dt.date | None = None) -> None:
    """Notes that somebody took a table of other people's data away. Raises NotAllowed for all but brokers and
    administrators."""
    check_role(by, "broker", "administrator")
    record(
        by=by,
        verb="timebank.export.taken",
        what=what,
        since=since.isoformat() if since else "",
        until=until.isoformat() if until else "",
    )


@transaction.atomic
def propose_for(
    *, by: Any, member: Any, other: Any, gives: bool, minutes: int, key: str, message: str = ""
) -> Exchange:
    """Proposes an exchange with `other` for a member who asked for it; `gives`: the member gives the time. The member is
    told. Raises what `exchanges.propose` does, NotAllowed for a broker who is a party."""
    provider, receiver = (member, other) if gives else (other, member)
    made = exchanges.propose(
        by=by, on_behalf_of=member, provider=provider, receiver=receiver, minutes=minutes, message=message, key=key
    )
    _note_acted_for(by, member, made, "proposed")
    return made


@transaction.atomic
def accept_for(*, by: Any, member: Any, exchange: Exchange) -> Exchange:
    """Says yes for a member who asked for it. Raises what `exchanges.accept` does."""
    done = exchanges.accept(by=by, on_behalf_of=member, exchange=exchange)
    _note_acted_for(by, member, done, "accepted")
    return done


@transaction.atomic
def record_for(*, by: Any, member: Any, exchange: Exchange, minutes: int, time_kind: str, key: str) -> Exchange:
    """Records a member's hours at their word. Raises what `hours.record_hours` does."""
    done = record_hours(by=by, on_behalf_of=member, exchange=exchange, minutes=minutes, time_kind=time_kind, key=key)
    _note_acted_for(by, member, done, "recorded")
    return done


def _note_acted_for(by: Any, member: Any, exchange: Exchange, what: str) -> None:
    """In the log of the member, so that the desk shows it on their page; the exchange's own log has it already."""
    record(
        by=by, verb="timebank.member.acted_for", obj=member, on_behalf_of=member, exchange=str(exchange.pk), what=what
    )
