"""Forms of the time bank around the board: listings, searches, being away, what becomes of earnings, office hours, chains;
and those of a member's own record."""

from collections.abc import Mapping
from typing import Any

from tests.journeys.sent import KEY, Sent, in_days, on, skill
from timebank.models import Listing


def a_listing_near_its_end(world: Mapping[str, Any]) -> Mapping[str, Any]:
    Listing.objects.filter(pk=world["listing_id"]).update(open_until=in_days(3))
    return {}


A_LISTING = {
    "title": "An hour of run charts", "description": "For beginners.", "minutes": "1.5", "mode": "on_site",
    "place": "Leeds", "days": ["mon"], "times": ["morning"], "availability": "Not in August", "suggested": "Knitting",
    "language": "Welsh", **on("open_until", in_days(30)),
}  # fmt: skip
PLACES = ("place_if_both",)  # asked for where one meets both ways
NO_LISTING = {
    "no time at all": {"minutes": "0"}, "less than nothing": {"minutes": "-1"}, "ten minutes": {"minutes": "10 min"},
    "more than there is": {"minutes": "1001"}, "a day that is past": on("open_until", in_days(-3)),
    "four suggestions": {"suggested": "Knitting, felting, sewing, weaving"},
}  # fmt: skip
OFFICE_HOURS = {
    "key": KEY, "title": "Your first run chart", "rhythm": "weekly", **on("first_day", in_days(7)),
    **on("last_day", in_days(28)), "at": "14:00", "minutes": "30 min", "each_day": "2", "notice_hours": "24",
    "online_link": "https://meet.example.org/ada", "place": "Ward 6",
}  # fmt: skip

FORMS = [
    # --- listings ---
    Sent("timebank:post_listing", "member", lambda w: {"key": KEY, **A_LISTING, "skills": [skill()]},
         needs=("title", "mode"), spare=PLACES, bad=NO_LISTING),
    Sent("timebank:edit_listing", "party", lambda w: {"key": KEY, **A_LISTING, "skills": [skill()]},
         needs=("title", "mode"), spare=PLACES, bad=NO_LISTING, saves=("timebank_listing",)),
    Sent("timebank:renew_listing", "party", a_listing_near_its_end, saves=("timebank_listing",)),
    Sent("timebank:move_listing", "party", page="timebank:listing"),
    # --- searches, being away, what becomes of earnings ---
    Sent("timebank:save_search", "member", {"name": "Charts near me", "alerts": "on"}, needs=("name",)),
    Sent("timebank:move_search", "party", page="timebank:searches"),
    Sent("timebank:away", "member", {**on("first_day", in_days(3)), **on("last_day", in_days(9))},
         needs=("first_day", "last_day"), bad={"a return before it begins": on("last_day", in_days(1)),
                                               "days that are past": {**on("first_day", in_days(-9)), **on("last_day", in_days(-3))}}),
    Sent("timebank:earnings", "member", {"what": "give", "per_cent": "25"}, needs=("what", "per_cent"), spare=("pot",),
         bad={"none of it": {"per_cent": "0"}, "more than all": {"per_cent": "101"}, "no pot chosen": {"what": "pot"}}),
    # --- office hours ---
    Sent("timebank:publish_office_hours", "member", lambda w: {**OFFICE_HOURS, "skills": [skill()]},
         needs=("title", "rhythm", "first_day", "at", "minutes", "each_day", "notice_hours"),
         bad={"a first day that is past": on("first_day", in_days(-3)), "an end before it begins": on("last_day", in_days(3)),
              "a time that is none": {"at": "25:00"}, "no time at all": {"minutes": "0"}, "no slot": {"each_day": "0"},
              "ten minutes": {"minutes": "10 min"}}),
    Sent("timebank:skip_office_hours", "party", {"key": KEY, "day": in_days(14).isoformat(), "reason": "On leave"},
         needs=("day",), bad={"a day without slots": {"day": in_days(15).isoformat()}}),
    Sent("timebank:end_office_hours", "party", page="timebank:office_hours"),
    Sent("timebank:book", "member", {"key": KEY, "message": "My chart has no centre line."}),
    Sent("timebank:swap", "other_party", lambda w: {"key": KEY, "slot": str(w["free_slot_id"])}, needs=("slot",)),
    # --- chains ---
    Sent("timebank:cycle_yes", "party", page="timebank:cycle"),
    Sent("timebank:cycle_no", "party", page="timebank:cycle"),
    # --- one's own record ---
    Sent("timebank:write_reflection", "party", {"key": KEY, "text": "I learnt to ask.", **on("on", in_days(-1))},
         needs=("text", "on"), bad={"a day to come": on("on", in_days(3))}),
    Sent("timebank:reflection", "party", {"key": KEY, "text": "I learnt to ask.", **on("on", in_days(-1))},
         needs=("text", "on"), bad={"a day to come": on("on", in_days(3))}, saves=("timebank_reflection",)),
    Sent("timebank:delete_reflection", "party", page="timebank:reflection"),
    Sent("timebank:shown", "member",
         {"hours_given": "members", "hours_received": "nobody", "kinds": "met", "skills": "members"},
         needs=("hours_given", "hours_received", "kinds", "skills"), saves=("timebank_showntoothers",)),
    Sent("timebank:leaving", "member", {"to_pot": "community"}, needs=("to_pot",), saves=("timebank_leavingwish",)),
]  # fmt: skip
