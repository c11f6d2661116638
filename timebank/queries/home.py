"""The time-bank home, its card on the signed-in home, and the figures of the front page."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from people.models import Standing
from people.rules import may_act
from timebank import registries, rules
from timebank.models import Account, Policy
from timebank.queries import away, exchanges, listings, matches, pots, shares
from ui.formats import hours

LISTED = 20  # of one's own listings on the home; all are on a page of theirs


def balance_in_words(balance: int, held: int, floor: int | None) -> str:
    """Minutes as one or two sentences: "You have 3 h to spend."."""
    left = rules.spendable(balance, held, floor) or 0
    free = balance - held
    if free > 0:
        words = _("You have %(free)s to spend.") % {"free": hours(free)}
    elif free == 0:
        words = _("You can ask for up to %(left)s before you give any.") % {"left": hours(left)}
    elif left > 0:
        words = _("You are %(below)s below zero. You can still ask for up to %(left)s.") % {
            "below": hours(-free),
            "left": hours(left),
        }
    else:
        words = _("You are %(below)s below zero. Give an hour before you ask for another.") % {"below": hours(-free)}
    if held and free < 0:
        words += " " + _("That counts what is set aside for what you have agreed: %(held)s.") % {"held": hours(held)}
    elif held:
        words += " " + _("Set aside for what you have agreed: %(held)s.") % {"held": hours(held)}
    return words


def giving_words(user: Any) -> str:
    """What a member has to give to a pot: what is above zero and not set aside. Nothing about asking."""
    balance, held, _floor = account_of(user)
    if balance - held <= 0:
        return _("You have no hours to give yet. Give an hour of your time first.")
    return _("You have %(free)s to give.") % {"free": hours(balance - held)}


@dataclass(frozen=True)
class Means:
    """What a member has, in minutes. `balance` and `floor` leave out what waits until somebody is known."""

    balance: int
    held: int
    floor: int
    waiting: int
    known: bool

    @property
    def free(self) -> int:
        return self.balance - self.held


def means_of(user: Any) -> Means:
    """What `Means` says; before the account is opened, zeros and the floor that it would have."""
    account = Account.objects.filter(member=user).first()
    if account is None:
        policy, last = Policy.objects.in_force(), Standing.objects.latest_of(user.pk)
        known = last is not None and last.known
        return Means(0, 0, policy.member_floor if known else policy.first_floor, 0, known)
    waiting = 0 if account.known else account.waiting_minutes()
    return Means(account.balance - waiting, account.held, (account.floor or 0) - waiting, waiting, account.known)


def account_of(user: Any) -> tuple[int, int, int]:
    """(balance, held, floor) of `means_of`."""
    means = means_of(user)
    return means.balance, means.held, means.floor


def standing(user: Any) -> dict[str, Any]:
    """For wherever a member is about to spend: `words`, `low` at or under the policy's soft warning, `newcomer` what
    changes once they are known, and `waits` the minutes that they cannot pass on until then."""
    means, policy = means_of(user), Policy.objects.in_force()
    words = balance_in_words(means.balance, means.held, means.floor)
    if not means.known and means.free == 0:
        words = _("You can spend up to %(first)s before you have given any.") % {"first": hours(-means.floor)}
    return {
        "words": words,
        "low": means.free <= policy.soft_warning,
        "newcomer": None if means.known else newcomer_words(policy),
        "waits": means.waiting,
    }


def newcomer_words(policy: Policy) -> dict[str, str]:
    """What a newcomer reads: `words` what changes once they are known, `how` who is meant by that."""
    return {
        "words": _(
            "When you have exchanged an hour with somebody we know well, you can go down to %(floor)s below zero instead "
            "of %(first)s."
        )
        % {"floor": hours(-policy.member_floor), "first": hours(-policy.first_floor)},
        "how": _(
            "We know somebody well by a role, a confirmed work address, a time broker’s word, or after %(days)s days. "
            "If they have met %(most)s newcomers in the last %(days)s days, a time broker looks first. "
            "A time broker can also vouch for you at once."
        )
        % {"days": policy.introduction_days, "most": policy.introductions},
    }


def time_bank(user: Any) -> dict[str, Any]:
    """Everything on the time-bank home."""
    cards = exchanges.open_cards(user)
    mine = list(listings.listings_of(user)[: LISTED + 1])
    return {
        **standing(user),
        "totals": exchanges.totals(user),
        "waiting": [card for card in cards if card.waits_for_me],
        "under_way": [card for card in cards if not card.waits_for_me],
        "past": list(exchanges.past(user)[:5]),
        "listings": mine[:LISTED],
        "more_listings": len(mine) > LISTED,
        "pots": pots.pots_of(user),
        "away": away.coming(user),
        "share": shares.live_share(user.pk),
        "suits": matches.suggested_for(user) if may_act(user) else [],
        "sections": home_sections(user),
        "pots_joined": pots.joined(user),
    }


def home_sections(user: Any) -> list[dict[str, Any]]:
    """What rooms above show on the time-bank home: template and context of each section that has something to say."""
    built = [(section.template, section.build(user)) for section in registries.home_sections]
    return [{"template": template, "context": context} for template, context in built if context is not None]


def waiting_card(user: Any) -> dict[str, Any] | None:
    """The card "waiting for you" on the signed-in home; None where nothing waits."""
    cards = [card for card in exchanges.open_cards(user) if card.waits_for_me]
    return {"cards": cards[:3], "more": len(cards) - 3} if cards else None


def enjoy_card(user: Any) -> dict[str, Any] | None:
    """The card that invites to the time bank, with the balance in words."""
    if not may_act(user):
        return None
    return {"words": balance_in_words(*account_of(user))}


def hours_figure() -> tuple[str, str] | None:
    """How many hours have been exchanged, in whole hours; None before the first."""
    whole = exchanges.hours_exchanged() // 60
    return (f"{whole:,}", ngettext("hour exchanged", "hours exchanged", whole)) if whole else None


def first_yes_days() -> int | None:
    """How soon a request usually hears its first yes, in whole days; None while there are too few to say."""
    days = exchanges.days_to_first_yes()
    return None if days is None else max(1, round(days))


def first_yes_figure() -> tuple[str, str] | None:
    """How soon a request hears its first yes."""
    days = first_yes_days()
    return (
        None
        if days is None
        else (str(days), ngettext("day to a first yes, usually", "days to a first yes, usually", days))
    )
