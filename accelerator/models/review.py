from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accelerator.models.apply import Application
from accelerator.models.questions import Criterion, Rubric
from accelerator.models.waves import Wave
from audit.ids import uuid_primary_key
from core import addresses


class ReviewPhase(models.Model):
    """One step of selection, as a row: what it is called inside and outside, who sees what, and when it runs.
    The active phase follows from the dates."""

    class Kind(models.TextChoices):
        TRIAGE = "triage", "Triage"
        SCORE = "score", "Score"
        MODERATE = "moderate", "Moderate"
        DECIDE = "decide", "Decide"

    class Visible(models.TextChoices):
        NEVER = "never", "Never"
        AFTER_OWN = "after_own", "After their own review"
        ALWAYS = "always", "Always"

    class Readers(models.TextChoices):
        PANEL = "panel", "Everybody on the panel"
        SOME = "some", "Some of the panel"
        MANAGERS = "managers", "Managers only"

    id = uuid_primary_key()
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="review_phases")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    internal_label = models.CharField(max_length=60)
    public_label = models.CharField(max_length=60)
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    names = models.CharField(max_length=10, choices=Visible, default=Visible.NEVER)
    other_reviews = models.CharField(max_length=10, choices=Visible, default=Visible.AFTER_OWN)
    reviewer_names = models.CharField(max_length=10, choices=Visible, default=Visible.NEVER)
    rubric = models.ForeignKey(Rubric, models.PROTECT, null=True, blank=True, related_name="+")
    minimum_reviews = models.PositiveSmallIntegerField(default=2)
    readers = models.CharField(max_length=8, choices=Readers, default=Readers.PANEL)
    chosen = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")  # where `readers` is "some"
    question_keys = ArrayField(
        models.CharField(max_length=40), default=list, blank=True
    )  # which answers are read; none named: all that reviewers may see

    class Meta:
        ordering = ["wave", "position"]
        constraints = [
            models.UniqueConstraint(fields=["wave", "position"], name="review_phase_position_unique"),
            models.CheckConstraint(condition=Q(starts__lt=F("ends")), name="review_phase_dates_in_order"),
            models.CheckConstraint(
                condition=~Q(kind="score") | Q(rubric__isnull=False), name="review_phase_scores_by_rubric"
            ),
            models.CheckConstraint(
                condition=~Q(kind="score", readers="managers"), name="review_phase_scored_by_the_panel"
            ),
            models.CheckConstraint(condition=Q(minimum_reviews__gt=0), name="review_phase_asks_for_a_review"),
            models.UniqueConstraint(fields=["wave"], condition=Q(kind="triage"), name="review_phase_one_triage"),
        ]

    def __str__(self) -> str:
        return self.internal_label


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def wanted(self) -> "AssignmentQuerySet":
        """Without those that nobody waits for: of applications that were taken back, and what is unfinished once the letter
        has gone."""
        letter_gone = Q(state__in=Assignment.OPEN, application__decision__sent_at__isnull=False)
        return self.filter(application__state=Application.State.SUBMITTED).exclude(letter_gone)


class Assignment(models.Model):
    """One application, given to one reviewer in one phase, and the review that came of it."""

    class State(models.TextChoices):
        OFFERED = "offered", "Offered"
        ACCEPTED = "accepted", "Accepted"
        HANDED_BACK = "handed_back", "Handed back"
        RECUSED = "recused", "Recused"
        DONE = "done", "Done"

    OPEN = (State.OFFERED, State.ACCEPTED)  # somebody is asked to hand them in

    id = uuid_primary_key()
    phase = models.ForeignKey(ReviewPhase, models.PROTECT, related_name="assignments")
    application = models.ForeignKey(Application, models.PROTECT, related_name="assignments")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments")
    state = models.CharField(max_length=12, choices=State, default=State.OFFERED)
    for_applicant = models.TextField(blank=True)  # what the reviewer wants the applicant to read
    for_panel = models.TextField(blank=True)
    assigned_at = models.DateTimeField(db_default=Now())
    opened_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # handed back or recused

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["reviewer", "state"])]
        constraints = [
            models.UniqueConstraint(fields=["phase", "application", "reviewer"], name="assignment_once"),
            models.CheckConstraint(
                condition=(Q(state="done", submitted_at__isnull=False, ended_at__isnull=True))
                | Q(state__in=["offered", "accepted"], submitted_at__isnull=True, ended_at__isnull=True)
                | Q(state__in=["handed_back", "recused"], submitted_at__isnull=True, ended_at__isnull=False),
                name="assignment_times_follow_state",
            ),
        ]


class Score(models.Model):
    """A reviewer's 0–5 on one criterion, or an abstention: missing, never 0."""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="scores")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    abstained = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "criterion"], name="score_once"),
            models.CheckConstraint(
                condition=Q(abstained=True, score__isnull=True)
                | Q(abstained=False, score__isnull=False, score__range=(0, 5)),
                name="score_or_abstain",
            ),
        ]


class PanelSeat(models.Model):
    """A reviewer's place on a wave's panel: the promise to keep what they read to themselves, how much they have room
    for, and what they know about. Without a row: not promised yet, room for `ROOM`."""

    ROOM = 12  # applications in one wave

    id = uuid_primary_key()
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="panel")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="panel_seats")
    room = models.PositiveSmallIntegerField(default=ROOM)
    knows = ArrayField(
        models.CharField(max_length=20), default=list, blank=True
    )  # kinds of help, as in the question "help"
    promised_at = models.DateTimeField(null=True, blank=True)
    was_hard = models.TextField(blank=True)  # what they said afterwards; managers read it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["wave", "reviewer"], name="panel_seat_once")]


class DeclaredConflict(models.Model):
    """A person or an organisation that a reviewer said, up front, they cannot judge. Somebody whom they know by
    e-mail address is kept as that: whether it belongs to anybody here is nobody's to find out."""

    id = uuid_primary_key()
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="declared_conflicts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, blank=True, related_name="+")
    email = models.EmailField(blank=True)
    declared_at = models.DateTimeField(db_default=Now())
    taken_back_at = models.DateTimeField(
        null=True, blank=True
    )  # it holds still in waves looked at before: `FirstSight`

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, organisation__isnull=True, email="")
                | Q(person__isnull=True, organisation__isnull=False, email="")
                | (Q(person__isnull=True, organisation__isnull=True) & ~Q(email="")),
                name="declared_conflict_names_one",
            ),
            addresses.kept_normal("email", name="declared_conflict_email_normal", empty=True),
        ]


class FirstSight(models.Model):
    """When a manager or reviewer first saw what was sent to a wave. What they declare, or take back, after that changes
    nothing before their eyes: a row that vanished would tell whose it is. Another manager keeps it from them (`KeptAway`)."""

    wave = models.ForeignKey(Wave, models.PROTECT, related_name="first_sights")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="first_sights")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["wave", "user"], name="first_sight_once")]


class KeptAway(models.Model):
    """That an application is kept from somebody by the word of a manager (`by`), after they said too late that they cannot
    judge it."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="kept_away")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="kept_away")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "user"], name="kept_away_once")]


class Decision(models.Model):
    """What was decided on an application, and the letter that says so. It can be changed or taken back until
    the letter has gone; accepting makes the innovation when it goes."""

    class Outcome(models.TextChoices):
        ACCEPT = "accept", "Accept"
        RESERVE = "reserve", "Reserve"
        DECLINE = "decline", "Decline"

    id = uuid_primary_key()
    application = models.OneToOneField(Application, models.PROTECT, related_name="decision")
    outcome = models.CharField(max_length=8, choices=Outcome)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(db_default=Now())
    letter = models.TextField()
    signed_as = models.CharField(max_length=120, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True, sent_by__isnull=True)
                | (Q(sent_at__isnull=False, sent_by__isnull=False) & ~Q(signed_as="")),
                name="decision_letter_is_signed",
            ),
        ]


class BulkMove(models.Model):
    """Several decisions made in one go, and how each stood before, so that the move can be taken back as long as none of
    their letters has gone."""

    id = uuid_primary_key()
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="bulk_moves")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    outcome = models.CharField(max_length=8, choices=Decision.Outcome)
    before = models.JSONField()  # application id -> {outcome, letter, signed_as}, or null where it was open
    key = models.CharField(max_length=40)  # of the form that made it: a second click moves nothing
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by", "key"], name="bulk_move_once")]


class PanelNote(models.Model):
    """What a manager noted on an application for the others who moderate. Reviewers and applicants never see it."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="panel_notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    key = models.CharField(max_length=40)  # of the form that wrote it: a second click writes nothing
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["author", "key"], name="panel_note_once")]
