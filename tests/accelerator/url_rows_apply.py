"""Who gets what from waves, applying and selection. `party` leads a draft and a sent application; `reviewer` has
accepted to read one by `other_party`."""

from tests.accelerator.factories import GOOD_ANSWERS
from tests.matrix import MEMBER, PARTY, PUBLIC, ROLE, SIGNED_IN, Row

LEAD = PARTY(parties=("party",))
DRAFT = {"pk": "draft_id"}
SENT = {"pk": "sent_id"}
READ = {"pk": "read_id"}
REVIEW = {"pk": "assignment_id"}
QUESTION = {"pk": "draft_id", "key": "question_key"}
HELPED = {"pk": "helped_id", "key": "helped_key"}
MANAGER = ROLE("portfolio_manager")
STAFF = ROLE("portfolio_manager", "administrator")
DRAFTED = {"pk": "questions_id", "key": "question_key"}
REVIEWER = ROLE("reviewer")
CRITERION = {"pk": "rubric_id", "key": "criterion_key"}
TEMPLATE_ROW = {"pk": "template_id", "row": "template_row_id"}
CLAIM = {"slug": "wave_slug", "pk": "claim_id"}
MADE = PARTY(parties=("party",))
NEW = {"newcomer": 403}  # before the code of conduct
PHASE = {"slug": "wave_slug", "pk": "phase_id"}
LOOKED = {"slug": "looked_slug", "pk": "looked_id"}
WITH_REVIEWER_ROLE = {"other_party": {"GET": 200, "POST": 405}}  # the people room gives them this role as well

ROWS = [
    Row("accelerator:wave_desk", MANAGER),
    Row("accelerator:plan_wave", MANAGER, POST=422),
    Row("accelerator:change_wave", MANAGER, POST=422, world={"slug": "wave_slug"}),
    Row("accelerator:copy_wave", MANAGER, POST=422, world={"slug": "wave_slug"}),
    Row("accelerator:use_questions", MANAGER, GET=405, POST=409, world={"slug": "wave_slug", "pk": "published_id"}),
    Row("accelerator:question_set", STAFF, world={"pk": "questions_id"}),
    Row("accelerator:draft_questions", STAFF, GET=405, POST=302, world={"pk": "questions_id"}),
    Row("accelerator:publish_questions", STAFF, GET=405, POST=302, world={"pk": "questions_id"}),
    Row("accelerator:add_question", STAFF, POST=422, world={"pk": "questions_id"}),
    Row("accelerator:edit_question", STAFF, POST=422, world=DRAFTED),
    Row("accelerator:move_question", STAFF, GET=405, POST=302, world=DRAFTED),
    Row("accelerator:remove_question", STAFF, GET=405, POST=302, world=DRAFTED),
    Row("accelerator:use_rubric", MANAGER, GET=405, POST=302, world={"slug": "wave_slug", "pk": "used_rubric_id"}),
    Row(
        "accelerator:use_template",
        MANAGER,
        GET=405,
        POST=302,
        world={"slug": "wave_slug", "pk": "published_template_id"},
    ),
    Row("accelerator:rubric", STAFF, world={"pk": "rubric_id"}),
    Row("accelerator:preview_rubric", STAFF, world={"pk": "rubric_id"}),
    Row("accelerator:draft_rubric", STAFF, GET=405, POST=302, world={"pk": "rubric_id"}),
    Row("accelerator:publish_rubric", STAFF, GET=405, POST=302, world={"pk": "rubric_id"}),
    Row("accelerator:add_criterion", STAFF, POST=422, world={"pk": "rubric_id"}),
    Row("accelerator:edit_criterion", STAFF, POST=422, world=CRITERION),
    Row("accelerator:move_criterion", STAFF, GET=405, POST=302, world=CRITERION),
    Row("accelerator:remove_criterion", STAFF, GET=405, POST=302, world=CRITERION),
    Row("accelerator:template", STAFF, world={"pk": "template_id"}),
    Row("accelerator:draft_template", STAFF, GET=405, POST=302, world={"pk": "template_id"}),
    Row("accelerator:publish_template", STAFF, GET=405, POST=302, world={"pk": "template_id"}),
    Row("accelerator:add_row", STAFF, POST=422, world={"pk": "template_id"}),
    Row("accelerator:edit_row", STAFF, POST=422, world=TEMPLATE_ROW),
    Row("accelerator:move_row", STAFF, GET=405, POST=302, world=TEMPLATE_ROW),
    Row("accelerator:remove_row", STAFF, GET=405, POST=302, world=TEMPLATE_ROW),
    Row("accelerator:access_fund", MANAGER, world={"slug": "wave_slug"}),
    Row("accelerator:access_fund_size", MANAGER, POST=422, world={"slug": "wave_slug"}),
    Row("accelerator:access_fund_export", MANAGER, world={"slug": "wave_slug"}),
    Row("accelerator:access_claim_desk", MANAGER, world=CLAIM),
    Row("accelerator:answer_access_claim", MANAGER, GET=405, POST=422, world=CLAIM),
    Row("accelerator:pay_access_claim", MANAGER, GET=405, POST=409, world=CLAIM),
    Row("accelerator:desk_receipt", MANAGER, world=CLAIM),
    Row("accelerator:access_claims", MEMBER),
    Row("accelerator:make_access_claim", MADE, POST=422, world={"slug": "wave_slug"}, but=NEW),
    Row("accelerator:access_claim", MADE, world={"pk": "claim_id"}, but=NEW),
    Row("accelerator:access_claim_spent", MADE, POST=422, world={"pk": "agreed_claim_id"}, but=NEW),
    Row("accelerator:take_back_access_claim", MADE, GET=405, POST=302, world={"pk": "claim_id"}, but=NEW),
    Row("accelerator:access_receipt", MADE, world={"pk": "claim_id"}, but=NEW),
    Row("accelerator:phases", MANAGER, world={"slug": "wave_slug"}),
    Row("accelerator:add_phase", MANAGER, POST=422, world={"slug": "wave_slug"}),
    Row("accelerator:change_phase", MANAGER, POST=422, world=PHASE),
    Row("accelerator:move_phase", MANAGER, GET=405, POST=302, world=PHASE),
    Row("accelerator:remove_phase", MANAGER, GET=405, POST=302, world=PHASE),
    Row("accelerator:triage", MANAGER, world={"slug": "looked_slug"}),
    Row("accelerator:triage_one", MANAGER, POST=422, world=LOOKED),
    Row("accelerator:first_look", REVIEWER, world={"slug": "looked_slug"}, but={"other_party": {"GET": 302}}),
    Row("accelerator:first_look_one", REVIEWER, POST=422, world=LOOKED, but={"other_party": 302}),
    Row("accelerator:triage_letters", MANAGER, GET=405, POST=422, world={"slug": "looked_slug"}),
    Row("accelerator:waves", PUBLIC),
    Row("accelerator:wave", PUBLIC, world={"slug": "wave_slug"}),
    Row("accelerator:apply", PUBLIC, GET=302),
    Row("accelerator:start", PUBLIC, POST=422, world={"slug": "wave_slug"}, but={"anonymous": {"POST": 302}}),
    Row("accelerator:applications", SIGNED_IN),
    Row("accelerator:application", LEAD, world=DRAFT),
    Row("accelerator:question", LEAD, POST=302, data={"answer": GOOD_ANSWERS["problem"], "version": 1}, world=QUESTION),
    Row("accelerator:autosave", LEAD, GET=405, POST=200, data={"answer": "More", "version": 1}, world=QUESTION),
    Row("accelerator:ask_for_help", LEAD, POST=422, world={"pk": "helped_id", "key": "unasked_key"}),
    Row("accelerator:take_back_help", LEAD, GET=405, POST=302, world=HELPED),
    Row("accelerator:help_with_question", PARTY(parties=("other_party",)), world={"pk": "asked_id"}),
    Row("accelerator:phone", ROLE("broker"), POST=422),
    Row("accelerator:stop_writing", PARTY("broker", parties=("party",)), GET=405, POST=302, world={"pk": "scribe_id"}),
    Row("accelerator:check", LEAD, world=DRAFT),
    Row("accelerator:equality", LEAD, world=DRAFT),
    Row("accelerator:send", LEAD, POST=302, world=DRAFT),
    Row("accelerator:sent", LEAD, world=SENT),
    Row("accelerator:withdraw", LEAD, POST=422, world=DRAFT),
    Row("accelerator:into_wave", LEAD, GET=405, POST=302, world={"pk": "draft_id", "slug": "wave_slug"}),
    Row("accelerator:invite", LEAD, POST=422, world=DRAFT),
    Row("accelerator:join", PARTY(parties=("other_party",)), POST=302, world=DRAFT),
    Row("accelerator:take_up", PARTY(parties=("other_party",)), POST=302, world={"token": "invitation_token"}),
    Row("accelerator:application_file", LEAD, world={"pk": "draft_id", "upload": "upload_id"}),
    Row("accelerator:reviews", REVIEWER, but=WITH_REVIEWER_ROLE),
    Row(
        "accelerator:panel_seat",
        REVIEWER,
        POST=422,
        world={"slug": "scored_slug"},
        but={"other_party": {"GET": 200, "POST": 422}},
    ),
    Row("accelerator:declare_conflict", REVIEWER, POST=422, but={"other_party": {"GET": 200, "POST": 422}}),
    Row(
        "accelerator:take_back_declared",
        REVIEWER,
        GET=405,
        POST=302,
        world={"pk": "declared_id"},
        but={"other_party": {"POST": 404}},
    ),
    Row("accelerator:score", REVIEWER, POST=422, world=REVIEW, but={"other_party": 404}),
    Row("accelerator:take_review", REVIEWER, GET=405, POST=302, world=REVIEW, but={"other_party": {"POST": 404}}),
    Row("accelerator:hand_back_review", REVIEWER, GET=405, POST=302, world=REVIEW, but={"other_party": {"POST": 404}}),
    Row("accelerator:recuse_review", REVIEWER, GET=405, POST=302, world=REVIEW, but={"other_party": {"POST": 404}}),
    Row(
        "accelerator:review_file",
        REVIEWER,
        world={"pk": "assignment_id", "upload": "cleared_upload_id"},
        but={"other_party": {"GET": 404}},
    ),
    Row("accelerator:selection", MANAGER),
    Row("accelerator:moderation", MANAGER, world={"slug": "scored_slug"}),
    Row("accelerator:more_time", MANAGER, POST=422, world={"slug": "scored_slug"}),
    Row("accelerator:selection_export", MANAGER, world={"slug": "scored_slug"}),
    Row("accelerator:selection_sheet", MANAGER, world={"slug": "scored_slug"}),
    Row("accelerator:move_applications", MANAGER, GET=302, POST=422, world={"slug": "scored_slug"}),
    Row("accelerator:undo_move", MANAGER, GET=405, POST=302, world={"slug": "scored_slug", "pk": "move_id"}),
    Row("accelerator:panel", MANAGER, POST=422, world={"slug": "scored_slug"}),
    Row("accelerator:give_out", MANAGER, POST=422, world={"slug": "scored_slug"}),
    Row("accelerator:letters", MANAGER, POST=422, world={"slug": "scored_slug"}),
    Row("accelerator:send_letters", MANAGER, GET=405, POST=422, world={"slug": "scored_slug"}),
    Row("accelerator:letter_words", MANAGER, POST=422, world={"slug": "scored_slug", "outcome": "outcome"}),
    Row("accelerator:candidate", MANAGER, world=READ),
    Row("accelerator:assign_review", MANAGER, GET=405, POST=422, world=READ),
    Row("accelerator:panel_note", MANAGER, GET=405, POST=422, world=READ),
    Row("accelerator:redact", MANAGER, POST=302, data={"text": ""}, world={"pk": "read_id", "key": "question_key"}),
    Row("accelerator:decide", MANAGER, GET=405, POST=302, data={"outcome": "reserve"}, world=READ),
    Row("accelerator:undo_decision", MANAGER, GET=405, POST=302, world=READ),
    Row("accelerator:letter", MANAGER, POST=422, world={"pk": "decided_id"}),
    Row("accelerator:managed_file", MANAGER, world={"pk": "read_id", "upload": "cleared_upload_id"}),
    Row("accelerator:clear_upload", MANAGER, GET=405, POST=302, world={"pk": "read_id", "upload": "cleared_upload_id"}),
]
