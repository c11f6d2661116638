"""Who gets what from the learning log. `party` wrote an item that waits; another was answered."""

from tests.matrix import MEMBER, PARTY, PUBLIC, ROLE, Row

MANAGER = ROLE("portfolio_manager")

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
]
