"""Forms of the accelerator: waves and what they ask, applying, reviewing, deciding, the roadmap."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone

from accelerator.actions import access_fund, triage
from accelerator.models import AccessClaim, Application, Assignment, CoApplicant, Decision, ReviewPhase, Wave
from accelerator.queries.allocation import propose
from accelerator.queries.letters import fingerprint
from people.models import User
from tests.accelerator.factories import a_draft, a_manager, a_reviewer, a_wave, the_phase
from tests.journeys.sent import KEY, Sent, in_days, on, skill


def scores(**more: Any) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    def given(world: Mapping[str, Any]) -> Mapping[str, Any]:
        rubric = Assignment.objects.get(pk=world["assignment_id"]).phase.rubric
        assert rubric is not None
        return {f"score_{c.key}": "3" for c in rubric.criteria.all()} | {"for_applicant": "A clear problem."} | more

    return given


CRITERIA = ("need", "inequality", "idea", "soon", "learning")


def a_letter(world: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"letters": [str(Decision.objects.get(application=world["decided_id"]).pk)]}


def a_letter_as_seen(world: Mapping[str, Any]) -> Mapping[str, Any]:
    return a_letter(world) | {"seen": fingerprint([Decision.objects.get(application=world["decided_id"])])}


def a_reviewer_to_ask(world: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"reviewer": str(a_reviewer("Rae Reader").pk)}


def a_plan(world: Mapping[str, Any]) -> Mapping[str, Any]:
    for _ in range(2):
        a_reviewer()
    return {"fingerprint": propose(the_phase(Wave.objects.get(slug=world["scored_slug"]))).fingerprint}


def what_was_said_late(world: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"application": str(world["late_id"]), "user": str(world["late_reader_id"])}


def somebody_to_remind(world: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"reviewers": [str(world["reviewer_id"])]}


def some_to_move(world: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"applications": [str(world["read_id"])], "outcome": "reserve", "key": KEY}


def a_draft_to_extend(world: Mapping[str, Any]) -> Mapping[str, Any]:
    wave = Wave.objects.get(slug=world["scored_slug"])
    draft = a_draft(None, a_wave())
    draft.wave = wave
    draft.save(update_fields=["wave"])
    return {"application": str(draft.pk), **on("until", in_days(3)), "reason": "You were ill in the last week."}


A_QUESTION = {"short": "Your shift", "section": "You", "text": "Which shift do you work?", "kind": "short_text"}


def a_plan_of_a_wave(world: Mapping[str, Any]) -> Mapping[str, Any]:
    dates = {
        "call_opens": 10,
        "call_closes": 50,
        "support_starts": 80,
        "community_starts": 170,
        "evaluation_starts": 290,
        "ends": 330,
    }
    form = {"name": "Coast", "new_programme": "Coastal programme", "nation": "wales", "capacity": "6", "allowance": "15",
            "opens_at": "09:00", "closes_at": "17:00"}  # fmt: skip
    for name, days in dates.items():
        form |= on(name, in_days(days))
    return form


def a_change_of_a_wave(world: Mapping[str, Any]) -> Mapping[str, Any]:
    plan = a_plan_of_a_wave(world)
    return {name: value for name, value in plan.items() if name not in ("new_programme", *CAME)} | {
        "name": "Another name"
    }


CAME = (
    "call_opens-day",
    "call_opens-month",
    "call_opens-year",
    "opens_at",
)  # its call is open: these are shown, not asked


A_CRITERION = {"name": "Who it helps", "asks": "Who would notice first?", "weight": "2",
               **{f"anchor_{score}": f"This is a {score}" for score in range(6)}}  # fmt: skip
A_MILESTONE = {"title": "Tell the ward", "start_week": "3", "end_week": "5", "why": "They live with it.",
               "step_1": "Ask one.", "step_2": "Ask three.", "step_3": "Ask all.", "to_show": "A note", "frameworks": "",
               "usual_minutes": "2", "kind": "improvement"}  # fmt: skip


A_CLAIM = {"kind": "travel", "what": "Bus to the kick-off day", "pence": "12.50", "spent": "yes",
           **on("spent_on", in_days(-1)), "key": KEY}  # fmt: skip


def a_claim_to_pay(world: Mapping[str, Any]) -> Mapping[str, Any]:
    access_fund.agree(by=a_manager(), made=AccessClaim.objects.get(pk=world["claim_id"]), over=True)
    return {"reference": "BACS 4711"}


def a_step(world: Mapping[str, Any]) -> Mapping[str, Any]:
    wave = Wave.objects.get(slug=world["wave_slug"])
    after = timezone.localdate(wave.review_phases.get(kind="decide").ends)
    return {"kind": "score", "internal_label": "Second reading", "public_label": "Read once more",
            **on("starts", after + dt.timedelta(days=1)), "starts_at": "09:00",
            **on("ends", after + dt.timedelta(days=9)), "ends_at": "17:00",
            "readers": "some", "chosen": [str(world["reviewer_id"])], "minimum_reviews": "1",
            "rubric": str(wave.rubric_id), "names": "never", "other_reviews": "after_own", "reviewer_names": "never",
            "question_keys": ["problem", "idea"]}  # fmt: skip


def a_changed_step(world: Mapping[str, Any]) -> Mapping[str, Any]:
    phase = ReviewPhase.objects.get(pk=world["phase_id"])
    return {**a_step(world), **on("starts", timezone.localdate(phase.starts) + dt.timedelta(days=1)),
            **on("ends", timezone.localdate(phase.ends) + dt.timedelta(days=1))}  # fmt: skip


def out_at_first_look(world: Mapping[str, Any]) -> Mapping[str, Any]:
    application = Application.objects.get(pk=world["looked_id"])
    triage.say(by=a_manager(), as_manager=True, application=application, answer="no", reason="It is about a car park.")
    return {"key": KEY}


FORMS = [
    # --- applying ---
    Sent("accelerator:plan_wave", "portfolio_manager", a_plan_of_a_wave, needs=("name", "capacity", "allowance", "call_opens"),
         bad={"an end before the start": on("ends", in_days(-30)), "a time that is none": {"closes_at": "27:00"},
              "no programme": {"new_programme": ""}}),
    Sent("accelerator:change_wave", "portfolio_manager", a_change_of_a_wave, needs=("name", "capacity", "allowance"),
         spare=CAME, bad={"an end before the start": on("ends", in_days(-30)), "no place": {"capacity": "0"}}),
    Sent("accelerator:copy_wave", "portfolio_manager", {"name": "Next wave", **on("call_opens", in_days(40))},
         needs=("name", "call_opens"), bad={"a day that is past": on("call_opens", in_days(-3))},
         again="A second copy is a second wave, with an address of its own; nothing opens before its dates."),
    Sent("accelerator:new_questions", "portfolio_manager", {"name": "What we ask in Wales"}, needs=("name",),
         bad={"a name that is taken": {"name": "What we ask everybody"}}),
    Sent("accelerator:new_rubric", "portfolio_manager", {"name": "How we score in Wales"}, needs=("name",),
         bad={"a name that is taken": {"name": "How we score"}}),
    Sent("accelerator:new_template", "portfolio_manager", {"name": "Short roadmap"}, needs=("name",), spare=("table",),
         bad={"a name that is taken": {"name": "core"}}),
    Sent("accelerator:discard_questions", "portfolio_manager", page="accelerator:question_set"),
    Sent("accelerator:discard_rubric", "portfolio_manager", page="accelerator:rubric"),
    Sent("accelerator:discard_template", "portfolio_manager", page="accelerator:template"),
    Sent("accelerator:draft_questions", "portfolio_manager", page="accelerator:question_set",
         idle="There is a draft already: the button leads to it."),
    Sent("accelerator:publish_questions", "portfolio_manager", page="accelerator:question_set"),
    Sent("accelerator:add_question", "portfolio_manager", A_QUESTION, needs=("short", "section", "text", "kind"),
         bad={"one answer to choose from": {"kind": "choice", "choices": "Only one"}},
         again="A draft may hold a question twice; it is looked at before it is published."),
    Sent("accelerator:edit_question", "portfolio_manager", A_QUESTION, needs=("short", "section", "text", "kind"),
         bad={"one answer to choose from": {"kind": "choice", "choices": "Only one"}}),
    Sent("accelerator:move_question", "portfolio_manager",  page="accelerator:question_set",
         again="Each press moves it one place."),
    Sent("accelerator:remove_question", "portfolio_manager", page="accelerator:question_set"),
    Sent("accelerator:make_access_claim", "party", A_CLAIM, needs=("kind", "what", "pence", "spent", "spent_on"),
         bad={"nothing": {"pence": "0"}, "less than nothing": {"pence": "-1"}, "half a penny": {"pence": "1.005"},
              "words for money": {"pence": "a tenner"}, "more than there is": {"pence": "5001"},
              "a day to come": on("spent_on", in_days(3)), "before the wave": on("spent_on", in_days(-300))}),
    Sent("accelerator:access_claim_spent", "party", {"pence": "12.50", **on("spent_on", in_days(-1))},
         needs=("pence", "spent_on"),
         bad={"nothing": {"pence": "0"}, "less than nothing": {"pence": "-1"}, "a day to come": on("spent_on", in_days(3))}),
    Sent("accelerator:take_back_access_claim", "party", page="accelerator:access_claim"),
    Sent("accelerator:answer_access_claim", "portfolio_manager", {"answer": "agree", "over": "on"}, needs=("answer",),
         spare=("reason",),
         page="accelerator:access_claim_desk",
         bad={"over the fund without saying so": {"over": ""}, "declined without a word": {"answer": "decline"}}),
    Sent("accelerator:pay_access_claim", "portfolio_manager", a_claim_to_pay, page="accelerator:access_claim_desk"),
    Sent("accelerator:access_fund_size", "portfolio_manager", {"pence": "2,000", "how": "Finance rings you."},
         needs=("pence",), bad={"less than nothing": {"pence": "-1"}, "more than all": {"pence": "1000001"}}),
    Sent("accelerator:use_template", "portfolio_manager", page="accelerator:change_wave"),
    Sent("accelerator:draft_rubric", "portfolio_manager", page="accelerator:rubric",
         idle="There is a draft already: the button leads to it."),
    Sent("accelerator:publish_rubric", "portfolio_manager", page="accelerator:rubric"),
    Sent("accelerator:add_criterion", "portfolio_manager", A_CRITERION,
         needs=("name", "asks", "weight", "anchor_0", "anchor_5"), bad={"no weight": {"weight": "0"}}),
    Sent("accelerator:edit_criterion", "portfolio_manager", A_CRITERION,
         needs=("name", "asks", "weight", "anchor_0", "anchor_5"), bad={"less than nothing": {"weight": "-1"}}),
    Sent("accelerator:move_criterion", "portfolio_manager", page="accelerator:rubric",
         again="Each press moves it one place."),
    Sent("accelerator:remove_criterion", "portfolio_manager", page="accelerator:rubric"),
    Sent("accelerator:draft_template", "portfolio_manager", page="accelerator:template",
         idle="There is a draft already: the button leads to it."),
    Sent("accelerator:publish_template", "portfolio_manager", page="accelerator:template"),
    Sent("accelerator:add_row", "portfolio_manager", A_MILESTONE,
         needs=("title", "start_week", "end_week", "why", "step_1", "step_3", "to_show", "usual_minutes", "kind"),
         bad={"an end before the start": {"end_week": "1"}, "less than nothing": {"start_week": "-1"}}),
    Sent("accelerator:edit_row", "portfolio_manager", A_MILESTONE,
         needs=("title", "start_week", "end_week", "why", "step_1", "step_3", "to_show", "usual_minutes", "kind"),
         bad={"an end before the start": {"end_week": "1"}}),
    Sent("accelerator:move_row", "portfolio_manager", page="accelerator:template",
         again="Each press moves it one place."),
    Sent("accelerator:remove_row", "portfolio_manager", page="accelerator:template"),
    Sent("accelerator:add_phase", "portfolio_manager", a_step,
         needs=("kind", "internal_label", "public_label", "starts", "starts_at", "ends", "ends_at", "readers",
                "minimum_reviews", "names", "other_reviews", "reviewer_names", "question_keys"),
         bad={"an end before it begins": on("ends", in_days(-3)), "nobody chosen": {"chosen": []},
              "a time that is none": {"ends_at": "27:00"}, "nobody reads": {"minimum_reviews": "0"}}),
    Sent("accelerator:change_phase", "portfolio_manager", a_changed_step,
         needs=("kind", "internal_label", "public_label", "starts", "starts_at", "ends", "ends_at", "readers",
                "minimum_reviews", "names", "other_reviews", "reviewer_names", "question_keys"),
         bad={"an end before it begins": on("ends", in_days(-3)), "scores without a rubric": {"rubric": ""}}),
    Sent("accelerator:move_phase", "portfolio_manager", page="accelerator:phases",
         again="Each press moves it one place."),
    Sent("accelerator:remove_phase", "portfolio_manager", page="accelerator:phases"),
    Sent("accelerator:triage_one", "portfolio_manager", {"answer": "no", "reason": "It is about a car park."},
         needs=("answer", "reason")),
    Sent("accelerator:first_look_one", "reviewer", {"answer": "talk", "reason": "Who pays?"},
         needs=("answer", "reason")),
    Sent("accelerator:triage_letters", "portfolio_manager", out_at_first_look, needs=("key",),
         page="accelerator:triage"),
    Sent("accelerator:start", "member", {"sentence": "Bigger clocks on the ward"}, needs=("sentence",)),
    Sent("accelerator:question", "party", {"answer": "On nights we find full cups.", "version": "1", "page": KEY},
         spare=("version", "page"), keeps=("accelerator_answer", "accelerator_answerversion", "accelerator_application")),
    Sent("accelerator:autosave", "party", {"answer": "More", "version": "1", "page": KEY}, page="accelerator:question",
         spare=("version", "page"), done=200, keeps=("accelerator_answer", "accelerator_answerversion",
                                                     "accelerator_application")),
    Sent("accelerator:comments", "party", {"text": "Say how many cups.", "key": KEY}, needs=("text",)),
    Sent("accelerator:send", "party"),
    Sent("accelerator:withdraw", "party", {"sure": "on"}, needs=("sure",)),
    Sent("accelerator:into_wave", "party", page="accelerator:application", idle="It is in the wave already."),
    Sent("accelerator:invite", "party", {"email": "friend@example.org", "may": "edit"}, needs=("email", "may"),
         bad={"oneself": {"email": "matrix-party@example.org"}}),
    Sent("accelerator:join", "other_party"),
    Sent("accelerator:leave_application", "other_party", page="accelerator:join"),
    Sent("accelerator:take_off", "party",
         lambda w: {"who": str(CoApplicant.objects.get(application=w["draft_id"]).pk)}, page="accelerator:invite"),
    Sent("accelerator:take_up", "other_party"),
    Sent("accelerator:ask_for_help", "party", lambda w: {"skill": skill(), "minutes": "30"}, needs=("skill", "minutes"),
         bad={"another length": {"minutes": "600"}}),
    Sent("accelerator:phone", "broker",
         lambda w: {"person": User.objects.get(pk=w["member_id"]).email, "asked": "on",
                    "wave": str(Wave.objects.get(slug=w["wave_slug"]).pk)},
         needs=("person", "asked", "wave"), bad={"nobody": {"person": "nobody@example.org"}}, saves=("accelerator_scribe",)),
    Sent("accelerator:confirm_writing", "party", page="accelerator:application"),
    Sent("accelerator:may_write", "anonymous", {"yes": "1"}, done=200),
    Sent("accelerator:stop_writing", "party", page="accelerator:application"),
    Sent("accelerator:flag_by_team", "party", {"note": "A surname in the second line"}),
    Sent("accelerator:flag_by_helper", "other_party", {"note": "A surname"}),
    Sent("accelerator:flag_by_reviewer", "reviewer", {"note": "A surname"}),
    Sent("accelerator:flag_by_first_reader", "reviewer", {"note": "A surname"}),
    Sent("accelerator:flag_by_manager", "portfolio_manager", {"note": "A surname"}),
    Sent("accelerator:decide_flag", "portfolio_manager", page="accelerator:patient_flags"),
    Sent("accelerator:flag_evidence", "party", {"note": "A surname"}),
    Sent("accelerator:flag_evidence_file", "party", {"note": "A face"}, idle="The file is flagged already."),
    Sent("accelerator:decide_evidence_flag", "portfolio_manager", page="accelerator:patient_flags"),
    Sent("accelerator:fit_check", "anonymous", {"adult": "yes", "about": "yes", "want": "try"},
         needs=("adult", "about", "want")),
    Sent("accelerator:overrule_fit", "portfolio_manager", {"reason": "It is about care homes."}, needs=("reason",)),
    Sent("accelerator:keep_idea", "member", {"sentence": "Bigger clocks"}, needs=("sentence",), page="accelerator:waves"),
    Sent("accelerator:tell_me", "member", {"wanted": "yes"}, spare=("wanted",), page="accelerator:waves"),
    Sent("accelerator:take_back_help", "party", page="accelerator:ask_for_help"),
    # --- reviewing and deciding ---
    Sent("accelerator:score", "reviewer", scores(), needs=("for_applicant",), keeps=("accelerator_score", "accelerator_assignment")),
    Sent("accelerator:keep_review", "reviewer", scores(), page="accelerator:score", done=200,
         keeps=("accelerator_score", "accelerator_assignment")),
    Sent("accelerator:set_aside_review", "portfolio_manager", page="accelerator:panel"),
    Sent("accelerator:kept", "portfolio_manager", what_was_said_late, needs=("application", "user")),
    Sent("accelerator:panel_seat", "reviewer", {"room": "7"}, needs=("room",), bad={"less than none": {"room": "-1"}}),
    Sent("accelerator:declare_conflict", "reviewer", {"email": "a.friend@example.org"}, needs=("email",)),
    Sent("accelerator:take_back_declared", "reviewer", page="accelerator:declare_conflict"),
    Sent("accelerator:take_review", "reviewer", page="accelerator:reviews", idle="It was taken already."),
    Sent("accelerator:hand_back_review", "reviewer", page="accelerator:score"),
    Sent("accelerator:recuse_review", "reviewer", page="accelerator:score"),
    Sent("accelerator:more_time", "portfolio_manager", a_draft_to_extend, needs=("application", "until", "reason"),
         bad={"a day before the close": on("until", in_days(-30))}),
    Sent("accelerator:letters", "portfolio_manager", a_letter, needs=("letters",), done=200,
         idle="The letters are shown first."),
    Sent("accelerator:send_letters", "portfolio_manager", a_letter_as_seen, needs=("letters", "seen"),
         page="accelerator:letters"),
    Sent("accelerator:letter_words", "portfolio_manager", {"text": "{greeting} Not now. {feedback} {offers} Bye."},
         needs=("text",), saves=("accelerator_lettertemplate",),
         bad={"a gap that is none": {"text": "{greetings} {feedback} {offers}"}, "no feedback": {"text": "{offers}"}}),
    Sent("accelerator:give_out", "portfolio_manager", a_plan, needs=("fingerprint",)),
    Sent("accelerator:panel", "portfolio_manager", somebody_to_remind, needs=("reviewers",)),
    Sent("accelerator:move_applications", "portfolio_manager", some_to_move, needs=("applications", "outcome"),
         page="accelerator:moderation"),
    Sent("accelerator:undo_move", "portfolio_manager", page="accelerator:moderation"),
    Sent("accelerator:panel_note", "portfolio_manager", {"text": "Ask about it.", "key": KEY}, needs=("text",),
         page="accelerator:candidate"),
    Sent("accelerator:redact", "portfolio_manager", {"text": "On a ward."}),
    Sent("accelerator:assign_review", "portfolio_manager", a_reviewer_to_ask, needs=("reviewer",),
         page="accelerator:candidate"),
    Sent("accelerator:decide", "portfolio_manager", {"outcome": "reserve"}, needs=("outcome",),
         page="accelerator:candidate"),
    Sent("accelerator:undo_decision", "portfolio_manager", page="accelerator:candidate",
         idle="Nothing is decided yet."),
    Sent("accelerator:letter", "portfolio_manager", {"letter": "Dear Ada, thank you.", "signed_as": "Mo Manager"},
         needs=("letter", "signed_as"), saves=("accelerator_decision",)),
    Sent("accelerator:move_upload", "portfolio_manager", page="accelerator:candidate"),
    Sent("accelerator:clear_upload", "portfolio_manager", page="accelerator:candidate",
         idle="It has no upload."),
    Sent("accelerator:coaching", "party", page="accelerator:offers"),
    Sent("accelerator:edit_feedback_policy", "portfolio_manager", {"days": "7", "promises": "A letter for everybody."},
         needs=("days", "promises"), saves=("accelerator_feedbackpolicy",),
         bad={"too late": {"days": "61"}, "less than nothing": {"days": "-1"}, "too long": {"promises": "x" * 301}}),
    Sent("accelerator:new_feedback_policy", "portfolio_manager", {"name": "What we promise in Wales"}, needs=("name",),
         bad={"a name that is taken": {"name": "What we promise about feedback"}}),
    Sent("accelerator:discard_feedback_policy", "portfolio_manager", page="accelerator:feedback_policy"),
    Sent("accelerator:draft_feedback_policy", "portfolio_manager", page="accelerator:feedback_policy",
         idle="There is a draft already: the button leads to it."),
    Sent("accelerator:publish_feedback_policy", "portfolio_manager", page="accelerator:feedback_policy"),
    Sent("accelerator:add_lesson", "member", {"text": "Ring people back within a day.", "about": "", "key": KEY}, needs=("text",),
         bad={"too much": {"text": "x" * 401}, "what is not there": {"about": "wave:nowhere"}}),
    Sent("accelerator:take_back_lesson", "party", page="accelerator:lesson"),
    Sent("accelerator:answer_lesson", "portfolio_manager", {"answer": "tried", "reason": "Half rang back."},
         needs=("answer", "reason"), bad={"too much": {"reason": "x" * 601}}),
    Sent("accelerator:remove_lesson", "portfolio_manager", {"reason": "It names a ward sister."}, needs=("reason",)),
    Sent("accelerator:choose_sample", "portfolio_manager", {"text": "Clocks are too small to read.", "agreed": "on"},
         needs=("text", "agreed"), spare=("from",), saves=("accelerator_sample",)),
    Sent("accelerator:sample", "reviewer", {f"score_{key}": "3" for key in CRITERIA},
         needs=tuple(f"score_{key}" for key in CRITERIA)),
    Sent("accelerator:outcomes", "reviewer", {"text": "So many words."}, needs=("text",)),
    # --- the roadmap ---
    Sent("accelerator:start_milestone", "party", page="accelerator:milestone"),
    Sent("accelerator:send_evidence", "party",
         {"account": "We asked five people.", "links": "https://example.org/notes", "cycle_prediction": "More drinks.",
          "cycle_happened": "Many more.", "cycle_next": "Another bay."},
         needs=("account",), bad={"a link that is none": {"links": "notes on my desk"},
                                  "half a cycle": {"cycle_happened": "", "cycle_next": ""}}),
    Sent("accelerator:read_evidence", "portfolio_manager", {"answer": "accept", "comment": "Clear."}, needs=("answer",),
         bad={"sent back without a word": {"answer": "return", "comment": ""}}),
    Sent("accelerator:ask", "party",
         {"title": "Talk to users", "description": "Five of them.", "minutes": "2", "mode": "remote", "key": KEY},
         needs=("title", "description", "minutes", "mode"),
         bad={"nothing": {"minutes": "0"}, "less than nothing": {"minutes": "-1"}, "a minute": {"minutes": "1 min"},
              "more than there is": {"minutes": "9999"}}),
    Sent("accelerator:check_in", "party",
         {**on("last_contact", in_days(-3)), "progress": "A lot.", "blockers": "A form.", "blocker_waits_on": "team",
          "confidence": "4", "would_help": "An hour."},
         needs=("progress", "confidence"), bad={"a day to come": on("last_contact", in_days(3))}),
    Sent("accelerator:add_milestone", "portfolio_manager",
         lambda w: {"title": "Ask the pharmacist", "why": "They know.", "to_show": "A note", "kind": "improvement",
                    "skills": [skill()], **on("start", in_days(7)), **on("end", in_days(21))},
         needs=("title", "kind", "start", "end"), bad={"an end before the start": on("end", in_days(3))}),
    Sent("accelerator:move_milestone", "portfolio_manager",
         {**on("start", in_days(7)), **on("end", in_days(8)), "reason": "A holiday.", "seen": "1"},
         needs=("start", "end", "reason"), spare=("seen",), bad={"an end before the start": on("end", in_days(3))}),
    Sent("accelerator:drop_milestone", "portfolio_manager", {"reason": "Done before."}, needs=("reason",)),
    Sent("accelerator:restore_milestone", "portfolio_manager", page="accelerator:milestone"),
    Sent("accelerator:override_colour", "portfolio_manager",
         {"colour": "amber", "waiting_on": "team", "reason": "They are on leave."},
         needs=("colour", "waiting_on", "reason")),
    Sent("accelerator:change_life", "portfolio_manager", {"life": "paused", **on("paused_until", in_days(30))},
         needs=("life", "paused_until"), bad={"a day that is past": on("paused_until", in_days(-30)),
                                              "stopped without a word": {"life": "stopped"}}),
    Sent("accelerator:describe", "portfolio_manager",
         {"name": "Picture cards", "summary": "Cards.", "stage": "idea", "tier": "A", "improvement": "2"},
         needs=("name", "summary", "stage", "tier"), bad={"less than nothing": {"improvement": "-1"}}),
    Sent("accelerator:staff_hours", "portfolio_manager",
         {**on("on", in_days(-1)), "minutes": "1.5", "kind": "improvement", "note": "On the phone"},
         needs=("on", "minutes", "kind"),
         bad={"nothing": {"minutes": "0"}, "less than nothing": {"minutes": "-1"}, "a day to come": on("on", in_days(3))}),
]  # fmt: skip

NOT_HERE = {
    "accelerator:drop_wave": "The wave of the matrix is open; tests/accelerator/waves takes one back that is planned.",
    "accelerator:use_rubric": "As below, for rubrics.",
    "accelerator:use_feedback_policy": "As below, for promises about feedback.",
    "accelerator:use_questions": "The matrix has no published version beside the one that its wave asks; tests/accelerator/waves has.",
}
