"""Forms of the time bank, for `tests.journeys.forms`: the broker's desk and engagements. What its other pages answer to bad
input is tried in tests/timebank, room by room."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from people.models import User
from tests.journeys.sent import KEY, Sent, on


def named(who: str, world: Mapping[str, Any]) -> str:
    """The address of one of the matrix's people."""
    return User.objects.get(pk=world[f"{who}_id"]).email


def a_session(_world: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    return {"key": KEY, **on("day", timezone.localdate()), "minutes": "0.25", "note": "The form", "time_kind": "own"}


FORMS = [
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
    # --- the broker's desk ---
    Sent("timebank:desk_nudge", "broker", page="timebank:desk_member"),
    Sent("timebank:desk_remind", "broker", page="timebank:desk_stuck"),
    Sent("timebank:desk_cycles_look", "broker", page="timebank:desk_cycles"),
    Sent("timebank:desk_grant", "broker", {"key": KEY, "minutes": "0.25", "reason": "Ill for a month."},
         needs=("minutes", "reason"), spare=("seen",), done=200, bad={"below zero": {"minutes": "-1"}}),
    Sent("timebank:desk_adjust", "broker",
         lambda w: {"key": KEY, "payer": named("party", w), "payee": named("other_party", w), "minutes": "0.25",
                    "reason": "Counted twice."},
         needs=("payer", "payee", "minutes", "reason"), spare=("seen",), done=200, bad={"nobody": {"payer": "Nobody"}}),
    Sent("timebank:desk_propose", "broker",
         lambda w: {"key": KEY, "other": named("other_party", w), "gives": "member", "minutes": "0.25", "message": "",
                    "asked": "on"},
         needs=("other", "gives", "minutes", "asked"), bad={"nobody": {"other": "Nobody"}}),
    Sent("timebank:desk_record", "broker",
         lambda w: {"key": KEY, "provider": named("party", w), "receiver": named("other_party", w), "pot": "",
                    "minutes": "0.25", **on("happened_on", timezone.localdate()), "reason": "Both told me."},
         needs=("provider", "receiver", "minutes", "happened_on", "reason"), bad={"no such pot": {"pot": "No such pot"}}),
    Sent("timebank:desk_reverse", "broker", {"key": KEY, "reason": "A slip"}, needs=("reason",)),
    Sent("timebank:desk_import_confirm", "broker", page="timebank:desk_import"),
    Sent("timebank:desk_import_cancel", "broker", page="timebank:desk_import"),
]  # fmt: skip

NOT_HERE = {
    "timebank:desk_step": "the step depends on the exchange; tests/timebank/exchanges/test_on_behalf.py tries each",
    "timebank:desk_request": "whom to ask is suggested afresh; tests/timebank/desk/test_helping.py spoils it",
    "timebank:desk_upload": "what may be wrong with a file is tried row by row in tests/timebank/desk/test_imports.py",
}
