"""Forms of goals: signing up, one's own, how it goes."""

from collections.abc import Mapping
from typing import Any

from goals.models import Assessment
from tests.journeys.sent import Sent, in_days, on, skill


def an_assessment(world: Mapping[str, Any]) -> Mapping[str, Any]:
    before = Assessment.objects.filter(sign_up=world["sign_up_id"]).count()
    return {"level": "0", "confidence": "3", "note": "Five came.", "times_before": str(before)}


FORMS = [
    Sent("goals:sign_up_for", "member",
         {"baseline": "-1", **on("ends_on", in_days(60)), "rhythm_weeks": "2", "why": "For Mum."},
         needs=("baseline", "ends_on", "rhythm_weeks"), bad={"a day that is past": on("ends_on", in_days(-3))}),
    Sent("goals:own", "member",
         lambda w: {"title": "Ask five patients", "skills": [skill()],
                    **{f"words_{level}": f"Level {level}" for level in range(5)}},
         needs=("title", "words_0", "words_1", "words_2", "words_3", "words_4")),
    Sent("goals:assess", "party", an_assessment, needs=("level",)),
    Sent("goals:stop", "party", {"state": "abandoned", "why": "No time."}, needs=("state",)),
    Sent("goals:answer_flag", "party", {"right": "yes"}, needs=("right",), page="goals:sign_up"),
    Sent("goals:unstuck", "party", page="goals:sign_up"),
    Sent("goals:follow", "party", page="goals:sign_up"),
]  # fmt: skip
