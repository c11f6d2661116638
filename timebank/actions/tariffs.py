"""What a wave's fund pays for work that is no exchange: small fixed sums, on completion, never by a score."""

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import check_may_act
from timebank.actions import ledger
from timebank.actions.shares import accounts_beside, share_of_earnings
from timebank.letters import CREDITS, say
from timebank.models import Account, Pot, Tariff, TariffPayment, Transfer
from timebank.queries.pots import steward_ids
from ui.errors import DomainError, Invalid, NotAllowed
from ui.formats import hours

LONGEST_REVIEW = 240  # minutes that one review can earn
LONGEST_SESSION = 1440


@transaction.atomic
def set_tariffs(*, by: Any, pot: Pot, works: Collection[str], review_minutes: int | None = None) -> list[Tariff]:
    """Switches on what a wave's fund pays for, and the rest off. What is owed already stays owed.

    By a steward of the fund. Raises NotAllowed, DomainError for a closed pot, Invalid (works, review_minutes)."""
    check_may_act(by)
    pot = Pot.objects.select_for_update(no_key=True).get(pk=pot.pk)
    if by.pk not in steward_ids(pot.pk):
        raise NotAllowed(_("Only the stewards of the fund decide what it pays for."))
    if pot.kind != Pot.Kind.WAVE_FUND:
        raise DomainError(_("Only a wave’s fund pays for reviews and sessions."))
    if pot.closed_at:
        raise DomainError(_("This pot is closed."))
    if not set(works) <= set(Tariff.Work.values):
        raise Invalid(_("Choose from the list."), field="works")
    if Tariff.Work.REVIEW in works and not (review_minutes and 1 <= review_minutes <= LONGEST_REVIEW):
        raise Invalid(_("A review can earn between 1 minute and 4 hours."), field="review_minutes")
    known = {tariff.work: tariff for tariff in Tariff.objects.filter(pot=pot)}
    for work in Tariff.Work.values:
        tariff = known.get(work) or Tariff(pot=pot, work=work)
        minutes = (review_minutes or tariff.minutes) if work == Tariff.Work.REVIEW else None
        before = (tariff.active, tariff.minutes)
        if tariff.pk is None and work not in works:
            continue  # never switched on: there is nothing to say about it
        tariff.active, tariff.minutes = work in works, minutes
        if tariff.pk is None or before != (tariff.active, tariff.minutes):
            tariff.changed_by, tariff.changed_at = by, timezone.now()
            tariff.save()
            record(by=by, verb="timebank.tariff.set", obj=pot, work=work, active=tariff.active, minutes=minutes)
    return list(Tariff.objects.filter(pot=pot).order_by("work"))


@transaction.atomic
def pay(*, by: Any, pot: Pot, work: str, to: Any, key: str, minutes: int | None = None) -> TariffPayment | None:
    """Pays `to` for a completed piece of work, where the fund has this tariff on; None where it has not, where the pot
    is closed, or where `to` is a steward of it or has left. `key` is the natural name of the work ("review:<id>"): it earns once.
    `minutes` is the length of a session; a review has the tariff's own sum. Where the fund is short it is owed, and tried
    again by itself. It never fails the caller's work for want of credits. Raises Invalid for a length that cannot be."""
    tariff = Tariff.objects.filter(pot=pot, work=work, active=True, pot__closed_at=None).first()
    if tariff is None or to.closed_at or to.pk in steward_ids(pot.pk):
        return None
    due = tariff.minutes or minutes
    if isinstance(due, bool) or not isinstance(due, int) or not 1 <= due <= LONGEST_SESSION:
        raise Invalid(_("Say how long the session was, in minutes."), field="minutes")
    try:
        with transaction.atomic():
            payment = TariffPayment.objects.create(tariff=tariff, to=to, minutes=due, key=key)
    except IntegrityError:  # the same piece of work again, or twice at the same moment
        return TariffPayment.objects.get(key=key)
    payment.refresh_from_db()
    record(by=by, verb="timebank.tariff.earned", obj=payment, work=work, minutes=due)
    _settle(payment)
    return payment


def _settle(payment: TariffPayment) -> bool:
    """Pays one payment that is not paid yet; False where the fund is still short."""
    tariff = payment.tariff
    payer, payee = ledger.account_for(pot=tariff.pot).pk, ledger.account_for(member=payment.to).pk
    concerned = Account.objects.filter(pk__in=[payer, payee, *accounts_beside(payment.to_id)])
    list(concerned.select_for_update(no_key=True).order_by("pk"))
    try:
        payment.transfer = ledger.post(
            kind=Transfer.Kind.TARIFF,
            legs=[(payer, -payment.minutes), (payee, payment.minutes)],
            by=None,
            key=f"tariff:{payment.pk}",
            memo=str(tariff.get_work_display()),
        )
    except ledger.NotEnough:
        return False
    payment.save(update_fields=["transfer"])
    share_of_earnings(member=payment.to, minutes=payment.minutes, transfer=payment.transfer)
    say(
        CREDITS,
        people=[payment.to],
        key=f"tariff:{payment.pk}",
        subject=_("%(hours)s for you from %(fund)s") % {"hours": hours(payment.minutes), "fund": tariff.pot},
        words=_("Thank you. %(work)s earned you %(hours)s, paid by %(fund)s.")
        % {"work": tariff.get_work_display(), "hours": hours(payment.minutes), "fund": tariff.pot},
        url=reverse("timebank:statement"),
    )
    return True


@transaction.atomic
def _try_again(payment_id: Any) -> bool:
    """Tries one owed payment again; drops it where the person has left or the fund is closed."""
    payment = (
        TariffPayment.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("tariff__pot", "to")
        .filter(pk=payment_id, transfer=None, dropped_at=None)
        .first()
    )
    if payment is None:
        return False
    if payment.to.closed_at or payment.tariff.pot.closed_at:
        payment.dropped_at = timezone.now()
        payment.save(update_fields=["dropped_at"])
        record(by=None, verb="timebank.tariff.dropped", obj=payment, minutes=payment.minutes)
        return False
    return _settle(payment)


def pay_owed(*, limit: int = 500) -> int:
    """Tries again what funds owe, longest owed first, each in a transaction of its own. Returns how many were paid."""
    owed = TariffPayment.objects.filter(transfer=None, dropped_at=None).order_by("due_at", "id")
    return sum(_try_again(pk) for pk in owed.values_list("pk", flat=True)[:limit])
