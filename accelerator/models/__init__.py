"""The accelerator's nouns, by file. An application's people are `apply.CoApplicant`; an innovation's are its own room's."""

from accelerator.models.apply import Answer, Application, CoApplicant, KeptText, Upload
from accelerator.models.questions import Criterion, Question, QuestionSet, Rubric
from accelerator.models.review import Assignment, Decision, DeclaredConflict, ReviewPhase, Score
from accelerator.models.versioned import Versioned
from accelerator.models.waves import Programme, Wave

__all__ = [
    "Answer",
    "Application",
    "Assignment",
    "CoApplicant",
    "Criterion",
    "Decision",
    "DeclaredConflict",
    "KeptText",
    "Programme",
    "Question",
    "QuestionSet",
    "ReviewPhase",
    "Rubric",
    "Score",
    "Upload",
    "Versioned",
    "Wave",
]
