import uuid

from tests.matrix import MEMBER, PARTY, ROLE, SIGNED_IN, Row
from tests.timebank.group_sessions.url_rows import ROWS as GROUP_SESSIONS
from tests.timebank.pots.url_rows import ROWS as POTS


def keyed(**data):
    """What a form with a key posts."""
    return {"key": str(uuid.UUID(int=7)), **data}


PROVIDER = PARTY(parties=("party",))
RECEIVER = PARTY(parties=("other_party",))


def STEWARD(*roles):
    """The steward of the world's pot, and these roles."""
    return PARTY(*roles, parties=("other_party",))


HOURS = keyed(minutes="1 h 48", time_kind="own")

ROWS = [
    *GROUP_SESSIONS,
    *POTS,
    Row("timebank:home", SIGNED_IN),
    Row("timebank:statement", SIGNED_IN),
    Row("timebank:record", SIGNED_IN),
    Row("timebank:record_pdf", SIGNED_IN),
    Row("timebank:write_reflection", SIGNED_IN, POST=422),
    Row("timebank:reflection", PROVIDER, POST=422),
    Row("timebank:delete_reflection", PROVIDER, GET=405, POST=302),
    Row("timebank:shown", SIGNED_IN, POST=422),
    Row("timebank:report", PARTY(), POST=302, data={"text": "They were rude"}),
    Row("timebank:worried", PARTY(), POST=302, data={"worry": "other", "text": "They looked ill"}),
    Row("timebank:block", PARTY(), GET=405, POST=302),
    Row("timebank:leaving", SIGNED_IN, POST=302, data={"to_pot": "community"}),
    Row("timebank:statement_csv", SIGNED_IN),
    Row("timebank:statement_pdf", SIGNED_IN),
    Row("timebank:pot_statement", STEWARD("broker", "administrator")),
    Row("timebank:pot_statement_csv", STEWARD("broker", "administrator")),
    Row("timebank:pot_statement_pdf", STEWARD("broker", "administrator")),
    Row("timebank:past", SIGNED_IN),
    Row("timebank:board", SIGNED_IN),
    Row("timebank:post_listing", MEMBER, POST=422, world={"kind": "listing_kind"}),
    Row("timebank:listing", SIGNED_IN),
    Row("timebank:propose", MEMBER, POST=422, but={"party": 404}),
    Row(
        "timebank:move_listing", PROVIDER, GET=405, POST=302, world={"listing_id": "listing_id", "move": "listing_move"}
    ),
    Row("timebank:edit_listing", PROVIDER, POST=422),
    Row("timebank:renew_listing", PROVIDER, POST=302),
    Row("timebank:away", MEMBER, POST=422),
    Row("timebank:earnings", MEMBER, POST=422),
    Row("timebank:searches", SIGNED_IN),
    Row("timebank:save_search", MEMBER, POST=422),
    Row("timebank:move_search", PROVIDER, GET=405, POST=302, world={"search_id": "search_id", "move": "search_move"}),
    Row("timebank:unanswered", ROLE("broker")),
    Row("timebank:suggested_skills", ROLE("broker")),
    Row("timebank:decide_skill", ROLE("broker"), POST=422),
    Row("timebank:exchange", PARTY()),
    Row("timebank:hours", PARTY(), GET=405, POST=302, data=HOURS),
    Row("timebank:message", PARTY(), GET=405, POST=302, data=keyed(text="Hello")),
    Row("timebank:arrange", PARTY(), POST=302, data=keyed(place="Ward 6")),
    Row(
        "timebank:accept",
        PROVIDER,
        GET=405,
        POST=302,
        data=keyed(),
        world="proposed_id",
        but={"other_party": {"POST": 409}},
    ),
    Row("timebank:withdraw", RECEIVER, GET=405, POST=302, world="proposed_id", but={"party": {"POST": 409}}),
    Row("timebank:decline", PARTY(), POST=302, data=keyed(), world="proposed_id", but={"other_party": {"POST": 409}}),
    Row("timebank:take_held", PARTY(), GET=405, POST=409),
    Row("timebank:cancel", PARTY(), POST=302, data=keyed()),
    Row("timebank:no_show", PARTY(), POST=302, data=keyed(reason="Nobody came")),
    Row("timebank:undo", PARTY(), POST=302, data=keyed(reason="I was away"), world="silent_id"),
    Row("timebank:dispute", PARTY(), POST=302, data=keyed(statement="It was short")),
    Row("timebank:say", PARTY(), POST=302, data=keyed(statement="It was short"), world="disputed_id"),
    Row("timebank:reverse", ROLE("broker"), POST=302, data=keyed(reason="A slip"), world="settled_id"),
    Row(
        "timebank:decide", ROLE("broker"), POST=302, data=keyed(decision="settle", note="So be it"), world="disputed_id"
    ),
    Row("timebank:disputes", ROLE("broker")),
    # the broker's desk
    Row("timebank:desk", ROLE("broker", "administrator")),
    Row("timebank:desk_stuck", ROLE("broker")),
    Row("timebank:desk_people", ROLE("broker")),
    Row("timebank:desk_member", ROLE("broker"), world={"user_id": "party_id"}),
    Row("timebank:desk_nudge", ROLE("broker"), GET=405, POST=302, world={"user_id": "away_id"}),
    Row("timebank:desk_grant", ROLE("broker"), POST=422, world={"user_id": "party_id"}),
    Row("timebank:desk_adjust", ROLE("broker"), POST=422),
    Row("timebank:desk_propose", ROLE("broker"), POST=422, world={"user_id": "party_id"}),
    Row(
        "timebank:desk_step",
        ROLE("broker"),
        POST=422,
        world={"user_id": "party_id", "exchange_id": "proposed_id"},
    ),
    Row("timebank:desk_record", ROLE("broker"), POST=422),
    Row("timebank:desk_request", ROLE("broker"), POST=422, world="request_id"),
    Row("timebank:desk_organisations", ROLE("broker", "administrator")),
    Row("timebank:desk_exports", ROLE("broker", "administrator")),
    Row("timebank:policy", ROLE("broker", "administrator")),
    Row("timebank:policy_draft", ROLE("administrator"), POST=422),
    Row("timebank:policy_version", ROLE("broker", "administrator"), world="policy_version"),
    Row("timebank:policy_publish", ROLE("administrator"), GET=405, POST=302, world="policy_version"),
    Row("timebank:desk_imports", ROLE("broker", "administrator")),
    Row("timebank:desk_upload", ROLE("broker", "administrator"), POST=422),
    Row("timebank:desk_import", ROLE("broker", "administrator"), world="desk_upload_id"),
    Row("timebank:desk_import_progress", ROLE("broker", "administrator"), world="desk_upload_id"),
    Row("timebank:desk_import_confirm", ROLE("broker", "administrator"), GET=405, POST=302, world="desk_upload_id"),
    Row("timebank:desk_import_cancel", ROLE("broker", "administrator"), GET=405, POST=302, world="desk_upload_id"),
    Row("timebank:desk_reverse", ROLE("broker"), POST=302, data=keyed(reason="A slip"), world="gift_id"),
    Row("timebank:engagements", SIGNED_IN),
    Row("timebank:propose_engagement", MEMBER, POST=422, world="listing_id", but={"party": 404}),
    Row("timebank:engagement", PARTY()),
    Row(
        "timebank:accept_engagement",
        PROVIDER,
        GET=405,
        POST=302,
        data=keyed(),
        world="engagement_proposed_id",
        but={"other_party": {"POST": 409}},
    ),
    Row(
        "timebank:decline_engagement",
        PARTY(),
        POST=302,
        data=keyed(),
        world="engagement_proposed_id",
        but={"other_party": {"POST": 409}},
    ),
    Row(
        "timebank:withdraw_engagement",
        RECEIVER,
        GET=405,
        POST=302,
        world="engagement_proposed_id",
        but={"party": {"POST": 403}},
    ),
    Row("timebank:end_engagement", PARTY(), POST=302, data=keyed()),
    Row("timebank:log_session", PROVIDER, GET=405, POST=422, but={"other_party": {"POST": 422}}),
    Row("timebank:confirm_sessions", RECEIVER, GET=405, POST=302, but={"party": {"POST": 403}}),
    Row("timebank:query_session", RECEIVER, POST=302, data=keyed(words="Which form?"), but={"newcomer": 403}),
    Row("timebank:change_session", PROVIDER, POST=422, but={"newcomer": 403}),
    Row("timebank:withdraw_session", PROVIDER, GET=405, POST=302),
    Row("timebank:office_hours_list", SIGNED_IN),
    Row("timebank:publish_office_hours", MEMBER, POST=422),
    Row("timebank:office_hours", SIGNED_IN),
    Row("timebank:skip_office_hours", PROVIDER, POST=422),
    Row("timebank:end_office_hours", PROVIDER, GET=405, POST=302),
    Row("timebank:book", MEMBER, POST=302, data=keyed(), but={"party": 404}),
    Row(
        "timebank:swap",
        RECEIVER,
        POST=302,
        data=lambda world: keyed(slot=str(world["free_slot_id"])),
        world="booking_id",
        but={"newcomer": 403},
    ),
    Row("timebank:cycle", PARTY()),
    Row("timebank:cycle_yes", PARTY(), GET=405, POST=302),
    Row("timebank:cycle_no", PARTY(), GET=405, POST=302),
    Row("timebank:desk_cycles", ROLE("broker")),
    Row("timebank:tariffs", RECEIVER, POST=302, world="fund_id", but={"newcomer": 403}),
]
