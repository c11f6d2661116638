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
