"""Past transfers, written into the ledger in bulk and in the order in which they happened. The ledger's triggers check
each batch as they would check a single posting; this module only works out the running balances that they ask for."""

import datetime as dt
import hashlib
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from demo.copying import copy_rows, uuid7
from timebank.models import Account, Entry, Exchange, HoursRecord, IdempotencyKey, Transfer

BATCH = 5_000


@dataclass
class Books:
    """Balances as they will be once what is queued has been written. Minutes."""

    rng: random.Random
    said: Callable[[int], Any] | None = None  # hears how many transfers are written
    balance: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    version: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    floor: dict[UUID, int | None] = field(default_factory=dict)
    _transfers: list[tuple] = field(default_factory=list)
    _entries: list[tuple] = field(default_factory=list)
    _keys: list[tuple] = field(default_factory=list)
    _exchanges: list[tuple] = field(default_factory=list)
    _hours: list[tuple] = field(default_factory=list)
    written: int = 0

    def know(self, account: Account) -> UUID:
        """Takes an account as it stands."""
        self.balance[account.pk], self.version[account.pk] = account.balance, account.version
        self.floor[account.pk] = account.floor
        return account.pk

    def can_pay(self, account: UUID, minutes: int) -> bool:
        """Whether the account's floor lets it pay."""
        floor = self.floor[account]
        return floor is None or self.balance[account] - minutes >= floor

    def move(
        self,
        at: dt.datetime,
        kind: str,
        payer: UUID,
        payee: UUID,
        minutes: int,
        *,
        memo: str = "",
        exchange: UUID | None = None,
    ) -> None:
        """Queues one transfer of `minutes` from payer to payee. Times must not go backwards."""
        transfer = uuid7(at, self.rng)
        self._transfers.append((transfer, kind, 2, None, None, memo, exchange, None, None, at))
        for account, signed in ((payer, -minutes), (payee, minutes)):
            self.balance[account] += signed
            self.version[account] += 1
            self._entries.append((account, self.version[account], transfer, signed, self.balance[account]))
        key = f"demo:{self.written + len(self._transfers)}"
        self._keys.append((None, key, hashlib.sha256(key.encode()).digest(), transfer, None))
        if len(self._transfers) >= BATCH:
            self.write()

    def exchange(
        self, *, settled_at: dt.datetime, provider: Any, receiver: Any, payer: UUID, payee: UUID, minutes: int,
        listing: Any = None, pot: Any = None, purpose: Any = None, work_time: bool = False,
    ) -> None:  # fmt: skip
        """Queues a settled exchange with both sides' hours, agreed a week before it was settled."""
        agreed, met = settled_at - dt.timedelta(days=8), settled_at - dt.timedelta(days=1)
        pk = uuid7(agreed, self.rng)
        time = "work" if work_time else "own"
        self._exchanges.append(
            (pk, listing, provider, receiver, pot, purpose, payer, payee, receiver, agreed, agreed + dt.timedelta(days=14),
             minutes, met, "", "", "settled", settled_at, receiver, "", agreed + dt.timedelta(days=1), met, settled_at,
             minutes, None, False, time, "own", None, f"demo:{pk}")
        )  # fmt: skip
        for side, person, kind in (("provider", provider, time), ("receiver", receiver, "own")):
            self._hours.append((pk, side, minutes, kind, person, settled_at, f"demo:{pk}:{side}"))
        self.move(settled_at, "exchange", payer, payee, minutes, exchange=pk)

    @transaction.atomic
    def write(self) -> None:
        """Writes what is queued. Deferred constraints are judged at once, so that a million rows do not wait for the commit."""
        copy_rows(Exchange, EXCHANGE, self._exchanges)
        copy_rows(HoursRecord, HOURS, self._hours)
        copy_rows(Transfer, TRANSFER, self._transfers)
        copy_rows(IdempotencyKey, KEY, self._keys)
        copy_rows(Entry, ENTRY, self._entries)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        self.written += len(self._transfers)
        for queued in (self._transfers, self._entries, self._keys, self._exchanges, self._hours):
            queued.clear()
        if self.said is not None:
            self.said(self.written)


TRANSFER = (
    "id",
    "kind",
    "legs",
    "actor_id",
    "on_behalf_of_id",
    "memo",
    "exchange_id",
    "reverses_id",
    "hold_id",
    "created_at",
)
ENTRY = ("account_id", "account_version", "transfer_id", "minutes", "balance_after")
KEY = ("actor_id", "key", "request_hash", "transfer_id", "hold_id")
HOURS = ("exchange_id", "side", "minutes", "time_kind", "recorded_by_id", "recorded_at", "key")
EXCHANGE = (
    "id", "listing_id", "provider_id", "receiver_id", "pot_id", "purpose_id", "payer_id", "payee_id", "proposed_by_id",
    "proposed_at", "answer_by", "minutes", "starts_at", "online_link", "place", "state", "state_at", "state_by_id", "reason",
    "accepted_at", "delivered_at", "settled_at", "settled_minutes", "waiting_since", "silent", "provider_time",
    "receiver_time", "redoes_id", "key",
)  # fmt: skip
