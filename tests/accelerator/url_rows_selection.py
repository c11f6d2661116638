"""Who gets what from what goes with selection. `party` leads an application that was declined."""

from tests.matrix import PARTY, Row

LEAD = PARTY(parties=("party",))

ROWS = [
    Row("accelerator:offers", LEAD, world={"pk": "declined_id"}),
    Row("accelerator:coaching", LEAD, GET=405, POST=302, world={"pk": "declined_id"}),
]
