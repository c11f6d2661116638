"""Who gets what from evaluation. Reports belong to nobody: evaluators, portfolio managers and administrators read them all.
A plan is public."""

from tests.matrix import PUBLIC, ROLE, Row

READER = ROLE("evaluator", "portfolio_manager", "administrator")
DONE = {"report_id": "evaluation_report_id"}

ROWS = [
    Row("evaluation:reports", READER),
    Row("evaluation:plan", PUBLIC, world={"slug": "wave_slug"}),
    Row("evaluation:change_plan", READER, POST=422, world={"slug": "wave_slug"}),
    Row("evaluation:selection_mix", ROLE("portfolio_manager"), world={"slug": "wave_slug"}),
    Row(
        "evaluation:request_report", READER, GET=405, POST=302, data={"edition": "interim"}, world={"slug": "wave_slug"}
    ),
    Row("evaluation:report", READER, world=DONE),
    Row("evaluation:progress", READER, world=DONE),
    Row("evaluation:cancel", READER, GET=405, POST=302, world={"report_id": "waiting_report_id"}),
    Row("evaluation:retry", READER, GET=405, POST=302, world={"report_id": "cancelled_report_id"}),
    Row("evaluation:download", READER, world={**DONE, "what": "what"}),
]
