"""An exchange as an entry in a calendar (RFC 5545): one identity for good, a sequence that grows with each change, London
time with its clock changes, and CANCEL where it is off. Nobody's address is in it but the reader's own."""

import datetime as dt
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.mailer import absolute
from timebank.models import Exchange
from timebank.rules import State

if TYPE_CHECKING:
    from icalendar import vCalAddress

REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"
OFF = frozenset({State.CANCELLED, State.NO_SHOW, State.EXPIRED})


def uid(exchange: Exchange) -> str:
    """The identity of the entry: the same in every version of it."""
    return f"exchange-{exchange.pk}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}"


def invitation(exchange: Exchange, person: Any, *, method: str, url: str) -> str:
    """The entry as `person` receives it: REQUEST (new or changed), CANCEL, or PUBLISH (downloaded from the page). `url` is
    the page of the exchange. A CANCEL may have no date any more."""
    from icalendar import Calendar, Event  # slow to load, as in `_address`

    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.SITE_NAME}//Time bank//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event = Event()
    event.add("uid", uid(exchange))
    event.add("sequence", exchange.calendar_sequence)
    event.add("dtstamp", timezone.now().astimezone(dt.UTC))
    event.add("summary", exchange.title)
    if exchange.starts_at is not None:
        starts = timezone.localtime(exchange.starts_at)
        event.add("dtstart", starts)
        ends = exchange.starts_at + dt.timedelta(minutes=exchange.minutes)  # elapsed time, also across a clock change
        event.add("dtend", timezone.localtime(ends))
    event.add("location", exchange.place or exchange.online_link)
    other = exchange.receiver if person.pk == exchange.provider_id else exchange.provider
    lines = [_("With %(name)s.") % {"name": other}, exchange.online_link, absolute(url)]
    event.add("description", "\n".join(line for line in lines if line))
    event.add("url", absolute(url))
    off = method == CANCEL or exchange.state in OFF
    event.add("status", "CANCELLED" if off else "CONFIRMED")
    if method != PUBLISH:
        event.add("organizer", _address(settings.REPLY_TO_EMAIL, settings.SITE_NAME))
        event.add("attendee", _address(person.email or settings.REPLY_TO_EMAIL, str(person), PARTSTAT="ACCEPTED"))
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical().decode()


def _address(email: str, name: str, **parameters: str) -> "vCalAddress":
    from icalendar import vCalAddress

    address = vCalAddress(f"mailto:{parseaddr(email)[1]}")
    for key, value in {"CN": name, **parameters}.items():
        address.params[key] = value
    return address
