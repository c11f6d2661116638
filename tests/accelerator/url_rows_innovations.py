"""The URL matrix's rows of innovations, milestones, evidence and the cohort."""

from tests.matrix import PARTY, ROLE, SIGNED_IN, Row

SEES = PARTY("portfolio_manager")
TEAM = PARTY()
RUNS = ROLE("portfolio_manager")
NOT_THEIRS = {"portfolio_manager": 403}  # they see it, but only the team does this

ROWS = [
    Row("accelerator:my_innovations", SIGNED_IN, but={"party": {"GET": 302}, "other_party": {"GET": 302}}),
    Row("accelerator:innovation", SEES),
    Row("accelerator:roadmap", SEES),
    Row("accelerator:add_milestone", RUNS, POST=422),
    Row("accelerator:check_in", SEES, POST=422),
    Row("accelerator:checked_in", SEES, GET=302),
    Row("accelerator:override_colour", RUNS, POST=422),
    Row("accelerator:change_life", RUNS, POST=422),
    Row("accelerator:describe", RUNS, POST=422),
    Row("accelerator:staff_hours", RUNS, POST=422),
    Row("accelerator:milestone", SEES),
    Row("accelerator:start_milestone", TEAM, GET=405, POST=302, but={"portfolio_manager": {"POST": 403}}),
    Row("accelerator:send_evidence", TEAM, POST=422, but=NOT_THEIRS),
    Row("accelerator:ask", TEAM, POST=422, but=NOT_THEIRS),
    Row("accelerator:move_milestone", RUNS, POST=422),
    Row("accelerator:drop_milestone", RUNS, POST=422),
    Row("accelerator:restore_milestone", RUNS, GET=405, POST=302, world={"milestone_id": "dropped_milestone_id"}),
    Row("accelerator:read_evidence", RUNS, POST=422),
    Row("accelerator:evidence_file", SEES),
    Row("accelerator:flag_evidence", SEES, POST=302, world={"pk": "submission_id"}),
    Row("accelerator:flag_evidence_file", SEES, POST=302),
    Row(
        "accelerator:decide_evidence_flag",
        ROLE("portfolio_manager", "safeguarding_lead"),
        GET=405,
        POST=302,
        world={"pk": "evidence_flag_id", "move": "take_move"},
    ),
    Row("accelerator:flagged_file", ROLE("portfolio_manager", "safeguarding_lead"), world={"pk": "evidence_flag_id"}),
    Row("accelerator:cohorts", RUNS),
    Row("accelerator:cohort", RUNS, world={"wave_slug": "cohort_slug"}),
    Row("accelerator:cohort_timeline", RUNS, world={"wave_slug": "cohort_slug"}),
]
