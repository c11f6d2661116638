"""Blocks, reports, and the restricted cases of the safeguarding lead."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key
from core import addresses
from notifications import calendar
from people.models.accounts import RoleGrant

ANSWERED_WITHIN = 3  # working days, for a report


class Block(models.Model):
    """One person does not want to meet another here. Neither sees or can propose to the other; nobody is told."""

    id = uuid_primary_key()
    blocker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks_made")
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks_received")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="block_once"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="block_not_oneself"),
        ]


class ConcernQuerySet(models.QuerySet[Any]):
    """Reports or cases. Every page, count, card, mail and download for those who handle them begins with `visible_to`."""

    role: ClassVar[str]  # who handles them

    def open(self) -> Self:
        return self.filter(closed_at=None)

    def visible_to(self, user: Any) -> Self:
        """Those that `user` handles, never one that is kept from them. Administrators handle what is kept from everybody
        who holds the role, and what comes in while nobody does. Reads the role's holders: one query more."""
        if user.has_role(self.role):
            theirs = Q()
        elif user.has_role("administrator"):
            holders = [pk for (pk,) in RoleGrant.objects.holders(self.role).values_list("user_id")]
            theirs = Q(kept_from__contains=holders)
        else:
            return self.none()
        return self.filter(theirs).exclude(kept_from__contains=[user.pk])


class ReportQuerySet(ConcernQuerySet):
    role = "broker"


class CaseQuerySet(ConcernQuerySet):
    role = "safeguarding_lead"

    def most_pressing_first(self) -> Self:
        """Open cases by how pressing they are, of these the oldest first; then closed ones, latest first."""
        ranks = [When(worry=worry, then=Value(rank)) for rank, worry in enumerate(SafeguardingCase.Worry.values)]
        return self.annotate(rank=Case(When(closed_at__isnull=False, then=Value(len(ranks))), *ranks)).order_by(
            "rank", F("closed_at").desc(nulls_last=True), "at", "id"
        )


class Concern(models.Model):
    """What a report and a safeguarding case have in common: who it is about, and where it was seen. `kind` and `object_id`
    name the thing for `people.concerns`; `words` are that thing's words as they were then. `kept_from` are the ids of all
    who never find it: who it is about, and who has a part in the thing."""

    id = uuid_primary_key()
    about = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    kept_from = ArrayField(models.UUIDField(), default=list, blank=True)
    kind = models.CharField(max_length=30, blank=True)
    object_id = models.CharField(max_length=36, blank=True)
    words = models.TextField(blank=True)
    text = models.TextField(max_length=4000)
    at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.TextField(max_length=2000, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, outcome="")
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(outcome="")),
                name="%(class)s_closed_with_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(about=None) | Q(kept_from__contains=[F("about")]),
                name="%(class)s_kept_from_who_it_is_about",
            ),
            models.CheckConstraint(
                condition=Q(kind="", object_id="", words="") | (~Q(kind="") & ~Q(object_id="")),
                name="%(class)s_seen_somewhere_or_nowhere",
            ),
        ]


class Report(Concern):
    """Something that breaks the code of conduct, for the brokers to look at. It is kept from whoever reported it too:
    nobody decides what they reported themselves."""

    class Finding(models.TextChoices):
        """How it ended, as whoever reported it hears it."""

        ACTED = "acted", _("It broke the code of conduct, and we acted on it")
        NO_BREACH = "no-breach", _("It did not break the code of conduct")
        UNSURE = "unsure", _("We could not find out what happened")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    finding = models.CharField(max_length=10, choices=Finding, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta(Concern.Meta):
        constraints = [
            *Concern.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kept_from__contains=[F("by")]), name="report_kept_from_whoever_reported_it"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, finding="")
                | Q(closed_at__isnull=False, finding__in=["acted", "no-breach", "unsure"]),
                name="report_closed_with_a_finding",
            ),
        ]

    @property
    def answer_by(self) -> dt.date:
        """The last day of the three working days that the page promises."""
        return calendar.add_working_days(calendar.london(self.at).date(), ANSWERED_WITHIN)


class SafeguardingCase(Concern):
    """Somebody is worried about somebody. Safeguarding leads see it, never brokers; administrators only where no lead may
    (`visible_to`). `by` is empty where it came through the contact page: then `email` is where to answer."""

    class Worry(models.TextChoices):
        """What kind of worry it is, the most pressing first."""

        NOW = "now", _("Somebody may be in danger soon")
        ABUSE = "abuse", _("Somebody may be harmed, used or neglected")
        SELF = "self", _("Somebody may not be coping")
        OTHER = "other", _("Something else, or I am not sure")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    worry = models.CharField(max_length=10, choices=Worry, default=Worry.OTHER)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    waits_since = models.DateTimeField(
        null=True, db_default=Now()
    )  # empty once somebody has read it and looks after it

    objects = CaseQuerySet.as_manager()

    class Meta(Concern.Meta):
        constraints = [
            *Concern.Meta.constraints,
            models.CheckConstraint(
                condition=Q(by__isnull=False, email="", name="") | (Q(by=None) & ~Q(email="")),
                name="case_can_be_answered",
            ),
            addresses.kept_normal("email", name="case_email_normal", empty=True),
            models.CheckConstraint(
                condition=Q(waits_since__isnull=False) | Q(lead__isnull=False), name="case_waits_or_has_a_lead"
            ),
        ]


class CaseNote(models.Model):
    """One step of a case: who did what, when. Added, never changed."""

    class Step(models.TextChoices):
        NOTE = "note", _("wrote a note")
        TAKEN = "taken", _("read it, and looks after it")
        HANDED = "handed", _("handed it on")
        CLOSED = "closed", _("closed it")

    id = uuid_primary_key()
    case = models.ForeignKey(SafeguardingCase, on_delete=models.PROTECT, related_name="notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    step = models.CharField(max_length=10, choices=Step, default=Step.NOTE)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(text="") | Q(step__in=["taken", "handed"]), name="case_note_says_something"
            ),
            models.CheckConstraint(
                condition=Q(step="handed", to__isnull=False) | (~Q(step="handed") & Q(to=None)),
                name="case_note_handed_to_somebody",
            ),
        ]
