"""How a member came to be known to the community, and what ended it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class StandingQuerySet(models.QuerySet["Standing"]):
    def latest_of(self, member_id: object) -> "Standing | None":
        """The row that says whether this member is known now; None where nothing was ever written."""
        return self.filter(member_id=member_id).order_by("-number").first()


class Standing(models.Model):
    """That a member became known, and on what ground; or (`known` false) that this ended, and why. Append-only: the row
    with the highest `number` of a member is in force, and a member without a row is not known.

    Triggers of the time bank (its migration 0002) refuse changes, and take the member's account along.
    """

    class Ground(models.TextChoices):
        WORD = "word", _("A time broker vouched for them")
        ROLE = "role", _("They were given a role")
        ADDRESS = "address", _("They confirmed a work address")
        IMPORT = "import", _("They came with a list that a broker imported")
        EXCHANGE = "exchange", _("They exchanged an hour with an established member")

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="standings", db_index=False
    )
    number = models.PositiveSmallIntegerField()  # 1, 2, … of this member
    known = models.BooleanField()
    ground = models.CharField(max_length=10, choices=Ground)  # of what begins, and of what ended
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    through = models.ForeignKey(  # the established member with whom an hour was exchanged
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="introductions"
    )
    about = models.UUIDField(null=True)  # the exchange, role grant, organisation or import
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(db_default=Now())

    objects = StandingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "number"], name="standing_in_order"),
            models.CheckConstraint(condition=Q(number__gt=0), name="standing_counts_from_one"),
            models.CheckConstraint(
                condition=Q(ground__in=["word", "role", "address", "import", "exchange"]), name="standing_ground_known"
            ),
            models.CheckConstraint(
                condition=Q(ground="exchange", through__isnull=False, about__isnull=False)
                | ~Q(ground="exchange") & Q(through=None),
                name="standing_exchange_names_with_whom",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") | Q(known=True) & ~Q(ground="word"), name="standing_word_and_end_have_a_reason"
            ),
        ]
