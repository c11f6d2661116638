"""Who gets what from the learning log and from what is promised about feedback. `party` wrote an item that waits; another
was answered."""

from tests.matrix import MEMBER, PARTY, PUBLIC, ROLE, Row

MANAGER = ROLE("portfolio_manager")
STAFF = ROLE("portfolio_manager", "administrator")
POLICY = {"pk": "policy_id"}

ROWS = [
    Row("accelerator:learning", PUBLIC),
    Row("accelerator:lesson", PUBLIC, world={"pk": "adopted_id"}),
    Row("accelerator:add_lesson", MEMBER, POST=422),
    Row(
        "accelerator:take_back_lesson",
        PARTY(parties=("party",)),
        GET=405,
        POST=302,
        world={"pk": "lesson_id"},
        but={"newcomer": {"POST": 403}},
    ),
    Row("accelerator:answer_lesson", MANAGER, POST=422, world={"pk": "lesson_id"}),
    Row("accelerator:remove_lesson", MANAGER, POST=422, world={"pk": "lesson_id"}),
    Row("accelerator:feedback", PUBLIC, world={"slug": "wave_slug"}),
    Row("accelerator:feedback_policy", STAFF, world=POLICY),
    Row("accelerator:edit_feedback_policy", STAFF, POST=422, world=POLICY),
    Row("accelerator:new_feedback_policy", STAFF, POST=422),
    Row("accelerator:discard_feedback_policy", STAFF, GET=405, POST=302, world=POLICY),
    Row("accelerator:draft_feedback_policy", STAFF, GET=405, POST=302, world=POLICY),
    Row("accelerator:publish_feedback_policy", STAFF, GET=405, POST=302, world=POLICY),
    Row(
        "accelerator:use_feedback_policy",
        MANAGER,
        GET=405,
        POST=302,
        world={"slug": "wave_slug", "pk": "used_policy_id"},
    ),
]
