"""The accelerator's nouns, by file. An application's people are `apply.CoApplicant`; an innovation's, `InnovationMember`."""

from accelerator.models.access_fund import AccessClaim
from accelerator.models.apply import Answer, AnswerComment, Application, CoApplicant, KeptText, Upload
from accelerator.models.checkins import CheckIn
from accelerator.models.coaching import CoachingHour
from accelerator.models.feedback import FeedbackPolicy
from accelerator.models.fits import FitCheck
from accelerator.models.helping import QuestionHelp
from accelerator.models.innovations import Innovation, InnovationMember, InnovationNeed, RagEvent, StaffHours
from accelerator.models.keeping import CallWish
from accelerator.models.kinds import HelpKind
from accelerator.models.lessons import Lesson
from accelerator.models.letters import LetterTemplate
from accelerator.models.phone import Scribe
from accelerator.models.quarantine import EvidenceFlag, PatientFlag
from accelerator.models.questions import Criterion, Question, QuestionSet, Rubric
from accelerator.models.review import (
    Assignment,
    BulkMove,
    Decision,
    DeclaredConflict,
    FirstSight,
    KeptAway,
    PanelNote,
    PanelSeat,
    ReviewPhase,
    Score,
)
from accelerator.models.roadmap import EvidenceFile, Milestone, RoadmapTemplate, Submission, TemplateMilestone
from accelerator.models.samples import Sample, SampleReview, SampleScore
from accelerator.models.triage import TriageAnswer
from accelerator.models.versioned import Versioned
from accelerator.models.waves import Programme, Wave

__all__ = [
    "AccessClaim",
    "Answer",
    "AnswerComment",
    "Application",
    "Assignment",
    "BulkMove",
    "CallWish",
    "CheckIn",
    "CoApplicant",
    "CoachingHour",
    "Criterion",
    "Decision",
    "DeclaredConflict",
    "EvidenceFile",
    "EvidenceFlag",
    "FeedbackPolicy",
    "FirstSight",
    "FitCheck",
    "HelpKind",
    "Innovation",
    "InnovationMember",
    "InnovationNeed",
    "KeptAway",
    "KeptText",
    "Lesson",
    "LetterTemplate",
    "Milestone",
    "PanelNote",
    "PanelSeat",
    "PatientFlag",
    "Programme",
    "Question",
    "QuestionHelp",
    "QuestionSet",
    "RagEvent",
    "ReviewPhase",
    "RoadmapTemplate",
    "Rubric",
    "Sample",
    "SampleReview",
    "SampleScore",
    "Score",
    "Scribe",
    "StaffHours",
    "Submission",
    "TemplateMilestone",
    "TriageAnswer",
    "Upload",
    "Versioned",
    "Wave",
]
