from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accelerator.models.apply import Application
from accelerator.models.questions import Question
from audit.ids import uuid_primary_key


class QuestionHelp(models.Model):
    """That an applicant asked the community for help with one question: the request on the board, and the purse that pays
    for it, filled from the wave's fund. The request shows the question and never the answer."""

    id = uuid_primary_key()
    application = models.ForeignKey(Application, models.PROTECT, related_name="help_asked")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    listing = models.OneToOneField("timebank.Listing", models.PROTECT, related_name="question_help")
    pot = models.OneToOneField("timebank.Pot", models.PROTECT, related_name="question_help")
    asked_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)  # then what was not spent is back in the fund

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "question"], condition=Q(ended_at=None), name="question_help_one_open"
            ),
        ]
