"""What a member writes for their own record of contribution, and what of it they show to others."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from audit.ids import uuid_primary_key


class Reflection(models.Model):
    """What a member learnt from an exchange, or from helping at large. Nobody else reads it here: it is for the record
    that they print. Deleted at will, and when they leave."""

    id = uuid_primary_key()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reflections")
    exchange = models.ForeignKey(
        "timebank.Exchange", null=True, blank=True, on_delete=models.PROTECT, related_name="reflections"
    )
    on = models.DateField()  # the day that it is about: whether a period takes it in
    text = models.TextField(max_length=4000)
    written_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(null=True, blank=True)
    key = models.CharField(max_length=100)  # of the form that wrote it; a second click finds it

    class Meta:
        ordering = ["-on", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="reflection_has_words"),
            models.UniqueConstraint(fields=["user", "key"], name="reflection_key_once"),
        ]
        indexes = [models.Index(fields=["user", "-on", "-id"], name="reflection_of_user")]


class ShownToOthers(models.Model):
    """Who sees what of a member's giving and receiving on their page. No row: nobody sees anything."""

    class Audience(models.TextChoices):
        NOBODY = "nobody", gettext_lazy("Nobody")
        MET = "met", gettext_lazy("People I have exchanged hours with")
        MEMBERS = "members", gettext_lazy("Everybody who is signed in")

    ITEMS = ("hours_given", "hours_received", "kinds", "skills")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="shown_to_others"
    )
    hours_given = models.CharField(max_length=7, choices=Audience, default=Audience.NOBODY)
    hours_received = models.CharField(max_length=7, choices=Audience, default=Audience.NOBODY)
    kinds = models.CharField(max_length=7, choices=Audience, default=Audience.NOBODY)
    skills = models.CharField(max_length=7, choices=Audience, default=Audience.NOBODY)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    hours_given__in=["nobody", "met", "members"],
                    hours_received__in=["nobody", "met", "members"],
                    kinds__in=["nobody", "met", "members"],
                    skills__in=["nobody", "met", "members"],
                ),
                name="shown_to_a_known_audience",
            )
        ]


class LeavingWish(models.Model):
    """Where a member who is about to leave wants the credits to go that are left: a pot, or (none) the community pot.
    Read when the account closes, and gone with it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="leaving_wish"
    )
    to_pot = models.ForeignKey("timebank.Pot", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
