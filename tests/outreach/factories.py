"""Plain functions that make what the tests of this room need."""

import datetime as dt
import itertools

from outreach.models import Campaign, Placement
from people.models import RoleGrant, User

_numbers = itertools.count(1)
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
)


def person(name: str = "Ada Lovelace", **fields) -> User:
    """A member on board, with an address nobody else has."""
    from people.actions.accounts import accept_conduct

    user = User.objects.create_user(f"outreach{next(_numbers)}@example.org", name=name, **fields)
    user.refresh_from_db()
    return accept_conduct(by=user)


def lead() -> User:
    """An outreach lead."""
    user = person("Olu Lead")
    RoleGrant.objects.create(user=user, role="outreach_lead", reason="Test")
    return user


def campaign(owner: User | None = None, **fields) -> Campaign:
    """A campaign that began in September."""
    made = Campaign.objects.create(
        owner=owner or lead(), **{"name": "Autumn posters", "starts_on": dt.date(2026, 9, 1), **fields}
    )
    made.refresh_from_db()
    return made


def placement(**fields) -> Placement:
    """A poster in a corridor."""
    within = fields.pop("campaign", None) or campaign()
    made = Placement.objects.create(
        campaign=within,
        created_by=within.owner,
        **{"site": "Leeds General", "spot": "Theatre corridor, level 2", **fields},
    )
    made.refresh_from_db()
    return made


def world(people) -> dict:
    """What the URL matrix needs: a campaign with one poster, and a start that nobody has claimed."""
    from outreach import actions, tickets

    poster = placement(campaign=campaign(people["outreach_lead"]))
    begun = actions.start(ticket=tickets.issue(poster, "phone", True), door="hour")
    return {
        "outreach_campaign_id": poster.campaign_id,
        "outreach_placement_id": poster.pk,
        "outreach_code": poster.code,
        "outreach_start_token": tickets.sign_start(begun.pk),
        "outreach_qr_ending": "svg",
    }
