"""The books: accounts, transfers, entries, holds. All amounts are integers of minutes; 60 minutes are one credit.

Nothing here is written with the ORM: `actions.ledger` calls the SQL functions of migration 0002, whose triggers refuse
whatever would break the invariants I1 to I8 (docs/decisions/ledger.md). The ORM reads. What a row of the three hot
tables (account, transfer, entry) may be is checked by their triggers too, with the SQLSTATE and name of a check
constraint: PostgreSQL parses a CHECK anew for every statement, and these would be a third of the cost of a posting.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from audit.ids import uuid_primary_key


class AccountQuerySet(models.QuerySet["Account"]):
    def open(self) -> "AccountQuerySet":
        """Accounts that may still take entries."""
        return self.filter(closed_at=None)

    def under_floor(self) -> "AccountQuerySet":
        """Accounts that may only earn until they are back at their floor."""
        return self.filter(balance__lt=F("floor") + F("held"))


class Account(models.Model):
    """Where credits are. It belongs to a member, to a pot, or is one of the two system accounts.

    `balance`, `held` and `version` are moved only by the triggers on Entry and Hold. `floor` is how far
    `balance - held` may be taken down by spending; only `issuance` has none. It is what the policy says for somebody
    who is `known` or not, and the minutes that wait (`WaitingCredit`) on top: the database refuses any other.
    """

    ISSUANCE = "issuance"
    COMMUNITY_POT = "community_pot"
    SYSTEM_NAMES = {ISSUANCE: "Issuance", COMMUNITY_POT: "Community pot"}

    id = uuid_primary_key()
    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="time_account"
    )
    pot = models.OneToOneField("timebank.Pot", on_delete=models.PROTECT, null=True, related_name="account")
    system = models.CharField(max_length=20, choices=SYSTEM_NAMES, null=True, unique=True)  # noqa: DJ001 - null is "not one"
    known = models.BooleanField(
        default=False, db_default=False
    )  # set by the triggers: `people.Standing` of the member, or of a pot's steward
    floor = models.IntegerField(null=True)
    balance = models.BigIntegerField(default=0, db_default=0)
    held = models.BigIntegerField(default=0, db_default=0)
    version = models.IntegerField(default=0, db_default=0)
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)

    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        if self.system:
            return self.SYSTEM_NAMES[self.system]
        return str(self.member or self.pot)

    @property
    def available(self) -> int:
        """Minutes that can be spent or promised now, down to the floor; negative where the account is under it."""
        return self.balance - self.held - (self.floor or 0)

    def waiting_minutes(self) -> int:
        """Minutes in it that cannot be passed on until somebody is known."""
        return sum(self.waiting.filter(ended_at=None).values_list("minutes", flat=True))


class Transfer(models.Model):
    """Something that moved credits. Append-only, with its entries; a mistake is put right by a `reversal`."""

    replayed: bool  # put on by `ledger.post`: the same key had posted it before

    class Kind(models.TextChoices):
        EXCHANGE = "exchange", "Exchange"
        GROUP_SESSION = "group_session", "Group session"
        GRANT = "grant", "Grant"
        ALLOWANCE = "allowance", "Allowance"
        DONATION = "donation", "Gift"
        TARIFF = "tariff", "Tariff"
        LATE_CHARGE = "late_charge", "Late cancellation"
        LEAVER_SWEEP = "leaver_sweep", "Left by a leaver"
        WRITE_OFF = "write_off", "Write-off"
        REVERSAL = "reversal", "Reversal"
        ADJUSTMENT = "adjustment", "Adjustment"

    NEED_A_REASON = [Kind.GRANT, Kind.WRITE_OFF, Kind.REVERSAL, Kind.ADJUSTMENT]
    # What stands alone, so that a broker may reverse it by itself; the others are part of an exchange, a session, a leaving.
    STAND_ALONE = [Kind.GRANT, Kind.ALLOWANCE, Kind.DONATION, Kind.TARIFF, Kind.LATE_CHARGE, Kind.ADJUSTMENT]

    id = uuid_primary_key()
    kind = models.CharField(max_length=20, choices=Kind)
    legs = models.SmallIntegerField()  # how many entries it has; nobody can add one later
    # Nobody named: the platform itself. Indexes are few on purpose: posting is the hot path.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    memo = models.CharField(max_length=500, blank=True)
    exchange = models.ForeignKey(
        "timebank.Exchange", on_delete=models.PROTECT, null=True, related_name="transfers", db_index=False
    )
    reverses = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="reversals", db_index=False)
    hold = models.ForeignKey(  # the hold that this transfer settled
        "timebank.Hold", on_delete=models.PROTECT, null=True, related_name="transfers", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="transfer_exchange_settles_once", fields=["exchange"], condition=Q(kind="exchange")
            ),
            models.UniqueConstraint(
                name="transfer_reversed_once", fields=["reverses"], condition=Q(reverses__isnull=False)
            ),
            models.UniqueConstraint(
                name="transfer_settles_hold_once", fields=["hold"], condition=Q(hold__isnull=False)
            ),
        ]
        indexes = [
            models.Index(name="transfer_about_exchange", fields=["exchange"], condition=Q(exchange__isnull=False)),
        ]

    @property
    def stands_alone(self) -> bool:
        """Whether it may be reversed by itself (that it was not reversed before is for the ledger to say)."""
        return self.kind in self.STAND_ALONE and self.exchange_id is None


class Entry(models.Model):
    """One leg of a transfer: minutes into an account (positive) or out of it (negative).

    Its identity is its place in the account's history: (account, account_version), counted from 1 without gaps.
    The triggers of migration 0002 do the work of foreign keys on both columns: they read the transfer and move the
    account of every new entry, and neither table allows a delete.
    """

    pk = models.CompositePrimaryKey("account_id", "account_version")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    account_version = models.IntegerField()
    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    minutes = models.IntegerField()
    balance_after = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="entry_one_leg_an_account", fields=["transfer", "account"]),
        ]


class Hold(models.Model):
    """Credits promised: they stay in the account, and cannot be spent twice. Active, then ended once, never back."""

    class State(models.TextChoices):
        ACTIVE = "active", "Held"
        SETTLED = "settled", "Paid"
        RELEASED = "released", "Released"
        EXPIRED = "expired", "Expired"

    id = uuid_primary_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holds", db_index=False)
    minutes = models.IntegerField()
    # What it is promised to: an exchange, or a group session (to which an account promises once).
    exchange = models.ForeignKey("timebank.Exchange", on_delete=models.PROTECT, null=True, related_name="holds")
    group_session = models.ForeignKey(
        "timebank.GroupSession", on_delete=models.PROTECT, null=True, related_name="holds", db_index=False
    )
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE, db_default="active")
    placed_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="hold_is_positive", condition=Q(minutes__gt=0)),
            models.CheckConstraint(
                name="hold_ended_when_not_active",
                condition=Q(state="active", ended_at__isnull=True)
                | Q(state__in=["settled", "released", "expired"], ended_at__isnull=False),
            ),
            models.UniqueConstraint(name="hold_one_active", fields=["exchange"], condition=Q(state="active")),
            models.UniqueConstraint(
                name="hold_one_active_in_session",
                fields=["group_session", "account"],
                condition=Q(state="active", group_session__isnull=False),
            ),
        ]
        indexes = [models.Index(name="hold_active_by_account", fields=["account"], condition=Q(state="active"))]


class IdempotencyKey(models.Model):
    """That a request was done, and what came of it. Used once per actor; no actor (the platform) counts as one.

    Written in the same statement as its result, whose table keeps the foreign keys and allows no delete: this row
    repeats none of them, because posting is the hot path."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    key = models.CharField(max_length=200)
    request_hash = models.BinaryField()  # SHA-256 of what was asked
    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    hold = models.ForeignKey(
        Hold, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="idempotency_key_once", fields=["actor", "key"], nulls_distinct=False),
            models.CheckConstraint(
                name="idempotency_key_has_result",
                condition=Q(transfer__isnull=False, hold__isnull=True) | Q(transfer__isnull=True, hold__isnull=False),
            ),
            models.CheckConstraint(name="idempotency_key_not_empty", condition=~Q(key="")),
        ]


class FloorChange(models.Model):
    """That an account's floor was changed: written by a trigger, so that `verify_ledger` can explain what it finds."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="floor_changes")
    before = models.IntegerField(null=True)
    after = models.IntegerField(null=True)
    at = models.DateTimeField(db_default=Now())


class WaitingCredit(models.Model):
    """Minutes that one account which is not known received from another: they cannot be passed on until one of both is
    known. Written by the trigger on Entry, which raises the floor of the payee by as much; ended once, never back."""

    class Outcome(models.TextChoices):
        KNOWN = "known", "One of both is known"
        REVERSED = "reversed", "The transfer was reversed"
        LEFT = "left", "The account was closed"

    id = models.BigAutoField(primary_key=True)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="waiting")
    payer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="waiting_paid", db_index=False)
    payee = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="waiting", db_index=False)
    minutes = models.IntegerField()
    at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="waiting_credit_is_positive", condition=Q(minutes__gt=0)),
            models.CheckConstraint(
                name="waiting_credit_ended_with_an_outcome",
                condition=Q(ended_at__isnull=True, outcome="")
                | Q(ended_at__isnull=False, outcome__in=["known", "reversed", "left"]),
            ),
        ]
        indexes = [
            models.Index(name="waiting_credit_of_payee", fields=["payee"], condition=Q(ended_at__isnull=True)),
            models.Index(name="waiting_credit_of_payer", fields=["payer"], condition=Q(ended_at__isnull=True)),
        ]


class LedgerCheck(models.Model):
    """What one run of `verify_ledger` found; the broker's desk shows the last one."""

    at = models.DateTimeField(db_default=Now())
    seconds = models.FloatField()
    entries = models.BigIntegerField()
    findings = models.JSONField(default=list)  # [{"invariant": "I1", "what": "…", "id": "…"}], at most 1,000
    found = models.IntegerField(default=0)

    class Meta:
        get_latest_by = "id"

    @property
    def passed(self) -> bool:
        return self.found == 0
