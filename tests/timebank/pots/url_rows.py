"""Who gets what from the pages of a pot: `other_party` runs it, `party` was asked to, and gave time to it."""

from tests.matrix import MEMBER, PARTY, SIGNED_IN, Row
from tests.timebank.group_sessions.url_rows import KEY

RUNS = PARTY(parties=("other_party",))

ROWS = [
    Row("timebank:pots", SIGNED_IN),
    Row("timebank:open_pot", MEMBER, POST=422),
    Row("timebank:open_pot_skills", MEMBER, GET=302, POST=302),  # back to the first question
    Row("timebank:open_pot_hours", MEMBER, GET=302, POST=302),
    Row("timebank:pot", SIGNED_IN),
    Row("timebank:give", MEMBER, POST=422),
    Row("timebank:pot_edit", RUNS, POST=422),
    Row("timebank:pot_close", RUNS, POST=422),
    Row("timebank:pot_people", RUNS, POST=422),
    Row("timebank:pot_new_link", RUNS, GET=405, POST=302),
    Row("timebank:pot_resign", RUNS, GET=405, POST=409),  # the only one
    Row(
        "timebank:pot_answer",
        PARTY(parties=("party",)),
        GET=405,
        POST=302,
        data={"answer": "yes"},
        world="pot_asked_id",
    ),
    Row("timebank:pot_leave", SIGNED_IN, GET=405, POST=302),
    Row("timebank:pot_named", MEMBER, GET=405, POST=403, data={"answer": "yes"}, but={"party": {"POST": 302}}),
    Row("timebank:pot_offer", MEMBER, POST=422, data=KEY, but={"other_party": 404}),
    Row("timebank:pot_join", MEMBER, POST=302, world="pot_code"),
]
