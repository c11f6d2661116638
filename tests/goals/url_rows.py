from tests.matrix import PARTY, ROLE, SIGNED_IN, Row

MINE = PARTY(parties=("party",))

ROWS = [
    Row("goals:mine", SIGNED_IN),
    Row("goals:library", SIGNED_IN),
    Row("goals:sign_up_for", SIGNED_IN, POST=422),
    Row("goals:own", SIGNED_IN, POST=422),
    Row("goals:stuck", ROLE("portfolio_manager")),
    Row("goals:sign_up", MINE),
    Row("goals:assess", MINE, POST=422),
    Row("goals:stop", MINE, POST=422),
    Row("goals:answer_flag", MINE, GET=405, POST=302, data={"right": "yes"}),
    Row("goals:unstuck", MINE, GET=405, POST=302),
    Row("goals:follow", MINE, GET=405, POST=302),
]
