"""Who gets what from what goes with selection. `party` leads an application that was declined,
`reviewer` read it and has the sample still to score; `other_party` is a reviewer too, and has promised nothing."""

from tests.matrix import PARTY, ROLE, Row

LEAD = PARTY(parties=("party",))
MANAGER = ROLE("portfolio_manager")
REVIEWER = ROLE("reviewer")

ROWS = [
    Row("accelerator:sample", REVIEWER, POST=422, world={"pk": "sample_id"}, but={"other_party": 302}),
    Row(
        "accelerator:keep_review",
        REVIEWER,
        GET=405,
        POST=200,
        world={"pk": "assignment_id"},
        but={"other_party": {"POST": 404}},
    ),
    Row(
        "accelerator:flag_by_first_reader",
        REVIEWER,
        POST=302,
        world={"slug": "looked_slug", "pk": "looked_id", "key": "question_key"},
        but={"other_party": 404},
    ),
    Row("accelerator:set_aside_review", MANAGER, GET=405, POST=302, world={"pk": "too_close_id"}),
    Row("accelerator:outcomes", REVIEWER, POST=422, world={"slug": "declined_slug"}, but={"other_party": 404}),
    Row("accelerator:kept", MANAGER, POST=422, world={"slug": "late_slug"}),
    Row("accelerator:choose_sample", MANAGER, POST=422, world={"slug": "declined_slug"}),
    Row("accelerator:offers", LEAD, world={"pk": "declined_id"}),
    Row("accelerator:coaching", LEAD, GET=405, POST=302, world={"pk": "declined_id"}),
]
