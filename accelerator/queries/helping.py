"""What pages read about help with one question."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accelerator.models import Answer, Application, HelpKind, Question, QuestionHelp, Wave
from accelerator.rules import apply as apply_rules
from accelerator.rules import helping as rules
from people.models import Skill
from people.rules import blocked_between, may_act
from timebank.actions.ledger import account_for
from timebank.models import Exchange
from timebank.queries import matches


def open_requests() -> "QuerySet[QuestionHelp]":
    """Requests that have not ended, oldest first, with all that ending one needs."""
    rows = QuestionHelp.objects.filter(ended_at=None)
    return rows.select_related("application__wave__fund", "application__lead", "listing", "pot").order_by("id")


def states_of(asked: Iterable[QuestionHelp]) -> dict[Any, list[str]]:
    """Request id → the states of the exchanges that came of it. One query."""
    by_listing = {one.listing_id: one.pk for one in asked}
    found: dict[Any, list[str]] = {pk: [] for pk in by_listing.values()}
    for listing, state in Exchange.objects.filter(listing__in=by_listing).values_list("listing_id", "state"):
        found[by_listing[listing]].append(state)
    return found


@dataclass(frozen=True)
class Asked:
    """An open request for help with a question, as its applicant sees it. `exchanges` are the offers that wait for a yes
    or no, whoever is helping, and whoever has helped."""

    asked: QuestionHelp
    standing: rules.Standing
    exchanges: list[Exchange]

    @property
    def label(self) -> Any:
        return rules.LABELS[self.standing]


def asked_of(application: Application) -> dict[Any, Asked]:
    """Question id → the open request for help with it. Three queries; one where nothing is asked."""
    rows = list(QuestionHelp.objects.filter(application=application, ended_at=None).select_related("listing"))
    if not rows:
        return {}
    listings = [one.listing_id for one in rows]
    exchanges: dict[Any, list[Exchange]] = defaultdict(list)
    for exchange in Exchange.objects.filter(listing__in=listings).select_related("provider").order_by("id"):
        exchanges[exchange.listing_id].append(exchange)
    late = set(matches.unanswered().filter(pk__in=listings).order_by().values_list("pk", flat=True))
    return {
        one.question_id: Asked(
            one,
            rules.standing(
                [exchange.state for exchange in exchanges[one.listing_id]],
                on_board=one.listing.state == "open",
                with_broker=one.listing_id in late,
            ),
            [row for row in exchanges[one.listing_id] if row.state in rules.SHOWN],
        )
        for one in rows
    }


def branches_for(application: Application) -> list[Skill]:
    """The branches of the skill tree for the kinds of help that the application asks for; improvement where it names
    none. Two queries."""
    answer = application.answers.filter(question__key="help").values_list("value", flat=True).first()
    kinds = set(answer) & set(HelpKind.values) if isinstance(answer, list) else set()
    branches = Skill.objects.current().filter(parent=None, kind__in=kinds or {HelpKind.IMPROVEMENT})
    return list(branches.order_by("order", "id"))


def fund_pays(wave: Wave, minutes: int) -> bool:
    """Whether the wave's fund can pay for so much help now."""
    if wave.fund is None or wave.fund.closed_at is not None:
        return False
    return account_for(pot=wave.fund).available >= minutes


@dataclass(frozen=True)
class HelpersPage:
    """The one question that a helper reads, with the draft of its answer and the exchange that lets them."""

    asked: QuestionHelp
    question: Question
    lines: list[str]
    exchange: Exchange


def for_helper(user: Any, asked_id: Any) -> HelpersPage | None:
    """What the person who agreed to help reads; None for everybody else, before the yes and after the end."""
    asked = (
        QuestionHelp.objects.select_related("application__wave", "application__lead", "question")
        .filter(pk=asked_id, ended_at=None)
        .first()
    )
    if asked is None:
        return None
    exchange = (
        Exchange.objects.filter(listing=asked.listing_id, provider=user, state__in=rules.HELPING)
        .select_related("receiver")
        .order_by("-id")
        .first()
    )
    application = asked.application
    if exchange is None or not rules.may_read(application, exchange.state, timezone.now()):
        return None
    if not may_act(user) or not may_act(application.lead) or blocked_between(user, application.lead):
        return None
    answer = Answer.objects.filter(application=application, question=asked.question).first()
    lines = apply_rules.display(asked.question, answer.value) if answer else []
    return HelpersPage(asked, asked.question, lines, exchange)


def helping_now(user: Any) -> list[QuestionHelp]:
    """The questions that somebody has agreed to help with and may read now. One query."""
    rows = QuestionHelp.objects.filter(
        ended_at=None,
        application__state=Application.State.DRAFT,
        listing__exchanges__provider=user,
        listing__exchanges__state__in=rules.HELPING,
    )
    now = timezone.now()
    rows = rows.select_related("question", "application__wave").distinct().order_by("id")
    return [one for one in rows if one.application.closes and now < one.application.closes]


def card(user: Any) -> dict | None:
    """On a helper's home: the questions that wait for their help."""
    rows = helping_now(user)
    return {"rows": rows} if rows else None


def on_exchange(exchange: Exchange, viewer: Any) -> dict | None:
    """On the page of an exchange: for the helper the way to the question, for the applicant the way back to it."""
    asked = QuestionHelp.objects.filter(listing=exchange.listing_id).select_related("question", "application").first()
    if exchange.listing_id is None or asked is None:
        return None
    if exchange.receiver_id == viewer.pk and asked.application.lead_id == viewer.pk:
        agreed, over = exchange.accepted_at is not None, exchange.state not in (*rules.HELPING, "proposed")
        return {"asked": asked, "helps": False, "agreed": agreed, "over": over}
    page = for_helper(viewer, asked.pk) if exchange.provider_id == viewer.pk else None
    return {"asked": asked, "helps": True} if page is not None else None
