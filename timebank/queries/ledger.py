"""Reads of the books for pages. A statement is in `queries.statement`."""

from django.db.models import QuerySet

from timebank.models import Account, LedgerCheck


def under_floor() -> "QuerySet[Account]":
    """Accounts that may only earn for now, lowest first: after a reversal or a new policy. For the broker's desk."""
    return Account.objects.open().under_floor().select_related("member", "pot").order_by("balance", "id")


def last_check() -> LedgerCheck | None:
    """The result of the last nightly check of the books."""
    return LedgerCheck.objects.order_by("-id").first()
