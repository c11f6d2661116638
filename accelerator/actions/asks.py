"""Asking the community for help with a milestone, paid from the innovation's allowance."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accelerator.models import Innovation, Milestone
from accelerator.rules import innovations as who
from accelerator.rules import roadmap as rules
from audit.actions import record
from timebank.actions.ledger import account_for
from timebank.actions.listings import post_listing
from timebank.models import Listing
from ui.errors import DomainError, Invalid
from ui.formats import hours


def suggested_ask(milestone: Milestone) -> dict[str, Any]:
    """Title, description and minutes to begin a request with, in the team's voice."""
    innovation = milestone.innovation
    skills = [skill.name.lower() for skill in milestone.purpose.skills.order_by("name", "id")]
    words = _(" and ").join(skills) if skills else _("your experience")
    title = _("Help with %(skills)s: %(title)s") % {"skills": words, "title": milestone.title}
    steps = "\n".join(f"- {step}" for step in milestone.steps)
    description = _("We are working on “%(name)s”.\n\n%(summary)s\n\nOur next milestone is “%(title)s”.") % {
        "name": innovation.name,
        "summary": innovation.summary[:1500],
        "title": milestone.title,
    }
    if steps:
        description += "\n\n" + _("These are the steps we have in mind:\n%(steps)s") % {"steps": steps}
    return {
        "title": title if len(title) <= 100 else title[:99].rsplit(" ", 1)[0] + "…",
        "description": description,
        "minutes": min(milestone.usual_minutes or 60, 120),
    }


def hours_left(innovation: Innovation) -> int:
    """Minutes of the allowance that are neither spent nor held."""
    return account_for(pot=innovation.pot).available


@transaction.atomic
def ask_community(
    *, by: Any, milestone: Milestone, title: str, description: str, minutes: int, key: str, mode: str = "remote"
) -> Listing:
    """Posts a request for help with a milestone from its innovation's pot, with the milestone's skills; the hours given
    come back to the milestone. `key` is the form's: a second click finds the first listing.

    Raises Invalid (more minutes than are left, and what `post_listing` says), Missing, NotAllowed, DomainError (done).
    """
    innovation = milestone.innovation
    who.check_team(by, innovation)
    if innovation.life != Innovation.Life.ACTIVE:
        raise DomainError(_("This innovation is not active, so it cannot ask for help now."))
    if milestone.state in rules.SETTLED:
        raise DomainError(rules.WHY_NOT[milestone.state]())
    first = Listing.objects.filter(posted_by=by, key=key).first() if key else None
    if first:
        return first
    left = hours_left(innovation)
    if minutes > left:
        raise Invalid(
            _("You have %(left)s of help left. Ask for that much or less.") % {"left": hours(max(left, 0))}, "minutes"
        )
    listing = post_listing(
        by=by,
        kind="request",
        title=title,
        description=description,
        skills=milestone.purpose.skills.all(),
        pot=innovation.pot,
        purpose=milestone.purpose,
        minutes=minutes,
        mode=mode,
        key=key,
    )
    record(by=by, verb="accelerator.milestone.asked", obj=milestone, listing=str(listing.pk), minutes=minutes)
    return listing
