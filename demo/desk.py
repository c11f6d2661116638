"""What waits for the time broker of the story, and what people said of their hours: through the rooms' own actions, with
the dates put back afterwards."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import F
from django.utils import timezone

from people.actions import safety
from people.models import RoleGrant, Skill, User
from timebank.actions import (
    away,
    calling_off,
    cycles,
    disputes,
    exchanges,
    feedback,
    hours,
    ledger,
    listings,
    policy,
    record,
    searches,
)
from timebank.models import Dispute, Exchange, Feedback, SkillSuggestion
from timebank.queries.board import Asked

DAY, HOUR = dt.timedelta(days=1), 60
UNSEEN = 75  # days since some were last here

THANKS = [
    ("You asked the one question that nobody on the ward had asked. We changed the plan that night.", 5),
    ("I was dreading numbers. I am not now.", 5),
    ("Kind, patient, and on time. The chart is on our wall.", 4),
    ("Thank you for staying on when my bleep went off twice.", 5),
    ("Useful. I would have liked it a little slower.", 3),
    ("My dad says thank you as well.", 5),
]


def fill_the_desk(people: dict[str, User], members: Sequence[User], skills: dict[str, Skill]) -> None:
    """Something in every queue of the desk. `members` are people of the story with nothing else to do today."""
    crowd = list(members)
    second = crowd.pop(0)  # a broker beside Bola: she hears the appeals against his decisions
    RoleGrant.objects.create(user=second, role="broker", reason="Demonstration", at=second.joined_at)
    _change_the_policy(people["anna"])
    _differ(crowd[0], crowd[1], heard=False)
    _differ(crowd[2], crowd[3], heard=True)
    _ask_for_a_second_look(second, crowd[4], crowd[5])
    _cancel_late(crowd[6], crowd[7])
    _go_quiet(crowd[8], crowd[9], crowd[10])
    safety.report(
        by=crowd[11], about=crowd[12],
        text="He said twice that he would send it and then wrote that a nurse could have done it herself. I did not like the tone.",
    )  # fmt: skip
    for user, title, skill in (
        (crowd[13], "Makaton signs for a leaflet", "Makaton"),
        (crowd[14], "Make your rota in a spreadsheet", "Rota planning"),
    ):
        listings.post_listing(by=user, kind="offer", title=title, minutes=HOUR, suggested=[skill])
    SkillSuggestion.objects.filter(decided_at=None).update(suggested_at=F("suggested_at") - 4 * DAY)
    away.go_away(by=crowd[15], first_day=timezone.localdate(), last_day=timezone.localdate() + 9 * DAY)
    _only_give(crowd[16:], crowd[13:16])
    _stay_away(crowd[16:])


def _change_the_policy(by: User) -> None:
    reason = "Helpers told us how often they wait for nobody. Illness, duty, disability and caring are never charged."
    policy.publish(by=by, policy=policy.draft(by=by, reason=reason, charge_late=True))


def _agreed(giver: User, receiver: User, title: str, minutes: int = 2 * HOUR, **fields: Any) -> Exchange:
    """An exchange that was agreed today, under a title of its own."""
    made = exchanges.propose(
        by=receiver, provider=giver, receiver=receiver, minutes=minutes, message="As we said on the phone.",
        key=f"demo:desk:{title}", **fields,
    )  # fmt: skip
    Exchange.objects.filter(pk=made.pk).update(label=title)
    return exchanges.accept(by=giver, exchange=made)


def _differ(giver: User, receiver: User, *, heard: bool) -> Exchange:
    """Two hours by one side and one by the other: an hour is paid, the other waits for a broker."""
    title = "A poster for the clinic" if heard else "Sorting our survey answers"
    exchange = _agreed(giver, receiver, title)
    hours.record_hours(by=giver, exchange=exchange, minutes=2 * HOUR, key=f"{title}:giver")
    hours.record_hours(by=receiver, exchange=exchange, minutes=HOUR, key=f"{title}:receiver")
    if heard:
        for side, words in (
            (giver, "We talked for an hour, and I drew for another that evening. I sent it at ten."),
            (receiver, "The hour on the phone was all I asked for. The poster is lovely; I did not know it would be counted."),
        ):  # fmt: skip
            disputes.add_statement(by=side, exchange=exchange, statement=words)
    since = 6 if heard else 2
    Dispute.objects.filter(exchange=exchange).update(raised_at=F("raised_at") - since * DAY)
    return exchange


def _ask_for_a_second_look(broker: User, giver: User, receiver: User) -> None:
    exchange = _agreed(giver, receiver, "Reading our consent form aloud")
    hours.record_hours(by=giver, exchange=exchange, minutes=2 * HOUR, key="demo:desk:read:giver")
    hours.record_hours(by=receiver, exchange=exchange, minutes=HOUR, key="demo:desk:read:receiver")
    for side, words in (
        (giver, "Two hours: one to read it, one to go through it line by line."),
        (receiver, "We stopped after an hour, because I had to go back to the ward."),
    ):
        disputes.add_statement(by=side, exchange=exchange, statement=words)
    disputes.decide(by=broker, exchange=exchange, decision="cancel", note="Neither of you wrote down when you stopped.")
    disputes.appeal(
        by=giver, exchange=exchange, statement="I have found the message in which she thanks me “for the two hours”."
    )


def _cancel_late(giver: User, receiver: User) -> None:
    """Called off an hour before: the charge waits for a broker."""
    soon = timezone.now() + dt.timedelta(hours=1)
    exchange = _agreed(giver, receiver, "Practise the pitch", HOUR, starts_at=soon)
    calling_off.cancel(by=receiver, exchange=exchange, why="plans", reason="A meeting came in over it. Sorry!")


def _go_quiet(giver: User, receiver: User, other: User) -> None:
    """One agreed meeting of which nobody said how long it took, and hours that one side has not confirmed."""
    met = _agreed(giver, receiver, "A walk round the ward with fresh eyes", HOUR, starts_at=timezone.now() + DAY)
    Exchange.objects.filter(pk=met.pk).update(
        starts_at=F("starts_at") - 19 * DAY, accepted_at=F("accepted_at") - 20 * DAY, proposed_at=F("proposed_at") - 21 * DAY
    )  # fmt: skip
    said = _agreed(giver, other, "Which form goes where?", HOUR)
    hours.record_hours(by=giver, exchange=said, minutes=HOUR, key="demo:desk:form:giver")
    Exchange.objects.filter(pk=said.pk).update(delivered_at=F("delivered_at") - 13 * DAY)


def _only_give(people: Sequence[User], receivers: Sequence[User]) -> None:
    """Somebody who was never given an hour gives three."""
    helped = set(Exchange.objects.values_list("receiver", flat=True))
    for giver in [user for user in people if user.pk not in helped][:1]:
        for number, receiver in enumerate(receivers):
            exchange = _agreed(giver, receiver, f"Half an hour about our figures, part {number + 1}", HOUR // 2)
            for side in (giver, receiver):
                hours.record_hours(by=side, exchange=exchange, minutes=HOUR // 2, key=f"demo:desk:{number}:{side.pk}")


def _stay_away(people: Sequence[User]) -> None:
    """Three who were here long ago, and whose hours are as long ago."""
    since = timezone.now() - UNSEEN * DAY
    moved = Exchange.objects.filter(state_at__gte=since)
    busy = {*moved.values_list("provider", flat=True), *moved.values_list("receiver", flat=True)}
    quiet = [user.pk for user in people if user.joined_at < since and user.pk not in busy]
    User.objects.filter(pk__in=quiet[:3]).update(last_login=since)


def say_thanks(people: dict[str, User], skills: dict[str, Skill]) -> None:
    """What was said of hours that Quinn and Devika gave: thanks, how useful they were, skills that were seen."""
    for name, skill in (("quinn", "improvement-method"), ("dev", "accessibility")):
        given = (
            Exchange.objects.filter(provider=people[name], state="settled", pot=None)
            .select_related("receiver")
            .order_by("-settled_at", "id")
        )
        for exchange, (words, useful) in zip(given[:3], THANKS[0 if name == "quinn" else 3 :], strict=False):
            feedback.give(by=exchange.receiver, exchange=exchange, thanks=words, useful=useful, skills=[skills[skill]])
            Feedback.objects.filter(exchange=exchange).update(written_at=exchange.state_at + DAY)
    quinn = people["quinn"]
    latest = Feedback.objects.filter(exchange__provider=quinn).order_by("-exchange__settled_at").first()
    if latest is not None:
        feedback.show(by=quinn, exchange=latest.exchange, shown=True)


def take_part(quinn: User, other: User, skills: dict[str, Skill]) -> None:
    """Quinn's own page: what she learnt, what she looks for; and a chain of two, each of whom offers what the other wants."""
    record.reflect(
        by=quinn, on=timezone.localdate() - 20 * DAY, key="demo:reflection",
        text="People bring a solution and an hour later leave with a problem. I now ask for the problem on the phone, before we meet.",
    )  # fmt: skip
    searches.save_search(by=quinn, asked=Asked.of({"q": "film", "kind": "offer"}), name="Somebody who films")
    listings.post_listing(
        by=quinn, kind="request", title="A short film of a quiet night", minutes=HOUR, skills=[skills["film-and-pictures"]],
        description="Two minutes, no patients, just the sounds.",
    )  # fmt: skip
    listings.post_listing(
        by=other, kind="offer", title="Film it with what you have", minutes=HOUR, skills=[skills["film-and-pictures"]]
    )
    listings.post_listing(
        by=other, kind="request", title="Somebody to draw what drives our waits", minutes=HOUR,
        skills=[skills["improvement-method"]],
    )  # fmt: skip
    cycles.rebuild()


def check_the_books() -> None:
    """As every night: the desk says when, and that they are right."""
    ledger.check_and_record()
