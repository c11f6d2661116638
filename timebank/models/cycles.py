from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key


class Cycle(models.Model):
    """A closed chain of two to four people in which each gives what the next wants, as it was suggested to them. Once all
    have said yes its exchanges are made, `minutes` each, so that every balance ends where it began."""

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for answers")
        AGREED = "agreed", _("Agreed by all")
        DECLINED = "declined", _("Did not come together")
        EXPIRED = "expired", _("Ran out of time")
        GONE = "gone", _("No longer possible")

    id = uuid_primary_key()
    minutes = models.PositiveIntegerField()
    worth = models.FloatField()  # 1 where each skill is offered by one member only; the mean of its links
    length = models.PositiveSmallIntegerField()
    suggested_at = models.DateTimeField(db_default=Now())
    answer_by = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["length", "-worth", "id"]  # best first: the shorter need fewer answers
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "agreed", "declined", "expired", "gone"]), name="cycle_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="cycle_ends_once",
            ),
            models.CheckConstraint(condition=Q(length__gte=2, length__lte=4), name="cycle_of_two_to_four"),
            models.CheckConstraint(condition=Q(minutes__gte=15, minutes__lte=1440), name="cycle_is_15_min_to_24_h"),
        ]
        indexes = [
            models.Index(F("length"), F("worth").desc(), F("id"), condition=Q(state="open"), name="cycle_open_best"),
            models.Index(fields=["ended_at"], condition=~Q(state="open"), name="cycle_ended"),
        ]


class CycleLink(models.Model):
    """One person's part of a chain: what they give, to whom, and whether they have said yes."""

    class Answer(models.TextChoices):
        NONE = "", _("No answer yet")
        YES = "yes", _("Yes")
        NO = "no", _("No")

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="links")
    place = (
        models.PositiveSmallIntegerField()
    )  # from 0; the taker is the giver of the next place, the last one's of the first
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="cycles_given")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="cycles_taken")
    offer = models.ForeignKey("timebank.Listing", on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey("timebank.Listing", on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=3, choices=Answer, blank=True, db_default="", default="")
    answered_at = models.DateTimeField(null=True, blank=True)
    live = models.BooleanField(default=True)  # while the chain is open
    exchange = models.OneToOneField(
        "timebank.Exchange", null=True, blank=True, on_delete=models.PROTECT, related_name="cycle_link"
    )

    class Meta:
        ordering = ["cycle", "place"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "place"], name="cycle_link_place_once"),
            models.UniqueConstraint(fields=["giver"], condition=Q(live=True), name="cycle_one_open_a_member"),
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="cycle_link_is_between_two_people"),
            models.CheckConstraint(condition=Q(place__lte=3), name="cycle_link_place_up_to_four"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | Q(answer__in=["yes", "no"], answered_at__isnull=False),
                name="cycle_answer_and_time_together",
            ),
            models.CheckConstraint(
                condition=Q(exchange__isnull=True) | Q(answer="yes", live=False), name="cycle_exchange_after_yes"
            ),
        ]
        indexes = [models.Index(fields=["giver", "-cycle"], name="cycle_of_giver")]


class CycleRun(models.Model):
    """What one night's search came to; the broker's list shows the last."""

    at = models.DateTimeField(db_default=Now())
    members = models.PositiveIntegerField()  # who could give or take something
    edges = models.PositiveIntegerField()
    suggested = models.PositiveIntegerField()  # new chains
    seconds = models.FloatField()
    complete = models.BooleanField()  # False: the time ran out, and these are the best of what was seen

    class Meta:
        get_latest_by = "id"
