"""Who gets what from the pages of group sessions: `party` gives them, `other_party` comes."""

import uuid

from tests.matrix import MEMBER, PARTY, ROLE, SIGNED_IN, Row

KEY = {"key": str(uuid.UUID(int=7))}
GIVES = PARTY(parties=("party",))
COMES = PARTY(parties=("other_party",))


def of(session: str = "group_id", **more: str) -> dict[str, str]:
    """The arguments of a URL, by their names in the world."""
    return {"session_id": session, **more}


ROWS = [
    Row("timebank:group_sessions", SIGNED_IN),
    Row("timebank:group_sessions_mine", SIGNED_IN),
    Row("timebank:group_session_new", MEMBER, POST=422),
    Row("timebank:group_session", SIGNED_IN, world=of()),
    Row("timebank:group_session_book", MEMBER, GET=405, POST=302, data=KEY, world=of(), but={"party": {"POST": 422}}),
    Row("timebank:group_session_give_up", COMES, POST=302, data={"excuse": "other"}, world=of()),
    Row("timebank:group_session_ask", GIVES, GET=405, POST=422, world=of("group_draft_id")),
    Row(
        "timebank:group_session_take_off",
        GIVES,
        GET=405,
        POST=302,
        world=of("group_asked_id", provider_id="group_asked_provider_id"),
        but={"other_party": {"POST": 404}},
    ),
    Row("timebank:group_session_answer", COMES, GET=405, POST=302, data={"answer": "yes"}, world=of("group_asked_id")),
    Row(
        "timebank:group_session_sponsor",
        COMES,
        GET=405,
        POST=302,
        data={"answer": "yes"},
        world=of("group_sponsored_id"),
    ),
    Row("timebank:group_session_publish", GIVES, GET=405, POST=302, world=of("group_draft_id")),
    Row("timebank:group_session_change", GIVES, POST=302, world=of()),
    Row("timebank:group_session_cancel", GIVES, POST=302, world=of()),
    Row("timebank:group_session_code", GIVES, world=of("group_begun_id")),
    Row("timebank:group_session_register", GIVES, POST=302, world=of("group_begun_id")),
    Row(
        "timebank:group_session_untick",
        GIVES,
        GET=405,
        POST=302,
        world=of("group_noted_id", booking_id="group_tick_id"),
    ),
    Row("timebank:group_session_object", COMES, POST=302, data={"words": "On leave"}, world=of("group_noted_id")),
    Row("timebank:group_session_calendar", SIGNED_IN, world=of()),
    Row("timebank:group_here", MEMBER, POST=422, world="group_code"),
    Row("timebank:group_session_objections", ROLE("broker")),
    Row("timebank:group_session_reverse", ROLE("broker"), POST=409, data={**KEY, "reason": "A slip"}, world=of()),
    Row("timebank:group_session_decide", ROLE("broker"), POST=422, world="group_objection_id"),
]
