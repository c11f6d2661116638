from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.ids import uuid_primary_key
from timebank.rules import EXCUSED, Absent, State, Why

SETTLED_STATES = ["settled", "reversed"]


class ExchangeQuerySet(models.QuerySet["Exchange"]):
    def of(self, user) -> "ExchangeQuerySet":
        """The exchanges that this person is a side of: gives, receives, or is a steward of the pot that pays."""
        return self.filter(
            Q(provider=user)
            | Q(receiver=user, pot=None)
            | Q(pot__in=user.pot_stewardships.filter(until=None).values("pot"))  # only those who are stewards today
        )


class Exchange(models.Model):
    """One agreement between two people about hours of time. `rules.TABLE` says how it moves; `minutes` is what was
    agreed, `settled_minutes` what has been paid (in a dispute: the part that both sides recorded)."""

    id = uuid_primary_key()
    listing = models.ForeignKey(
        "timebank.Listing", null=True, blank=True, on_delete=models.PROTECT, related_name="exchanges"
    )
    provider = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exchanges_given")
    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exchanges_received")
    pot = models.ForeignKey("timebank.Pot", null=True, blank=True, on_delete=models.PROTECT, related_name="exchanges")
    purpose = models.ForeignKey(
        "timebank.Purpose", null=True, blank=True, on_delete=models.PROTECT, related_name="exchanges"
    )
    payer = models.ForeignKey("timebank.Account", on_delete=models.PROTECT, related_name="+")
    payee = models.ForeignKey("timebank.Account", on_delete=models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=Now())
    answer_by = models.DateTimeField()  # unanswered by then, it expires
    minutes = models.PositiveIntegerField()  # as agreed
    starts_at = models.DateTimeField(null=True, blank=True)  # None: to arrange
    online_link = models.CharField(max_length=300, blank=True)
    place = models.CharField(max_length=200, blank=True)

    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    state_at = models.DateTimeField(db_default=Now())
    state_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # None: the platform
    reason = models.CharField(max_length=500, blank=True)  # why it was declined, cancelled, disputed, reversed …
    accepted_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_minutes = models.PositiveIntegerField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)  # hours agreed, but the payer lacks credits
    silent = models.BooleanField(default=False)  # settled because the other side said nothing for 14 days
    provider_time = models.CharField(max_length=4, blank=True)  # own | work, copied from the records at settlement
    receiver_time = models.CharField(max_length=4, blank=True)
    why = models.CharField(max_length=6, choices=Why, blank=True, db_default="")  # of who called it off; see `excused`
    late = models.BooleanField(default=False, db_default=False)  # cancelled with less notice than the policy asks for
    absent = models.CharField(max_length=8, choices=Absent, blank=True, db_default="")  # who did not come
    offline = models.BooleanField(
        default=False, db_default=False
    )  # recorded by the broker `proposed_by` for two people
    calendar_sequence = models.PositiveSmallIntegerField(default=0, db_default=0)  # of the invitation (RFC 5545)
    redoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="redone_as"
    )  # a reversed exchange that this one records again
    label = models.CharField(
        max_length=140, blank=True, db_default=""
    )  # what it is called, where that is not its listing's title
    credited = models.BooleanField(default=True, db_default=True)  # False: given. The hours count, and no credits move
    key = models.CharField(max_length=100)

    NAMED_BY = ("listing", "purpose", "pot", "provider", "receiver")  # what `title` reads

    objects = ExchangeQuerySet.as_manager()

    class Meta:
        ordering = ["-state_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="exchange_state_is_known"),
            models.CheckConstraint(condition=~Q(provider=F("receiver")), name="exchange_is_between_two_people"),
            models.CheckConstraint(condition=~Q(payer=F("payee")), name="exchange_is_between_two_accounts"),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="exchange_is_1_min_to_24_h"),
            models.CheckConstraint(
                condition=Q(settled_minutes__isnull=True, settled_at__isnull=True)
                | Q(settled_minutes__isnull=False, settled_minutes__gte=1, settled_at__isnull=False),
                name="exchange_settled_minutes_and_time_together",
            ),
            models.CheckConstraint(
                condition=Q(state__in=SETTLED_STATES, settled_minutes__isnull=False)
                | Q(state="disputed")
                | (~Q(state__in=SETTLED_STATES) & Q(settled_minutes__isnull=True)),
                name="exchange_settled_says_how_much",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "declined", "withdrawn", "expired"]) | Q(accepted_at__isnull=False),
                name="exchange_past_proposal_was_accepted",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["delivered", *SETTLED_STATES]) | Q(delivered_at__isnull=False),
                name="exchange_past_delivery_was_delivered",
            ),
            models.CheckConstraint(
                condition=Q(waiting_since__isnull=True) | Q(state="delivered"),
                name="exchange_waits_only_when_delivered",
            ),
            models.CheckConstraint(
                condition=Q(silent=False) | Q(state__in=SETTLED_STATES), name="exchange_silent_only_when_settled"
            ),
            models.CheckConstraint(
                condition=Q(why="") | Q(state__in=["cancelled", "no_show"]), name="exchange_why_only_when_called_off"
            ),
            models.CheckConstraint(condition=Q(why__in=["", *Why.values]), name="exchange_why_is_known"),
            models.CheckConstraint(
                condition=Q(late=False) | Q(state="cancelled"), name="exchange_late_only_when_cancelled"
            ),
            models.CheckConstraint(
                condition=Q(absent="") | Q(state="no_show", absent__in=Absent.values),
                name="exchange_absent_only_when_no_show",
            ),
            models.UniqueConstraint(fields=["proposed_by", "key"], name="exchange_key_once"),
        ]
        indexes = [
            models.Index(fields=["provider", "-state_at"], name="exchange_provider"),
            models.Index(fields=["receiver", "-state_at"], name="exchange_receiver"),
            models.Index(fields=["answer_by"], condition=Q(state="proposed"), name="exchange_unanswered"),
            models.Index(
                fields=["state_at"], condition=Q(state__in=["accepted", "delivered"]), name="exchange_under_way"
            ),
            models.Index(fields=["waiting_since"], condition=Q(waiting_since__isnull=False), name="exchange_waiting"),
            models.Index(
                fields=["purpose"],
                include=["settled_minutes"],
                condition=Q(state="settled"),
                name="exchange_settled_purpose",
            ),
            models.Index(fields=["settled_at", "id"], condition=Q(state="settled"), name="exchange_settled_when"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What it is called on a page: its label, else its listing, else what it was for, else who helps whom. Pages that list many select
        `listing`, `purpose`, `pot`, `provider` and `receiver` with it (`Exchange.NAMED_BY`)."""
        if self.label:
            return self.label
        if self.listing:
            return self.listing.title
        if self.purpose:
            return help_with(self.purpose.label, self.provider)
        if self.pot:
            return _("Help for %(pot)s from %(name)s") % {"pot": self.pot, "name": self.provider}
        return _("%(name)s helps %(other)s") % {"name": self.provider, "other": self.receiver}

    @property
    def hides_asker(self) -> bool:
        """Whether whoever offered the time is not to know yet who asked: the request showed no name, since a purse pays
        for it, and nobody has said yes."""
        return self.accepted_at is None and self.pot is not None and self.pot.kind == self.pot.Kind.HELP

    @property
    def asker(self) -> str:
        """Whoever receives the time, as the giver may know them."""
        return _("the person who asked") if self.hides_asker else str(self.receiver)

    @property
    def excused(self) -> bool:
        """Whether what kept somebody from coming is always excused, without proof. The other side reads only this."""
        return self.why in EXCUSED


def help_with(purpose: str, provider: object) -> str:
    """What an exchange is called that says only what it was for."""
    return _("Help with %(what)s from %(name)s") % {"what": purpose, "name": provider}


class HoursRecord(models.Model):
    """How long one side says it took. A correction is a new row; the latest of a side counts."""

    class Side(models.TextChoices):
        PROVIDER = "provider", gettext_lazy("Gave the time")
        RECEIVER = "receiver", gettext_lazy("Received the time")

    class TimeKind(models.TextChoices):
        OWN = "own", gettext_lazy("My own time")
        WORK = "work", gettext_lazy("Agreed work time")

    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="records")
    side = models.CharField(max_length=8, choices=Side)
    minutes = models.PositiveIntegerField()
    time_kind = models.CharField(max_length=4, choices=TimeKind, default=TimeKind.OWN)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())
    key = models.CharField(max_length=100)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(side__in=["provider", "receiver"]), name="hours_side_is_known"),
            models.CheckConstraint(condition=Q(time_kind__in=["own", "work"]), name="hours_time_kind_is_known"),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="hours_are_1_min_to_24_h"),
            models.UniqueConstraint(fields=["recorded_by", "key"], name="hours_key_once"),
        ]
        indexes = [models.Index(fields=["exchange", "id"], name="hours_of_exchange")]


class Message(models.Model):
    """One message in the thread of an exchange, read by its two sides only."""

    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    sent_at = models.DateTimeField(db_default=Now())
    key = models.CharField(max_length=100)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="message_has_words"),
            models.UniqueConstraint(fields=["author", "key"], name="message_key_once"),
        ]
        indexes = [models.Index(fields=["exchange", "id"], name="message_thread")]
