"""Every form: who sends it, what a careful person writes, and what of it must be there; a module a room.

`tests/journeys/test_every_form.py` spoils each of them in every way that applies. Addresses and ids are those of the
role × URL matrix (`tests.matrix`); a URL that takes POST must be here, or in NOT_HERE of its room with the reason.
"""

from tests.journeys.forms import (
    accelerator,
    evaluation,
    goals,
    people,
    timebank_board,
    timebank_desk,
    timebank_exchanges,
    timebank_pots,
    ui,
)

FORMS = [
    *ui.FORMS,
    *people.FORMS,
    *timebank_board.FORMS,
    *timebank_exchanges.FORMS,
    *timebank_pots.FORMS,
    *timebank_desk.FORMS,
    *goals.FORMS,
    *accelerator.FORMS,
    *evaluation.FORMS,
]

NOT_HERE = people.NOT_HERE | accelerator.NOT_HERE
