"""The access fund: claiming what taking part cost, or asking beforehand; agreeing, declining and paying. Money is whole
pence. Payments are made outside and recorded here: bank details are never kept."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from accelerator.actions.room import take_room
from accelerator.models import AccessClaim, Wave
from accelerator.queries import access_fund as queries
from accelerator.rules import access, files
from accelerator.rules import access_fund as rules
from notifications.actions import notify
from people.rules import check_may_act
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import pounds
from ui.stored_files import forget

State = AccessClaim.State
LONGEST_REASON = 1000
LONGEST_HOW = 1000


@transaction.atomic
def claim(
    *, by: Any, wave: Wave, kind: str, what: str, pence: int, spent_on: dt.date | None, key: str, receipt: Any = None
) -> AccessClaim:
    """Claims what taking part cost `by`, or with no `spent_on` asks beforehand whether it would be paid. The same key
    again finds the first claim. Raises NotAllowed for those who take no part in the wave, Invalid (kind, what, pence,
    spent_on, receipt), DomainError when the wave takes no claims."""
    check_may_act(by)
    if first := AccessClaim.objects.filter(claimant=by, key=key).first():
        return first
    if not queries.waves_of(by).filter(pk=wave.pk).exists():
        raise NotAllowed(_("You take no part in this wave, so you cannot claim on its fund."))
    if not rules.takes_claims(wave, timezone.localdate()):
        raise DomainError(_("This wave takes no claims now. Write to its portfolio manager."))
    what = what.strip()
    if kind not in AccessClaim.Kind.values:
        raise Invalid(_("Choose what it is for."), field="kind")
    if not 0 < len(what) <= 200:
        raise Invalid(_("Say what it is for, in up to 200 characters."), field="what")
    _check_money(wave, pence, spent_on)
    made = AccessClaim(claimant=by, wave=wave, kind=kind, what=what, pence=pence, spent_on=spent_on, key=key)
    _keep_receipt(made, receipt)
    made.save()
    made.refresh_from_db()
    audit.actions.record(by=by, verb="accelerator.claim.made", obj=made, pence=pence, before=spent_on is None)
    _tell_managers(made)
    return made


def _check_money(wave: Wave, pence: int, spent_on: dt.date | None) -> None:
    if not 0 < pence <= rules.MOST_PENCE:
        raise Invalid(
            _("Enter an amount up to %(most)s. For more, write to the portfolio manager.")
            % {"most": pounds(rules.MOST_PENCE)},
            field="pence",
        )
    if spent_on is not None and spent_on > timezone.localdate():
        raise Invalid(_("That day is still to come. Ask beforehand instead."), field="spent_on")
    if spent_on is not None and spent_on < timezone.localdate(wave.call_opens):
        raise Invalid(_("That was before this wave began."), field="spent_on")


def _keep_receipt(made: AccessClaim, receipt: Any) -> None:
    """Keeps a receipt under a random name; what it is follows from its content. Raises Invalid (receipt)."""
    if not receipt:
        return
    receipt.seek(0)
    try:
        _kind, name = files.check(receipt.name or "", receipt.size, receipt.read(files.HEAD_BYTES))
    except Invalid as error:
        raise Invalid(str(error), field="receipt") from error
    receipt.seek(0)
    forget(made, "receipt")
    take_room(by=made.claimant, more=receipt.size, field="receipt", instead_of=made.receipt_size)
    made.receipt, made.receipt_name, made.receipt_size = receipt, name, receipt.size


def _tell_managers(made: AccessClaim) -> None:
    for manager in queries.managers_of(made.wave).exclude(pk=made.claimant_id):
        notify(
            to=manager,
            kind="access_claim_waits",
            key=f"access_claim_waits:{made.pk}:{made.pence}",
            subject=_("A claim on the access fund of %(wave)s") % {"wave": made.wave.name},
            template="accelerator/mail/claim_waits",
            context={"wave": made.wave.name, "kind": made.get_kind_display(), "spent": made.spent_on is not None},
            url=reverse("accelerator:access_claim_desk", args=[made.wave.slug, made.pk]),
        )


def _own(by: Any, made: AccessClaim) -> AccessClaim:
    """One's own claim, locked. Raises Missing for anybody else's."""
    rows = AccessClaim.objects.select_for_update(of=("self",)).select_related("wave")
    found = rows.filter(pk=made.pk, claimant=by).first()
    if found is None:
        raise Missing(_("There is no such claim."))
    return found


@transaction.atomic
def spent(*, by: Any, made: AccessClaim, pence: int, spent_on: dt.date, receipt: Any = None) -> AccessClaim:
    """Says what something that was asked for beforehand has cost in the end. If it is more than was agreed, it waits for
    an answer again. Raises Missing, Invalid (pence, spent_on, receipt), DomainError."""
    check_may_act(by)
    made = _own(by, made)
    if made.spent_on is not None and (made.pence, made.spent_on) == (pence, spent_on) and not receipt:
        return made
    rules.check("spend", made.state)
    if made.spent_on is not None:
        raise DomainError(_("You have told us what it cost. Take the claim back and make a new one to change it."))
    _check_money(made.wave, pence, spent_on)
    more = made.state == State.AGREED and pence > made.pence
    made.pence, made.spent_on = pence, spent_on
    if more:
        made.state, made.answered_by, made.answered_at, made.over_fund = State.WAITING, None, None, False
    _keep_receipt(made, receipt)
    made.save()
    audit.actions.record(by=by, verb="accelerator.claim.spent", obj=made, pence=pence, again=more)
    if more:
        _tell_managers(made)
    return made


@transaction.atomic
def withdraw(*, by: Any, made: AccessClaim) -> AccessClaim:
    """Takes one's own claim back before it is paid. A second click changes nothing. Raises Missing, DomainError."""
    made = _own(by, made)
    if made.state == State.WITHDRAWN:
        return made
    rules.check("withdraw", made.state)
    made.state, made.receipt_name, made.receipt_size = State.WITHDRAWN, "", 0
    forget(made, "receipt")
    made.save(update_fields=["state", "receipt", "receipt_name", "receipt_size"])
    audit.actions.record(by=by, verb="accelerator.claim.withdrawn", obj=made)
    return made


def _managed(by: Any, made: AccessClaim) -> AccessClaim:
    """A claim, locked after its wave (so that two managers cannot both spend what is left), for those who run the wave.
    Raises NotAllowed, for one's own claim too."""
    wave = Wave.objects.select_for_update().get(pk=made.wave_id)
    if not access.runs(by, wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can do this."))
    found = AccessClaim.objects.select_for_update(of=("self",)).select_related("claimant").get(pk=made.pk)
    found.wave = wave
    if found.claimant_id == by.pk:
        raise NotAllowed(_("This is your own claim, so another manager must answer it."))
    return found


@transaction.atomic
def agree(*, by: Any, made: AccessClaim, over: bool = False) -> AccessClaim:
    """Agrees that a claim is paid, or would be. Beyond what is left in the fund only where `over` says so. A second click
    changes nothing. Raises NotAllowed, Invalid (over), DomainError."""
    made = _managed(by, made)
    if made.state == State.AGREED:
        return made
    rules.check("agree", made.state)
    missing = queries.totals(made.wave).promised + made.pence - made.wave.access_fund_pence
    if missing > 0 and not over:
        raise Invalid(
            _("This goes over the fund by %(missing)s. Tick the box if you agree to it all the same.")
            % {"missing": pounds(missing)},
            field="over",
        )
    made.state, made.answered_by, made.answered_at = State.AGREED, by, timezone.now()
    made.over_fund = missing > 0
    made.save(update_fields=["state", "answered_by", "answered_at", "over_fund"])
    audit.actions.record(by=by, verb="accelerator.claim.agreed", obj=made, pence=made.pence, over=made.over_fund)
    _tell(made, _("Agreed: %(what)s"))
    return made


@transaction.atomic
def decline(*, by: Any, made: AccessClaim, reason: str) -> AccessClaim:
    """Declines a claim, with a reason that the claimant reads. Raises NotAllowed, Invalid (reason), DomainError."""
    made = _managed(by, made)
    if made.state == State.DECLINED:
        return made
    rules.check("decline", made.state)
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Invalid(
            _("Say why, in up to %(most)d characters. They read it.") % {"most": LONGEST_REASON}, field="reason"
        )
    made.state, made.reason, made.answered_by, made.answered_at = State.DECLINED, reason, by, timezone.now()
    made.save(update_fields=["state", "reason", "answered_by", "answered_at"])
    audit.actions.record(by=by, verb="accelerator.claim.declined", obj=made)
    _tell(made, _("About your claim: %(what)s"))
    return made


@transaction.atomic
def pay(*, by: Any, made: AccessClaim, reference: str = "") -> AccessClaim:
    """Records that an agreed claim has been paid; `reference` is finance's own number for the payment. A second click
    pays nothing more. Raises NotAllowed, Invalid (reference), DomainError where nothing was spent yet."""
    made = _managed(by, made)
    if made.state == State.PAID:
        return made
    rules.check("pay", made.state)
    if made.spent_on is None:
        raise DomainError(_("They have not told us yet what it cost. It is paid after that."))
    reference = reference.strip()
    if len(reference) > 60:
        raise Invalid(_("Shorten it to 60 characters."), field="reference")
    made.state, made.paid_by, made.paid_at, made.paid_reference = State.PAID, by, timezone.now(), reference
    made.save(update_fields=["state", "paid_by", "paid_at", "paid_reference"])
    audit.actions.record(by=by, verb="accelerator.claim.paid", obj=made, pence=made.pence)
    _tell(made, _("Paid: %(what)s"))
    return made


def _tell(made: AccessClaim, subject: str) -> None:
    notify(
        to=made.claimant,
        kind="access_claim",
        key=f"access_claim:{made.pk}:{made.state}:{made.pence}",
        subject=subject % {"what": made.what[:120]},
        template="accelerator/mail/claim_answered",
        context={
            "state": made.state, "what": made.what, "amount": pounds(made.pence), "reason": made.reason,
            "spent": made.spent_on is not None, "how": made.wave.access_paid_how, "wave": made.wave.name,
        },
        url=reverse("accelerator:access_claim", args=[made.pk]),
    )  # fmt: skip


@transaction.atomic
def set_fund(*, by: Any, wave: Wave, pence: int, how: str) -> Wave:
    """Says how much a wave's access fund holds, and how what is agreed reaches people. Raises NotAllowed, Invalid (pence,
    how)."""
    wave = Wave.objects.select_for_update().get(pk=wave.pk)
    if not access.runs(by, wave):
        raise NotAllowed(_("Only those who run this wave can change it."))
    if not 0 <= pence <= rules.MOST_FUND_PENCE:
        raise Invalid(_("Enter an amount up to %(most)s.") % {"most": pounds(rules.MOST_FUND_PENCE)}, field="pence")
    how = how.strip()
    if len(how) > LONGEST_HOW:
        raise Invalid(_("Shorten it to %(most)d characters.") % {"most": LONGEST_HOW}, field="how")
    if (wave.access_fund_pence, wave.access_paid_how) != (pence, how):
        wave.access_fund_pence, wave.access_paid_how = pence, how
        wave.save(update_fields=["access_fund_pence", "access_paid_how"])
        audit.actions.record(by=by, verb="accelerator.access_fund.set", obj=wave, pence=pence)
    return wave


@transaction.atomic
def leave(*, user: Any) -> None:
    """What closing an account does here: claims that are not paid are taken back. Paid ones stay, as accounts must."""
    for made in AccessClaim.objects.filter(claimant=user, state__in=[State.WAITING, State.AGREED]).order_by("pk"):
        withdraw(by=user, made=made)


def purge() -> int:
    """Deletes receipts, and the words of claims, seven years after the claim came to rest. Returns how many."""
    old = timezone.now() - dt.timedelta(days=rules.YEARS_KEPT * 365.25)
    rest = AccessClaim.objects.filter(asked_at__lt=old, wave__ends__lt=timezone.localdate(old)).exclude(what="")
    return sum(_purge(made.pk) for made in rest.exclude(state__in=[State.WAITING, State.AGREED]).order_by("pk"))


@transaction.atomic
def _purge(pk: Any) -> bool:
    made = AccessClaim.objects.select_for_update().get(pk=pk)
    if not made.what:
        return False
    forget(made, "receipt")
    reason = "-" if made.state == State.DECLINED else ""  # a reason there was: the table demands one
    AccessClaim.objects.filter(pk=pk).update(what="", reason=reason, receipt="", receipt_name="", receipt_size=0)
    return True
