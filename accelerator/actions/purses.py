"""A purse: a few hours from a wave's fund, put aside for one request of one applicant. What is left goes back."""

from typing import Any

from django.utils.translation import gettext as _

from accelerator.models import Wave
from timebank.actions import ledger, pots
from timebank.models import Pot
from ui.errors import DomainError


def open_purse(*, by: Any, wave: Wave, name: str, minutes: int) -> Pot:
    """A pot with `minutes` of the wave's fund, which `by` spends. Raises DomainError where the fund is none, closed, or
    has too little left."""
    if wave.fund is None or wave.fund.closed_at is not None:
        raise DomainError(_("This wave has no fund that could pay for help. Ask a time broker, or in the community."))
    purse = pots.open_pot(by=None, kind="help", name=name[:120], stewards=[by])
    try:
        pots.fund_allowance(by=by, fund=wave.fund, pot=purse, minutes=minutes, key=f"purse:{purse.pk}")
    except ledger.NotEnough as error:
        raise DomainError(
            _("The fund of this wave has too little left to pay for help. Ask a time broker, or in the community.")
        ) from error
    return purse


def close_purse(*, by: Any, wave: Wave, purse: Pot, words: str) -> None:
    """Closes a purse with its request; what is left goes back to the fund, where that is open still. `by` is its steward,
    or None for the platform. Raises DomainError while hours are promised."""
    fund = wave.fund if wave.fund and wave.fund.closed_at is None else None
    pots.close_pot(by=by, pot=purse, close_out=words, key=f"purse-over:{purse.pk}", to_pot=fund)
