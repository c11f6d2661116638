import datetime as dt
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accelerator.models.questions import Question
from accelerator.models.waves import Wave
from audit.ids import short_code, uuid_primary_key


class ApplicationQuerySet(models.QuerySet["Application"]):
    def of(self, user) -> "ApplicationQuerySet":
        """Applications that this person leads or was invited to and joined."""
        joined = CoApplicant.objects.filter(user=user, accepted_at__isnull=False).values("application_id")
        return self.filter(Q(lead=user) | Q(pk__in=joined))

    def submitted(self) -> "ApplicationQuerySet":
        return self.filter(state=Application.State.SUBMITTED)


class Application(models.Model):
    """Somebody's idea on its way to a wave. It exists from the sentence at the door on; without a wave it is an
    idea kept until a call opens. `reference` is its name where nobody may know whose it is."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = uuid_primary_key()
    reference = models.CharField(max_length=6, unique=True, default=short_code, editable=False)
    wave = models.ForeignKey(Wave, models.PROTECT, null=True, blank=True, related_name="applications")
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="applications")
    sentence = models.CharField(max_length=300, blank=True)  # follows the answer to the question "sentence"
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    last_question = models.SlugField(max_length=40, blank=True)  # where to take up again, on any device
    extended_until = models.DateTimeField(null=True, blank=True)  # more time, granted to this one
    extended_because = models.TextField(blank=True)  # why, as the applicant read it
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())
    submitted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    earlier = models.ForeignKey(  # the application to an earlier call that this one goes on from
        "self", models.SET_NULL, null=True, blank=True, related_name="later"
    )

    uninvited = ArrayField(
        models.CharField(max_length=32), default=list, blank=True
    )  # hashed addresses: their links are void

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["wave", "state"]), models.Index(fields=["lead", "state"])]
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "wave"],
                condition=Q(state="draft"),
                nulls_distinct=False,
                name="application_one_draft_a_wave",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", submitted_at__isnull=True, withdrawn_at__isnull=True)
                | Q(state="submitted", submitted_at__isnull=False, withdrawn_at__isnull=True, wave__isnull=False)
                | Q(state="withdrawn", withdrawn_at__isnull=False),
                name="application_times_follow_state",
            ),
        ]

    def __str__(self) -> str:
        return self.sentence or self.reference

    @property
    def closes(self) -> dt.datetime | None:
        """When this application must be in: the wave's close, or the later moment granted to it."""
        if self.wave is None:
            return None
        return max(self.wave.call_closes, self.extended_until or self.wave.call_closes)


class CoApplicant(models.Model):
    """Somebody who was asked to work on an application with its lead."""

    class May(models.TextChoices):
        VIEW = "view", "Read it"
        COMMENT = "comment", "Read it and comment"
        EDIT = "edit", "Write in it"

    id = uuid_primary_key()
    application = models.ForeignKey(Application, models.PROTECT, related_name="co_applicants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="co_applications")
    may = models.CharField(max_length=8, choices=May, default=May.VIEW)
    invited_at = models.DateTimeField(db_default=Now())
    accepted_at = models.DateTimeField(null=True, blank=True)
    over_at = models.DateTimeField(null=True, blank=True)  # taken off, left, or said no; asked again, it is null

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "user"], name="co_applicant_once"),
            models.CheckConstraint(
                condition=Q(over_at__isnull=True) | Q(accepted_at__isnull=True), name="co_applicant_over_is_not_joined"
            ),
        ]


class Answer(models.Model):
    """What stands under a question now. `version` grows with every save, so that a stale page is noticed.
    `value` is text, a number, an ISO date or a list of chosen values, as the question's kind has it. `redacted` is what
    reviewers read instead, where a manager took something out; "" leaves them nothing, and null leaves all."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="answers")
    question = models.ForeignKey(Question, models.PROTECT, related_name="answers")
    value = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    page = models.CharField(max_length=36, blank=True)  # the open page that saved it last: its next save is not stale
    saved_at = models.DateTimeField(db_default=Now())
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    redacted = models.TextField(null=True, blank=True)  # noqa: DJ001 - null is "nothing was taken out", "" is "everything"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "question"], name="answer_once")]


class KeptText(models.Model):
    """What somebody typed that could not be saved as the answer (another editor was first, or the application had
    gone in): kept for them, the newest a question, until they choose."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="kept_texts")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    value = models.JSONField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "question", "user"], name="kept_text_once")]


class AnswerComment(models.Model):
    """What somebody who works on an application said about one answer, to the others who do. Reviewers never read it."""

    id = uuid_primary_key()
    application = models.ForeignKey(Application, models.PROTECT, related_name="comments")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    key = models.CharField(max_length=40)  # of the form that wrote it: a second click writes nothing
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["author", "key"], name="answer_comment_once")]


def upload_path(upload: "Upload", name: str) -> str:
    """A random name: nothing of what the sender called the file."""
    return f"uploads/{uuid.uuid4().hex}"


def copy_path(upload: "Upload", name: str) -> str:
    """The same for the copy that reviewers open."""
    return f"copies/{uuid.uuid4().hex}"


class Upload(models.Model):
    """A file that answers a question. Its people and its managers read it as it is; reviewers read the copy that the worker
    makes of it without what says who made it (`accelerator.cleaning`), once a manager has cleared that copy. The file of
    what was taken away is deleted; the row stays."""

    class Safety(models.TextChoices):
        WAITING = "waiting", "No copy yet"  # added, tried again, or taken away
        CLEAN = "clean", "A copy that is safe to show"
        REFUSED = "refused", "It could not be made safe to show"

    class Why(models.TextChoices):
        LOCKED = "locked", "It is locked with a password."
        BROKEN = "broken", "It is broken, or it is not what it says it is."
        TOO_MUCH = "too_much", "It is too large inside: too many pages, words, pictures or points."
        KIND = (
            "kind",
            "We can do this with a PDF, Word, Excel, PowerPoint, OpenDocument, text, JPEG, PNG, GIF and WebP file only.",
        )
        FAILED = "failed", "We tried three times, and our own machine gave up."
        GONE = "gone", "The file is not there any more."

    id = uuid_primary_key()
    application = models.ForeignKey(Application, models.PROTECT, related_name="uploads")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    file = models.FileField(upload_to=upload_path, max_length=120, blank=True)
    name = models.CharField(max_length=150)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()  # bytes
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True, blank=True)
    safety = models.CharField(max_length=8, choices=Safety, default=Safety.WAITING)
    refused_because = models.CharField(max_length=8, choices=Why, blank=True)
    copy = models.FileField(upload_to=copy_path, max_length=120, blank=True)
    copy_kind = models.CharField(max_length=100, blank=True)  # media type
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    another_asked_at = models.DateTimeField(null=True, blank=True)  # a manager asked its people for another file
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cleared_at__isnull=True, cleared_by__isnull=True)
                | Q(cleared_at__isnull=False, cleared_by__isnull=False),
                name="upload_cleared_by_somebody",
            ),
            models.CheckConstraint(
                condition=(Q(safety="clean") & ~Q(copy="") & ~Q(copy_kind=""))
                | (~Q(safety="clean") & Q(copy="", copy_kind="")),
                name="upload_copy_follows_safety",
            ),
            models.CheckConstraint(
                condition=(Q(safety="refused") & ~Q(refused_because=""))
                | (~Q(safety="refused") & Q(refused_because="")),
                name="upload_refused_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(cleared_at__isnull=True) | Q(safety="clean", removed_at__isnull=True),
                name="upload_cleared_once_clean",
            ),
        ]
