"""What a broker reads before putting hours right: which account somebody means, and what would become of it, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import FloatField, Func, QuerySet, TextField, Value
from django.utils.translation import gettext as _

from people.models import User
from people.models.reference import PlainText
from timebank.models import Account, Entry, IdempotencyKey, Pot, Transfer
from timebank.queries.shares import gifts_from
from ui.errors import Invalid, Missing
from ui.formats import hours

LIKE_ENOUGH = 0.5  # of trigrams shared; "Quinn Hartly" and "Quinn Hartley" share 0.8


@dataclass(frozen=True)
class Effect:
    """What a correction does to one account, in minutes."""

    account: Account
    change: int

    @property
    def after(self) -> int:
        return self.account.balance + self.change

    @property
    def words(self) -> str:
        """ "Ada Lovelace has 2 h now, and will have 1 h." """
        now = in_words(self.account.balance)
        text = _("%(who)s has %(now)s now, and will have %(after)s.") % {
            "who": self.account,
            "now": now,
            "after": in_words(self.after),
        }
        floor = self.account.floor
        if floor is not None and self.change < 0 and self.after - self.account.held < floor:
            if self.account.held:
                text += " " + _("Set aside: %(held)s.") % {"held": hours(self.account.held)}
            text += " " + _("That is under the floor of %(floor)s.") % {"floor": hours(floor)}
        return text


def in_words(minutes: int) -> str:
    """A balance as one says it: "2 h", "1 h less than nothing"."""
    return hours(minutes) if minutes >= 0 else _("%(time)s less than nothing") % {"time": hours(-minutes)}


def effects(legs: Iterable[tuple[Account, int]]) -> list[Effect]:
    """What each account would come to."""
    return [Effect(account, change) for account, change in legs]


def seen(legs: Iterable[tuple[Account, int]]) -> str:
    """A mark of the accounts as they stood when the page was drawn: another one means that something moved since."""
    return ".".join(str(account.version) for account, _change in legs)


def undoing(transfer: Transfer) -> list[tuple[Account, int]]:
    """The legs of a reversal of `transfer`, with what flowed on from it, summed for each account."""
    together = Entry.objects.filter(transfer__in=[transfer, *gifts_from([transfer])])
    return _back(together.select_related("account__member", "account__pot"))


def undoing_exchange(exchange: Any) -> list[tuple[Account, int]]:
    """The legs of reversing all that was paid for an exchange, summed for each account."""
    entries = Entry.objects.filter(
        transfer__exchange=exchange, transfer__reverses=None, transfer__reversals=None
    ).select_related("account__member", "account__pot")
    return _back(entries)


def _back(entries: QuerySet[Entry]) -> list[tuple[Account, int]]:
    back: dict[Any, tuple[Account, int]] = {}
    for entry in entries.order_by("account_id", "account_version"):
        account, change = back.get(entry.account_id, (entry.account, 0))
        back[entry.account_id] = (account, change - entry.minutes)
    return list(back.values())


def done_before(by: Any, key: str) -> bool:
    """Whether this person has already sent this very form: a second click."""
    return IdempotencyKey.objects.filter(actor=by, key=key).exists()


def transfer(transfer_id: Any) -> Transfer:
    """A transfer with its exchange. Raises Missing."""
    found = Transfer.objects.select_related("exchange", "actor").filter(pk=transfer_id).first()
    if found is None:
        raise Missing(_("We cannot find that transfer."))
    return found


def _named(model: Any, words: str) -> QuerySet:
    plain = PlainText(Value(words, output_field=TextField()))
    return model.objects.annotate(plain=PlainText("name")).filter(plain=plain, closed_at=None)


def _names_like(words: str) -> list[str]:
    """Up to three names of open accounts that look like what was typed, the likest first."""
    likeness: Any = Func(
        PlainText("name"), PlainText(Value(words, output_field=TextField())),
        function="public.similarity", output_field=FloatField(),
    )  # fmt: skip
    found = User.objects.filter(closed_at=None).annotate(likeness=likeness).filter(likeness__gte=LIKE_ENOUGH)
    return list(dict.fromkeys(found.order_by("-likeness", "pk").values_list("name", flat=True)[:3]))


def person_named(words: str, field: str) -> User:
    """A member by e-mail address or whole name. Raises Invalid at `field`."""
    owner = owner_named(words, field)
    if not isinstance(owner, User):
        raise Invalid(_("“%(words)s” is a pot. Name a person.") % {"words": words}, field=field)
    return owner


def pot_named(words: str, field: str) -> Pot | None:
    """An open pot by its name; None where nothing was typed. Raises Invalid at `field`."""
    if not words.strip():
        return None
    found = list(_named(Pot, " ".join(words.split())).order_by("pk")[:2])
    if len(found) != 1:
        raise Invalid(_("There is not exactly one open pot called “%(words)s”.") % {"words": words}, field=field)
    return found[0]


def owner_named(words: str, field: str) -> Any:
    """Whose account a broker means: a member by e-mail address or whole name, an open pot by its name, or the text
    "community pot", which gives None. Raises Invalid at `field` where nobody or several fit."""
    words = " ".join(words.split())
    if words.lower() == "community pot":
        return None
    if "@" in words:
        found = list(User.objects.at(words).filter(closed_at=None))
    else:
        found = [*_named(User, words).order_by("pk")[:2], *_named(Pot, words).order_by("pk")[:2]]
    if not found:
        said = _("Nobody and no pot is called “%(words)s”. Give the whole name or the e-mail address.") % {
            "words": words
        }
        if near := _names_like(words):
            said += " " + _("Did you mean %(names)s?") % {"names": _(" or ").join(near)}
        raise Invalid(said, field=field)
    if len(found) > 1:
        raise Invalid(
            _("Several are called “%(words)s”. Give the e-mail address instead.") % {"words": words}, field=field
        )
    return found[0]
