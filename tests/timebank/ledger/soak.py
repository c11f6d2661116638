"""Eight people in a hurry, in a process each: `python -m tests.timebank.ledger.soak PROCESSES SECONDS`.

All begin at the same moment, do whatever comes to mind with the same handful of accounts and exchanges, and end by
themselves. It prints one line of JSON: how often what was done. What the rules refuse is counted; any other error (a
deadlock, say) ends it with exit 1 and the traceback.
"""

import json
import multiprocessing
import os
import random
import sys
import time
import traceback
import uuid
from collections import Counter

import django


def hurry(number: int, seconds: float, begin) -> Counter[str]:
    """What one person does."""
    from django.db import connection

    from people.models import RoleGrant, User
    from timebank.actions import calling_off, disputes, exchanges, group_places, hours, ledger, office_hours
    from timebank.models import Account, Exchange, GroupSession, Hold, Slot, Transfer
    from ui.errors import DomainError

    chosen = random.Random(number)
    broker = User.objects.get(pk__in=RoleGrant.objects.filter(role="broker").values("user"))
    people = list(User.objects.exclude(pk=broker.pk).order_by("pk"))
    accounts = list(Account.objects.filter(member__in=people).order_by("pk").values_list("pk", flat=True))

    sessions = list(GroupSession.objects.order_by("pk"))
    slots = list(Slot.objects.select_related("office_hours__helper", "office_hours__listing").order_by("pk"))

    def key() -> str:
        return f"soak:{number}:{uuid.UUID(int=chosen.getrandbits(128))}"

    def any_of(rows):
        """One of the latest thirty, or None."""
        found = list(rows.order_by("-pk")[:30])
        return chosen.choice(found) if found else None

    def gift():
        payer, payee = chosen.sample(accounts, 2)
        minutes = chosen.randint(1, 90)
        ledger.post(kind="donation", legs=[(payer, -minutes), (payee, minutes)], by=None, key=key())

    def many():
        legs = [(pk, 5) for pk in accounts[1:]] + [(accounts[0], -5 * (len(accounts) - 1))]
        chosen.shuffle(legs)
        ledger.post(kind="donation", legs=legs, by=None, key=key())

    def hold():
        ledger.place_hold(
            account_id=chosen.choice(accounts), minutes=chosen.randint(1, 60), exchange=None, by=None, key=key()
        )

    def change_hold():
        found = any_of(Hold.objects.filter(state="active", exchange=None, group_session=None))
        if found is None:
            return hold()
        how = chosen.choice(["grow", "released", "expired", "settle"])
        if how == "grow":
            return ledger.grow_hold(hold_id=found.pk, minutes=found.minutes + 5, by=None, key=key())
        if how == "settle":
            payee = chosen.choice([pk for pk in accounts if pk != found.account_id])
            legs = [(found.account_id, -found.minutes), (payee, found.minutes)]
            return ledger.post(kind="donation", legs=legs, by=None, key=key(), ends_hold=found)
        return ledger.end_hold(hold_id=found.pk, state=how, by=None, key=key())

    def reverse():
        if found := any_of(Transfer.objects.filter(kind="donation", reversals=None)):
            ledger.reverse(transfer=found, by=None, reason="A slip", key=key())

    def propose():
        provider, receiver = chosen.sample(people, 2)
        exchanges.propose(
            by=receiver, provider=provider, receiver=receiver, minutes=15 * chosen.randint(1, 6), key=key()
        )

    def exchange_moves():
        found = any_of(
            Exchange.objects.select_related("provider", "receiver").filter(
                state__in=["proposed", "accepted", "delivered"]
            )
        )
        if found is None:
            return propose()
        side = chosen.choice([found.provider, found.receiver])
        move = chosen.choice(["answer", "record", "record", "record", "cancel", "dispute", "lapse"])
        if move == "answer" or found.state == "proposed":
            return exchanges.accept(by=found.provider, exchange=found)
        if move == "cancel":
            return calling_off.cancel(by=side, exchange=found)
        if move == "dispute":
            return disputes.dispute(by=side, exchange=found, statement="It was short")
        if move == "lapse":
            return hours.retry(exchange=found)
        minutes = max(1, found.minutes + chosen.choice([0, 0, 0, 5, -30]))
        return hours.record_hours(by=side, exchange=found, minutes=minutes, key=key())

    def decide():
        if found := any_of(Exchange.objects.filter(state="disputed")):
            for side in (found.provider, found.receiver):
                disputes.add_statement(by=side, exchange=found, statement="It was short")
            decision = chosen.choice(["settle", "split", "cancel"])
            disputes.decide(by=broker, exchange=found, decision=decision, note="So be it", minutes=found.minutes)

    def appeal():
        judged = Exchange.objects.filter(
            state__in=["settled", "cancelled"], disputes__decision__in=["settle", "cancel"]
        )
        if found := any_of(judged):
            disputes.appeal(by=found.receiver, exchange=found, statement="It was longer")

    def take_back():
        if found := any_of(Exchange.objects.filter(state="settled")):
            disputes.reverse(by=broker, exchange=found, reason="A slip")

    def place():
        session = chosen.choice(sessions)
        who = chosen.choice(people)
        if chosen.random() < 0.5:
            group_places.book(by=who, session=session.pk, key=key())
        else:
            group_places.give_up_place(by=who, session=session.pk)

    def slot():
        office_hours.book(by=chosen.choice(people), slot=chosen.choice(slots), key=key())

    moves = (
        [gift] * 4
        + [many, hold]
        + [change_hold] * 3
        + [reverse, propose]
        + [exchange_moves] * 6
        + [decide, appeal, take_back]
        + [place] * 3
        + [slot] * 2
    )
    done: Counter[str] = Counter()

    def attempt(move) -> None:
        try:
            move()
            done[move.__name__] += 1
        except DomainError:
            done["refused"] += 1

    for move in dict.fromkeys(moves):  # once each: templates and addresses are loaded before the clock runs
        attempt(move)
    begin.wait(120)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        attempt(chosen.choice(moves))
    connection.close()
    return done


def person(number: int, seconds: float, begin, said) -> None:
    """One process: says what it did, or what went wrong."""
    try:
        said.put(dict(hurry(number, seconds, begin)))
    except BaseException:
        begin.abort()
        said.put(traceback.format_exc())


def main(processes: int, seconds: float) -> int:
    django.setup()
    context = multiprocessing.get_context("fork")  # no connection is open yet: each opens its own
    begin, said = context.Barrier(processes), context.Queue()
    people = [context.Process(target=person, args=(n, seconds, begin, said)) for n in range(processes)]
    for one in people:
        one.start()
    reports = [said.get(timeout=seconds + 90) for _one in people]
    for one in people:
        one.join(10)
    errors = [report for report in reports if isinstance(report, str)]
    if errors:
        print("\n".join(errors), file=sys.stderr)
        return 1
    print(json.dumps(sum((Counter(report) for report in reports), Counter())))
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2])))
