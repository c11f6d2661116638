"""Forms of an exchange, from the proposal to what is said afterwards; and of engagements."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.journeys.sent import KEY, Sent, in_days, on
from tests.timebank.factories import record
from timebank.actions import feedback
from timebank.models import Exchange

NO_HOURS = {
    "no time at all": {"minutes": "0"}, "less than nothing": {"minutes": "-1"}, "twenty-five hours": {"minutes": "25"},
}  # fmt: skip
NO_QUARTER = {**NO_HOURS, "twenty minutes": {"minutes": "20 min"}}
NO_MEETING = {
    "a time that is none": {"time": "25:00"}, "a date without a time": {"time": ""}, "no address": {"online_link": "javascript:alert(1)"},
    "half an address": {"online_link": "https://["},
    "a day that is past": on("date", in_days(-3)),
    "a time without a date": {"date-day": "", "date-month": "", "date-year": ""},
}  # fmt: skip
A_MEETING = {**on("date", in_days(3)), "time": "14:30", "online_link": "https://meet.example.org/a", "place": "Ward 6"}


def longer_than_there_are_credits(world: Mapping[str, Any]) -> Mapping[str, Any]:
    exchange = Exchange.objects.get(pk=world["exchange_id"])
    for side in (exchange.provider, exchange.receiver):
        record(exchange, side, 1440)
    return {}


def thanks_on_ones_page(world: Mapping[str, Any]) -> Mapping[str, Any]:
    exchange = Exchange.objects.get(pk=world["thanked_id"])
    feedback.show(by=exchange.provider, exchange=exchange, shown=True)
    return {}


def a_session(_world: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    return {"key": KEY, **on("day", timezone.localdate()), "minutes": "0.25", "note": "The form", "time_kind": "own"}


FORMS = [
    # --- agreeing ---
    Sent("timebank:propose", "member", {"key": KEY, "minutes": "0.5", "message": "Could we talk?", **A_MEETING},
         needs=("minutes",), bad={**NO_QUARTER, **NO_MEETING}),
    Sent("timebank:accept", "party", {"key": KEY}, needs=("key",), page="timebank:exchange"),
    Sent("timebank:decline", "party", {"key": KEY, "reason": "No time this month."}),
    Sent("timebank:withdraw", "other_party", page="timebank:exchange"),
    Sent("timebank:arrange", "party", {"key": KEY, **A_MEETING}, bad=NO_MEETING),
    Sent("timebank:message", "party", {"key": KEY, "text": "See you there."}, needs=("text",), page="timebank:exchange"),
    Sent("timebank:redo", "other_party", {"key": KEY, "minutes": "0.5", "message": "As it should be."}, needs=("minutes",),
         bad=NO_QUARTER),
    # --- hours ---
    Sent("timebank:hours", "party", {"key": KEY, "minutes": "1 h 48", "time_kind": "own"}, needs=("minutes", "time_kind"),
         page="timebank:exchange", bad={**NO_HOURS, "a part of a minute": {"minutes": "1.001"}}),
    Sent("timebank:take_held", "party", longer_than_there_are_credits, page="timebank:exchange"),
    # --- calling off ---
    Sent("timebank:cancel", "party", {"key": KEY, "why": "duty", "reason": "Called to the ward."}),
    Sent("timebank:no_show", "party", {"key": KEY, "absent": "both", "why": "plans", "reason": "The wrong day."},
         needs=("absent", "reason")),
    Sent("timebank:excuse", "other_party", {"key": KEY, "why": "health"}, needs=("why",)),
    Sent("timebank:waive", "party", page="timebank:exchange"),
    Sent("timebank:decide_claim", "broker", {"key": KEY, "charge": "no", "note": "It was once."},
         needs=("charge", "note")),
    # --- what is said afterwards ---
    Sent("timebank:feedback", "other_party", {"key": KEY, "thanks": "You made it easy.", "useful": "5"}, saves=("timebank_feedback",)),
    Sent("timebank:show_thanks", "party", page="timebank:exchange"),
    Sent("timebank:hide_thanks", "party", thanks_on_ones_page, page="timebank:exchange"),
    # --- disputes ---
    Sent("timebank:dispute", "party", {"key": KEY, "statement": "It was two hours."}, needs=("statement",)),
    Sent("timebank:say", "party", {"key": KEY, "statement": "It was two hours."}, needs=("statement",)),
    Sent("timebank:appeal", "party", {"key": KEY, "statement": "It was two hours."}, needs=("statement",)),
    Sent("timebank:undo", "party", {"key": KEY, "reason": "I was away."}, needs=("reason",)),
    # --- safety ---
    Sent("timebank:block", "party", page="timebank:exchange"),
    # --- engagements ---
    Sent("timebank:propose_engagement", "member",
         {"key": KEY, "title": "Our booking app", "description": "", "monthly_minutes": "0.5", "credited": "yes"},
         needs=("title", "monthly_minutes", "credited"), bad={"twenty minutes": {"monthly_minutes": "20 min"}}),
    Sent("timebank:accept_engagement", "party", {"key": KEY}, needs=("key",), page="timebank:engagement"),
    Sent("timebank:decline_engagement", "party", {"key": KEY, "reason": "No time this year."}),
    Sent("timebank:withdraw_engagement", "other_party", page="timebank:engagement"),
    Sent("timebank:engagement_hours", "party", {"key": KEY, "monthly_minutes": "0.5"}, needs=("monthly_minutes",),
         bad={"twenty minutes": {"monthly_minutes": "20 min"}, "what is agreed": {"monthly_minutes": "0.25"}}),
    Sent("timebank:answer_engagement_hours", "party", {"wanted": "45", "answer": "yes"}, needs=("wanted", "answer"),
         page="timebank:engagement", bad={"hours of a stale page": {"wanted": "60"}}),
    Sent("timebank:end_engagement", "party", {"key": KEY, "reason": "We are done."}),
    Sent("timebank:log_session", "party", a_session, needs=("day", "minutes", "note", "time_kind"),
         page="timebank:engagement", bad={"no time at all": {"minutes": "0"}}),
    Sent("timebank:confirm_sessions", "other_party", page="timebank:engagement"),
    Sent("timebank:query_session", "other_party", {"key": KEY, "words": "Which form?"}, needs=("words",)),
    Sent("timebank:change_session", "party", a_session, needs=("day", "minutes", "note", "time_kind")),
    Sent("timebank:withdraw_session", "party", page="timebank:engagement"),
]  # fmt: skip
