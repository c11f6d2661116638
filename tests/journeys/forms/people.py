"""Forms of the door, of signing in, of a person's own pages and of those who look after people; and of a campaign."""

from collections.abc import Mapping
from typing import Any

from notifications import queries
from outreach import tickets
from outreach.models import Placement
from people.models import User
from tests.journeys.sent import Sent, in_days, on, skill


def ticket(world: Mapping[str, Any]) -> str:
    placement = Placement.objects.get(code=world["outreach_code"])
    return tickets.issue(placement, "phone", counted=True).sign()


def preferences(world: Mapping[str, Any]) -> Mapping[str, Any]:
    asked = queries.preferences(User.objects.get(pk=world["member_id"]))
    kinds = {f"kind-{kind.slug}": how for kind, how in asked if not kind.why_not_off}
    return {"starts": "21:00", "ends": "07:00", **kinds}


EVERY_PRESS_SENDS = "Each press sends a mail, as the button says; five in half an hour is the limit."

FORMS = [
    # --- poster, door, sign in ---
    Sent("outreach:take_back", "anonymous", lambda w: {"ticket": ticket(w)}, needs=("ticket",), page="outreach:door",
         done=200,
         idle="The phone forgets; nothing was kept in a table."),
    Sent("outreach:door", "anonymous", lambda w: {"ticket": ticket(w), "door": "idea", "sentence": "Bigger clocks"},
         needs=("ticket", "door", "sentence"), again="A second sentence is a second start; both go after 30 days."),
    Sent("outreach:start", "anonymous", lambda w: {"ticket": ticket(w), "door": "idea", "sentence": "Bigger clocks"},
         needs=("ticket", "door", "sentence"), again="A second sentence is a second start; both go after 30 days."),
    Sent("outreach:email", "anonymous", {"email": "new@example.org"}, needs=("email",), again=EVERY_PRESS_SENDS),
    Sent("people:sign_in", "anonymous", {"email": "new@example.org"}, needs=("email",), again=EVERY_PRESS_SENDS),
    Sent("people:sign_in_resend", "anonymous", page="people:sign_in_code", again=EVERY_PRESS_SENDS),
    Sent("people:aboard_name", "newcomer", {"name": "Grace Adeyemi"}, needs=("name",)),
    Sent("people:aboard_conduct", "newcomer", {"adult": "on", "conduct": "on"}, needs=("adult", "conduct")),
    Sent("people:aboard_about_work", "member", {"pay_band": "not-said"}),
    # --- a person's own pages ---
    Sent("people:edit_profile", "member",
         lambda w: {"name": "Ada Lovelace", "skills": [skill()], "new_organisation": "Elm Surgery", "about": "I knit."},
         needs=("name",), saves=("people_profile",)),
    Sent("people:equality", "member", {"pay_band": "not-said", "sex": "female"}, spare=("next",)),
    Sent("people:equality_delete", "member", page="people:account",
         idle="No answers were given yet."),
    Sent("people:unblock", "party", page="people:blocks"),
    Sent("people:block", "member", page="people:person"),
    Sent("people:report_about", "member", {"text": "They shouted at me."}, needs=("text",), done=200),
    Sent("people:worried_about", "member", {"worry": "other", "text": "He has not eaten."}, needs=("worry", "text"),
         done=200),
    Sent("people:worried", "member", {"worry": "other", "text": "He has not eaten."}, needs=("worry", "text"), done=200),
    Sent("people:complain", "member", {"text": "You lost my form."}, needs=("text",), done=200),
    Sent("people:close", "member", {"sure": "on"}, needs=("sure",)),
    # --- pauses ---
    Sent("people:appeal", "suspended", {"text": "It was not me."}, needs=("text",)),
    Sent("people:pause", "administrator", {"why": "Three reports.", "words": "You shouted.", **on("until", in_days(30))},
         needs=("why", "words"), bad={"a day too far off": on("until", in_days(120)), "a past day": on("until", in_days(-3))}),
    Sent("people:renew", "safeguarding_lead", {"why": "It is not safe yet."}, needs=("why",),
         bad={"a day too far off": on("until", in_days(120))}),
    Sent("people:lift", "administrator", {"reason": "He apologised."}, needs=("reason",)),
    Sent("people:decide_appeal", "administrator", {"outcome": "kept", "words": "Three people saw it."},
         needs=("outcome", "words")),
    # --- staff ---
    Sent("people:bring_aboard", "broker", {"name": "Nell Fox", "email": "nell@example.org"}, needs=("name",)),
    Sent("people:roles", "administrator", {"role": "broker", "reason": "She asked.", **on("until", in_days(90))},
         needs=("role", "reason"), bad={"a day that is past": on("until", in_days(-3))}),
    Sent("people:sign_somebody_out", "administrator", {"reason": "A lost phone."}, needs=("reason",)),
    Sent("people:ask_reset", "administrator", {"reason": "Lost the phone."}, needs=("reason",)),
    Sent("people:close_somebody", "administrator", {"reason": "In an email of 3 May."}, needs=("reason",)),
    Sent("people:reset", "administrator", {"agree": "1"}),
    Sent("people:stop_reset", "member", idle="Nobody asks to remove their second step; tests/people/test_care.py stops one."),
    Sent("people:end_role", "administrator", {"reason": "She has left."}, needs=("reason",)),
    Sent("people:report", "broker", {"finding": "acted", "outcome": "We spoke to both."}, needs=("finding", "outcome")),
    Sent("people:case", "safeguarding_lead", {"text": "I rang him."}, needs=("text",)),
    Sent("people:take_case", "safeguarding_lead", page="people:case"),
    Sent("people:hand_on_case", "safeguarding_lead", lambda w: {"to": w["second_lead_id"], "text": "She knows him."},
         needs=("to",)),
    Sent("people:name_person", "safeguarding_lead", {"who": "Paused Later"}, needs=("who",),
         bad={"nobody": {"who": "Nobody At All"}}),
    Sent("people:complaint", "administrator", {"outcome": "Found, and sent back."}, needs=("outcome",)),
    Sent("notifications:read_all", "party", page="notifications:inbox"),
    Sent("notifications:preferences", "member", preferences, needs=("starts", "ends")),
    Sent("notifications:stop", "anonymous", done=200),
    # --- a campaign and its posters ---
    Sent("outreach:new_campaign", "outreach_lead",
         {"name": "Spring call", **on("starts_on", in_days(0)), **on("ends_on", in_days(30))},
         needs=("name", "starts_on"), bad={"an end before the start": on("ends_on", in_days(-30))}),
    Sent("outreach:new_placement", "outreach_lead",
         {"site": "Main building", "spot": "Lift", "medium": "poster", "design": "bright", "cost": "12"},
         needs=("site", "medium", "design", "cost"), bad={"less than nothing": {"cost": "-1"}}),
    Sent("outreach:retire", "outreach_lead", page="outreach:placement"),
]  # fmt: skip

NOT_HERE = {
    "account_login": "people:sign_in by allauth's name",
    "people:sign_in_code": "what a code may be is in STALE: a good one is in nobody's world",
    "people:sign_in_code_anywhere": "as above",
    "people:sign_in_link": "as above",
    "people:to_organisation": "leads to a server that the tests do not name here: tests/people/test_organisation.py",
    "openid_connect_callback": "an organisation's server sends people here: as above",
    "account_logout": "one button; nothing can be wrong with it",
    "usersessions_list": "allauth's one button: every other device is signed out",
    "account_reauthenticate": "allauth's, with its own tests; the second factor is tried in tests/people",
    "mfa_authenticate": "as above",
    "mfa_reauthenticate": "as above",
    "mfa_activate_totp": "as above",
    "mfa_deactivate_totp": "as above",
    "mfa_generate_recovery_codes": "as above",
    "mfa_download_recovery_codes": "as above",
    "mfa_add_webauthn": "as above",
    "mfa_reauthenticate_webauthn": "as above",
    "mfa_remove_webauthn": "as above",
    "mfa_edit_webauthn": "as above",
    "mfa_login_webauthn": "as above",
    "demo:become": "does not exist in production",
    "notifications:retry": "an outbox message that failed is not in the matrix's world; tests/notifications has it",
}
