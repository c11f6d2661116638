"""The evaluation's fourteen questions, and what a plan promises for each unless it says otherwise."""

from django.utils.translation import gettext_lazy as _

QUESTIONS = {
    "V1": _("Do people come?"),
    "V2": _("Who is reached?"),
    "V3": _("Can needs be met?"),
    "V4": _("Does time circulate?"),
    "V5": _("Do people progress?"),
    "V6": _("Does sign-posting work?"),
    "V7": _("Does everyone gain?"),
    "V8": _("Is there a multiplier?"),
    "V9": _("What did it cost?"),
    "V10": _("Was it delivered?"),
    "V11": _("Can it last?"),
    "V12": _("Is it safe?"),
    "V13": _("Does doing it together pay?"),
    "V14": _("Did inequality move?"),
}

# Thresholds: V1 applications a place; V2 the four-fifths screen; shares from 0 to 1 elsewhere.
# V12: at most so many disputes in 100 exchanges.
DEFAULT_MEASURES: dict[str, dict[str, float]] = {
    "V1": {"threshold": 2, "smallest_n": 12},
    "V2": {"threshold": 0.8, "smallest_n": 20},
    "V3": {"threshold": 0.5, "smallest_n": 20},
    "V4": {"threshold": 0.3, "smallest_n": 20},
    "V5": {"threshold": 0.5, "smallest_n": 10},
    "V6": {"threshold": 0.5, "smallest_n": 20},
    "V8": {"threshold": 0.25, "smallest_n": 10},
    "V10": {"threshold": 0.5, "smallest_n": 10},
    "V12": {"threshold": 5, "smallest_n": 20},
}

BOUNDS = {"V1": (1, 100), "V12": (0, 100)}  # the least and the most that a threshold may be; shares are 1 % to 100 %
BOUNDS_OF_A_SHARE = (0.01, 1)
MET_WHEN = {  # what each threshold is of, on the page of a plan
    "V1": _("for each place there are %(aim)s applications or more"),
    "V2": _("no pay band is reached at under %(aim)s %% of the rate of the one reached best"),
    "V3": _("%(aim)s %% of requests or more get a yes"),
    "V4": _("%(aim)s %% of active members or more both give and receive"),
    "V5": _("%(aim)s %% of goals or more end higher than they began"),
    "V6": _("%(aim)s %% or more of those whom we thought stuck say that we were right"),
    "V8": _("%(aim)s %% or more of those who received help go on to give some"),
    "V10": _("%(aim)s %% of milestones or more are done by the date of the first plan"),
    "V12": _("no more than %(aim)s of 100 exchanges end in a dispute"),
}

FEWEST_OF = {  # what the smallest n of each question counts; the others are answered however few there are
    "V2": _("people who said what their pay band is"),
    "V3": _("requests"),
    "V4": _("active members"),
    "V5": _("goals with an assessment"),
    "V6": _("times that we thought somebody stuck"),
    "V8": _("people who received help"),
    "V10": _("milestones that were due"),
    "V12": _("exchanges"),
}

AIMS = {  # a plan's threshold in words
    "V1": _("%(aim)g applications or more for each place"),
    "V2": _("no pay band under %(percent)d %% of the best one's rate"),
    "V12": _("%(aim)g disputes or fewer in 100 exchanges"),
}
AIM_OF_A_SHARE = _("%(percent)d %% or more")


def aim(question: str, measures: dict) -> str:
    """A question's threshold in the plan, in words ("30 % or more"); nothing where the plan promises none."""
    if question not in measures:
        return ""
    threshold = measures[question]["threshold"]
    return AIMS.get(question, AIM_OF_A_SHARE) % {"aim": threshold, "percent": round(100 * threshold)}


def met_when(question: str, measures: dict) -> str:
    """What must be so for a question to be answered "met", as a sentence goes on; nothing where the plan promises none."""
    if question not in measures:
        return ""
    return MET_WHEN[question] % {"aim": f"{measures[question]['threshold'] * scale(question):g}"}


def not_answered_under(question: str, measures: dict) -> str:
    """With how little a question is not answered, as a sentence; nothing where it is answered however little there is."""
    if question not in measures or question not in FEWEST_OF:
        return ""
    return _("Not answered with fewer than %(n)d %(things)s.") % {
        "n": measures[question]["smallest_n"],
        "things": FEWEST_OF[question],
    }


def scale(question: str) -> int:
    """What a threshold is multiplied by where people read or write it: shares are said in per cent."""
    return 1 if question in BOUNDS else 100


def bounds(question: str) -> tuple[float, float]:
    """The least and the most that a question's threshold may be."""
    return BOUNDS.get(question, BOUNDS_OF_A_SHARE)


WHAT_IT_CANNOT_SHOW = [
    _("There is no comparison group: we cannot say what would have happened without the accelerator."),
    _("Much of it is what people say about themselves."),
    _("People may judge themselves by another yardstick at the end than at the start (response shift)."),
    _("People who start low tend to rise whatever happens (regression to the mean)."),
    _(
        "Keeping an eye on a goal helps by itself: about 0.4 standard deviations in 138 studies (Harkin and others, 2016)."
    ),
]
