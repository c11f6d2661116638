"""Forms of the evaluation: asking for a report."""

from tests.journeys.sent import Sent

FORMS = [
    Sent("evaluation:request_report", "evaluator", {"edition": "interim"}, needs=("edition",), page="evaluation:reports",
         idle="One is being built already: the button leads to it."),
    Sent("evaluation:cancel", "evaluator", page="evaluation:report"),
    Sent("evaluation:retry", "evaluator", page="evaluation:report"),
]  # fmt: skip
