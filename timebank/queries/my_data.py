""" "Download my data": what the time bank keeps about somebody, beyond exchanges and listings. All that is theirs; of
others only the names that stand in their own exchanges."""

from typing import Any

from timebank.models import Account, Dispute, LeavingWish, PotInvitation, PotMember, PotNamed, PotSteward, ShownToOthers
from timebank.queries.record import reflections_of
from timebank.queries.statement import Filters, every_line


def account_for(user: Any) -> dict[str, Any]:
    """The balance and every entry of somebody's account, latest first, in minutes."""
    account = Account.objects.filter(member=user).first()
    if account is None:
        return {"balance_in_minutes": 0, "entries": []}
    return {
        "balance_in_minutes": account.balance,
        "set_aside_in_minutes": account.held,
        "lowest_balance_in_minutes": account.floor,
        "opened": account.opened_at.isoformat(),
        "entries": [
            {
                "at": line.at.isoformat(),
                "what": line.words,
                "exchange": line.what,
                "with": line.who,
                "minutes": line.minutes,
                "balance_after": line.balance_after,
                "note": line.note,
                "taken_back": line.undone.at.isoformat() if line.undone else None,
            }
            for line in every_line(account, Filters())
        ],
    }


def disputes_of(user: Any) -> list[dict[str, Any]]:
    """Disputes about somebody's exchanges: what they said themselves and what was decided, not what the other side said."""
    given = Dispute.objects.filter(exchange__provider=user) | Dispute.objects.filter(exchange__receiver=user)
    return [
        {
            "raised_at": case.raised_at.isoformat(),
            "you_said": case.provider_statement if case.exchange.provider_id == user.pk else case.receiver_statement,
            "decision": case.decision,
            "minutes": case.minutes,
            "note": case.note,
        }
        for case in given.select_related("exchange").order_by("raised_at", "id")
    ]


def pots_of(user: Any) -> dict[str, Any]:
    """The pots that somebody runs, joined, was asked to run, or is named on."""
    return {
        "run": [
            {"pot": place.pot.name, "since": place.since.isoformat(), "until": place.until and place.until.isoformat()}
            for place in PotSteward.objects.filter(user=user).select_related("pot").order_by("since", "id")
        ],
        "joined": [
            {"pot": place.pot.name, "at": place.joined_at.isoformat()}
            for place in PotMember.objects.filter(user=user).select_related("pot").order_by("joined_at", "id")
        ],
        "asked_to_run": [
            {"pot": one.pot.name, "at": one.invited_at.isoformat(), "answer": one.answer}
            for one in PotInvitation.objects.filter(user=user).select_related("pot").order_by("invited_at", "id")
        ],
        "named_on": [
            one.pot.name for one in PotNamed.objects.filter(user=user).select_related("pot").order_by("at", "id")
        ],
    }


def own_words_of(user: Any) -> dict[str, Any]:
    """Somebody's reflections, who sees what of their hours, and where their credits go if they leave."""
    shown = ShownToOthers.objects.filter(user=user).first() or ShownToOthers(user=user)
    wish = LeavingWish.objects.filter(user=user).select_related("to_pot").first()
    return {
        "reflections": [
            {"about": str(one.on), "exchange": one.exchange.title if one.exchange else None, "text": one.text}
            for one in reflections_of(user)
        ],
        "shown_to_others": {item: getattr(shown, item) for item in ShownToOthers.ITEMS},
        "when_leaving_credits_go_to": (str(wish.to_pot) if wish.to_pot else "the community pot") if wish else None,
    }
