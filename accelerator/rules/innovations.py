"""Who may see and work on an innovation. A team member, its manager and the wave's portfolio managers; nobody else
may know that it is there until its team opens it."""

from typing import Any

from django.utils.translation import gettext as _

from people.rules import has_role, may_act
from ui.errors import Missing, NotAllowed


def runs_wave(user: Any, wave_id: Any) -> bool:
    """Whether `user` is a portfolio manager of this wave, or of all."""
    return has_role(user, "portfolio_manager", scope=wave_id)


def runs(user: Any, innovation: Any) -> bool:
    """Whether `user` looks after this innovation: its own manager, or another of the wave covering for them."""
    return runs_wave(user, innovation.wave_id)


def on_team(user: Any, innovation: Any) -> bool:
    """Whether `user` is on the team. One query, unless `members` were fetched before."""
    return any(member.user_id == user.pk for member in innovation.members.all())


def sees(user: Any, innovation: Any) -> bool:
    """Whether `user` may open its pages."""
    return runs(user, innovation) or on_team(user, innovation)


def check_sees(user: Any, innovation: Any) -> None:
    """Raises Missing for those who may not know that it exists."""
    if not sees(user, innovation):
        raise Missing(_("We cannot find that innovation."))


def check_team(user: Any, innovation: Any) -> None:
    """Raises Missing or NotAllowed unless `user` is on the team and may act."""
    check_sees(user, innovation)
    if not (on_team(user, innovation) and may_act(user)):
        raise NotAllowed(_("Only the innovation's team can do this."))


def check_runs(user: Any, innovation: Any) -> None:
    """Raises Missing or NotAllowed unless `user` is a portfolio manager of its wave."""
    check_sees(user, innovation)
    if not runs(user, innovation):
        raise NotAllowed(_("Only a portfolio manager of this wave can do this."))
