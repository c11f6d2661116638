"""Forms of the broker's desk."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from people.models import Skill, User
from tests.journeys.sent import KEY, Paper, Sent, on
from tests.timebank.factories import a_listing, a_member
from timebank.forms.desk import PolicyForm
from timebank.models import Listing, Policy
from timebank.queries.policy import names


def named(who: str, world: Mapping[str, Any]) -> str:
    """The address of one of the matrix's people."""
    return User.objects.get(pk=world[f"{who}_id"]).email


def somebody_who_fits(world: Mapping[str, Any]) -> Mapping[str, Any]:
    wanted = Listing.objects.get(pk=world["request_id"])
    wanted.skills.set([Skill.objects.named("User research")])
    offered = a_listing(a_member("Fay Fitting"), skills=wanted.skills.all())
    return {"people": [str(offered.member_id)]}


def a_policy(_world: Mapping[str, Any]) -> Mapping[str, Any]:
    now = Policy.objects.in_force()
    form = PolicyForm(initial={name: getattr(now, name) for name in names()})
    said = {bound.name: bound.value() for bound in form}
    asked = {name: "on" if value is True else str(value) for name, value in said.items() if value not in (None, False)}
    return {**asked, "key": KEY, "tolerance": "20 min", "reason": "Clocks differ."}


FORMS = [
    Sent("timebank:desk_nudge", "broker", page="timebank:desk_member"),
    Sent("timebank:desk_remind", "broker", page="timebank:desk_stuck"),
    Sent("timebank:desk_cycles_look", "broker", page="timebank:desk_cycles", idle="A worker looks."),
    Sent("timebank:desk_grant", "broker", {"key": KEY, "minutes": "0.25", "reason": "Ill for a month."},
         needs=("minutes", "reason"), spare=("seen",), done=200, bad={"below zero": {"minutes": "-1"}},
         idle="What it would do is shown first."),
    Sent("timebank:desk_vouch", "broker", {"reason": "We met at the open day."}, needs=("reason",)),
    Sent("timebank:desk_adjust", "broker",
         lambda w: {"key": KEY, "payer": named("party", w), "payee": named("other_party", w), "minutes": "0.25",
                    "reason": "Counted twice."},
         needs=("payer", "payee", "minutes", "reason"), spare=("seen",), done=200, bad={"nobody": {"payer": "Nobody"}},
         idle="What it would do is shown first."),
    Sent("timebank:desk_propose", "broker",
         lambda w: {"key": KEY, "other": named("other_party", w), "gives": "member", "minutes": "0.25", "message": "",
                    "asked": "on"},
         needs=("other", "gives", "minutes", "asked"), bad={"nobody": {"other": "Nobody"}}),
    Sent("timebank:desk_step", "broker", {"key": KEY, "asked": "on"}, needs=("asked",)),
    Sent("timebank:desk_request", "broker", somebody_who_fits, needs=("people",)),
    Sent("timebank:desk_record", "broker",
         lambda w: {"key": KEY, "provider": named("party", w), "receiver": named("other_party", w), "pot": "",
                    "minutes": "0.25", **on("happened_on", timezone.localdate()), "reason": "Both told me."},
         needs=("provider", "receiver", "minutes", "happened_on", "reason"), bad={"no such pot": {"pot": "No such pot"}}),
    Sent("timebank:desk_reverse", "broker", {"key": KEY, "reason": "A slip"}, needs=("reason",)),
    Sent("timebank:decide", "broker", {"key": KEY, "decision": "split", "minutes": "1 h 45", "note": "Half way."},
         needs=("decision", "minutes", "note"),
         bad={"no time at all": {"minutes": "0"}, "less than nothing": {"minutes": "-1"}, "more than a day": {"minutes": "25"},
              "a part of a minute": {"minutes": "1.001"}}),
    Sent("timebank:reverse", "broker", {"key": KEY, "reason": "A slip"}, needs=("reason",)),
    Sent("timebank:decide_skill", "broker", {"decision": "drop", "reason": "No skill"}, needs=("decision", "reason"),
         spare=("into", "parent"), bad={"into nothing": {"decision": "merge", "into": ""},
                                        "on no branch": {"decision": "adopt", "parent": "made-up"}}),
    # --- the policy ---
    Sent("timebank:policy_draft", "administrator", a_policy, needs=("reason", "tolerance", "member_floor", "reminder_days"),
         bad={"a floor above zero": {"member_floor": "1"}, "a warning under the floor": {"soft_warning": "-11"},
              "newcomers further than members": {"first_floor": "-11"},
              "nothing different": {"tolerance": "15 min"}, "days that are none": {"reminder_days": "3, x"}}),
    Sent("timebank:policy_publish", "administrator", page="timebank:policy_version"),
    # --- imports ---
    Sent("timebank:desk_upload", "broker", {"kind": "members", "source": "Leeds Time Bank", "file": Paper("members.csv", b"id,name")},
         needs=("kind", "source", "file"),
         bad={"a picture": {"file": Paper("members.png", b"\x89PNG")}, "nothing in it": {"file": Paper("members.csv", b"")}}),
    Sent("timebank:desk_import_confirm", "broker", page="timebank:desk_import"),
    Sent("timebank:desk_import_cancel", "broker", page="timebank:desk_import"),
]  # fmt: skip
