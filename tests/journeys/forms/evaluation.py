"""Forms of the evaluation: what it promises, and asking for a report."""

from collections.abc import Mapping
from typing import Any

from evaluation.questions import DEFAULT_MEASURES, FEWEST_OF
from tests.journeys.sent import Sent


def a_plan_of_an_evaluation(_world: Mapping[str, Any]) -> Mapping[str, Any]:
    given = {f"{question}_aim": "60" for question in DEFAULT_MEASURES} | {"V1_aim": "3", "V12_aim": "4"}
    return (
        given
        | {f"{question}_n": "15" for question in DEFAULT_MEASURES if question in FEWEST_OF}
        | {"reason": "The call was longer."}
    )


FORMS = [
    Sent("evaluation:change_plan", "evaluator", a_plan_of_an_evaluation, needs=("reason", "V3_aim", "V12_n"),
         bad={"over a hundred": {"V3_aim": "101"}, "less than nothing": {"V12_aim": "-1"}, "too few": {"V5_n": "7"}}),
    Sent("evaluation:request_report", "evaluator", {"edition": "interim"}, needs=("edition",), page="evaluation:reports",
         idle="One is being built already: the button leads to it."),
    Sent("evaluation:cancel", "evaluator", page="evaluation:report"),
    Sent("evaluation:retry", "evaluator", page="evaluation:report"),
]  # fmt: skip
