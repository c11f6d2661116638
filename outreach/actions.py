"""Every write: opens, starts, coming on board, campaigns and placements."""

import datetime as dt
import re
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from outreach import rules
from outreach.models import Arrival, Campaign, OpenCount, Placement, Start
from outreach.registries import on_board
from outreach.tickets import Ticket
from people.actions.accounts import one_at_a_time
from people.models import User
from ui.errors import Invalid, Missing, NotAllowed

SENTENCE = 300
TAKE_BACK_FOR = 60 * 60 * 24
SECOND_CLICK = dt.timedelta(minutes=1)


def _count(ticket: Ticket, **columns: int) -> None:
    """Adds to the counts of the ticket's placement, hour and device; without a placement there is nothing to count."""
    placement = Placement.objects.filter(code=ticket.code).first() if ticket.code else None
    if placement is None:
        return
    row, _created = OpenCount.objects.get_or_create(placement=placement, hour=ticket.hour, device=ticket.device)
    OpenCount.objects.filter(pk=row.pk).update(**{name: F(name) + n for name, n in columns.items()})


@transaction.atomic
def count_open(*, ticket: Ticket) -> None:
    """Counts one opening of the door. Nothing but the number is kept."""
    _count(ticket, opens=1)


@transaction.atomic
def take_back(*, ticket: Ticket) -> bool:
    """Takes one counted opening out again, once; False where it was taken back before or never counted."""
    if not (ticket.counted and ticket.code):
        return False
    if ticket.hour < timezone.now() - dt.timedelta(seconds=TAKE_BACK_FOR):
        return False
    if not cache.add(f"outreach:taken-back:{ticket.word}", 1, TAKE_BACK_FOR + 7200):
        return False
    changed = OpenCount.objects.filter(
        placement__code=ticket.code, hour=ticket.hour, device=ticket.device, opens__gt=0
    ).update(opens=F("opens") - 1, taken_back=F("taken_back") + 1)
    return bool(changed)


def clean_onward(text: str) -> str:
    """What an address or a form says that an idea is meant for: a slug of up to 60 characters, or nothing."""
    return text if re.fullmatch(r"[a-z0-9-]{1,60}", text) else ""


@transaction.atomic
def start(*, ticket: Ticket, door: str, sentence: str = "", onward: str = "") -> Start:
    """Somebody went through a door. What they said is kept from this second, for 30 days unless they sign in.

    `onward` is what the page that led here was about; anything that is no slug is passed over. The same page sent twice
    is one start, with the later sentence as long as nobody has claimed it. Raises Invalid.
    """
    sentence = " ".join(sentence.split())
    if door not in Start.Door.values:
        raise Invalid(_("Choose one of the two."))
    if door == Start.Door.IDEA and not sentence:
        raise Invalid(_("Say your idea in a sentence. It does not have to be perfect."), "sentence")
    if len(sentence) > SENTENCE:
        raise Invalid(
            _("Use %(limit)d characters or fewer. You have used %(used)d.")
            % {"limit": SENTENCE, "used": len(sentence)},
            "sentence",
        )
    if "\x00" in sentence:
        raise Invalid(_("Leave out the characters that cannot be shown."), "sentence")
    if door == Start.Door.HOUR:
        sentence = ""
    placement = Placement.objects.filter(code=ticket.code).first() if ticket.code else None
    begun, created = Start.objects.get_or_create(
        ticket=ticket.word,
        defaults={"door": door, "sentence": sentence, "onward": clean_onward(onward), "placement": placement},
    )
    if created:
        _count(ticket, continues=1)
    elif begun.user_id is None and (begun.door, begun.sentence) != (door, sentence):
        begun.door, begun.sentence = door, sentence
        begun.save(update_fields=["door", "sentence"])
    begun.refresh_from_db()
    return begun


@transaction.atomic
def claim(*, by: User, start_id: Any) -> Start:
    """Gives a start to the person who proved their address after it, and keeps where they first heard of us. Again: the
    same start, nothing written twice. Raises Missing where it is somebody else's or no longer kept."""
    begun = Start.objects.select_for_update(of=("self",)).select_related("placement").filter(pk=start_id).first()
    if begun is None:
        raise Missing(_("What you began here is no longer kept. Start again; it takes a minute."))
    if begun.user_id not in (None, by.pk):
        raise Missing(_("This page belongs to somebody else. Start again; it takes a minute."))
    if begun.user_id is None:
        begun.user = by
        begun.save(update_fields=["user"])
        _arrival, first = Arrival.objects.get_or_create(
            user=by, defaults={"placement": begun.placement, "door": begun.door}
        )
        audit.actions.record(by=by, verb="outreach.start.claimed", obj=begun, door=begun.door, first=first)
    return begun


def claim_on_sign_in(user: User, made: bool, context: dict[str, Any]) -> None:
    """What sign-in tells us: somebody came in through a door. A start that is gone or another's stops nobody."""
    if start_id := context.get("start"):
        try:
            claim(by=user, start_id=start_id)
        except Missing:
            return


@transaction.atomic
def next_address(user: User, context: dict[str, Any]) -> str | None:
    """Where somebody goes who is on board now: what the room behind their door says; None where they came by none."""
    begun = Start.objects.filter(pk=context["start"], user=user).first() if context.get("start") else None
    behind = on_board.get(begun.door) if begun else None
    return behind(user, begun) if behind else None


def purge_unclaimed(*, now: dt.datetime | None = None) -> int:
    """Deletes what was said at the door by people who never came in, after 30 days. Returns how many."""
    before = (now or timezone.now()) - Start.KEPT_UNCLAIMED
    return Start.objects.filter(user__isnull=True, created_at__lt=before).delete()[0]


def close_account(user: User, by: Any) -> None:
    """A step of closing an account: what they said at the door goes; where they came from stays as a number."""
    Start.objects.filter(user=user).delete()


def _check_lead(by: User) -> None:
    if not rules.may_lead(by):
        raise NotAllowed(_("Only outreach leads run campaigns."))


@transaction.atomic
def create_campaign(*, by: User, name: str, starts_on: dt.date, ends_on: dt.date | None = None) -> Campaign:
    """Opens a campaign. One's own of the same name and dates is the same: a second click makes no second one.
    Raises NotAllowed, Invalid."""
    _check_lead(by)
    if not name.strip():
        raise Invalid(_("Give the campaign a name."), "name")
    if ends_on and ends_on < starts_on:
        raise Invalid(_("The end cannot be before the start."), "ends_on")
    one_at_a_time(by)
    answers = {"owner": by, "name": name.strip(), "starts_on": starts_on, "ends_on": ends_on}
    if made := Campaign.objects.filter(**answers).order_by("id").first():
        return made
    campaign = Campaign.objects.create(**answers)
    campaign.refresh_from_db()
    audit.actions.record(by=by, verb="outreach.campaign.created", obj=campaign)
    return campaign


@transaction.atomic
def create_placement(
    *,
    by: User,
    campaign: Campaign,
    site: str,
    spot: str = "",
    organisation: Any = None,
    medium: str = Placement.Medium.POSTER,
    design: str = Placement.Design.BRIGHT,
    cost_pence: int = 0,
    language: str = "en-gb",
) -> Placement:
    """Makes a placement with a code that nobody has had. The same answers by the same lead within a minute are a second
    click: one placement. Raises NotAllowed, Invalid."""
    _check_lead(by)
    if not site.strip():
        raise Invalid(_("Say where it is: the hospital, the practice, the building."), "site")
    if medium not in Placement.Medium.values:
        raise Invalid(_("Choose what it is."), "medium")
    if design not in Placement.Design.values:
        raise Invalid(_("Choose a design."), "design")
    one_at_a_time(by)
    answers = {
        "campaign": campaign,
        "created_by": by,
        "organisation": organisation,
        "site": site.strip(),
        "spot": spot.strip(),
        "medium": medium,
        "design": design,
        "cost_pence": cost_pence,
        "language": language,
    }
    just_now = Placement.objects.filter(**answers, retired_at=None, created_at__gt=timezone.now() - SECOND_CLICK)
    if made := just_now.order_by("id").first():
        return made
    placement = Placement.objects.create(**answers)
    placement.refresh_from_db()
    audit.actions.record(by=by, verb="outreach.placement.created", obj=placement, medium=medium)
    return placement


@transaction.atomic
def retire(*, by: User, placement: Placement) -> Placement:
    """Says that a poster is gone. Its code still opens the door, and says so. A second click changes nothing."""
    _check_lead(by)
    placement = Placement.objects.select_for_update().get(pk=placement.pk)
    if placement.retired_at is None:
        placement.retired_at = timezone.now()
        placement.save(update_fields=["retired_at"])
        audit.actions.record(by=by, verb="outreach.placement.retired", obj=placement)
    return placement


@transaction.atomic
def note_download(*, by: User, placement: Placement) -> None:
    """Counts that a poster was fetched for printing."""
    _check_lead(by)
    Placement.objects.filter(pk=placement.pk).update(downloads=F("downloads") + 1)
