"""Who people are, what they may do, and the codes that let them in."""

import datetime as dt

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key
from core import addresses, names
from people.models.reference import REGIONS, Organisation, PlainText, Skill


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        """People who are here: neither paused nor closed."""
        return self.filter(closed_at=None, suspended_at=None)

    def at(self, address: str) -> "UserQuerySet":
        """Whoever has exactly this address, however it is typed: one person or nobody."""
        return self.filter(email=addresses.known_as(address))

    def named_or_at(self, typed: str) -> "UserQuerySet":
        """For staff who search: those whose name holds `typed`, without regard to capitals and accents, and those whose
        address begins with it."""
        plain = PlainText(Value(typed.strip(), output_field=models.TextField()))
        fits = Q(plain__contains=plain)
        if beginning := addresses.beginning(typed):
            fits |= Q(email__startswith=beginning)
        return self.annotate(plain=PlainText("name")).filter(fits)

    def by_name(self) -> "UserQuerySet":
        """In the order in which people look for a name: without capitals and accents, then by id."""
        return self.order_by(PlainText("name"), "id")


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]  # the base is made by a call
    def create_user(self, email: str | None = None, **fields) -> "User":
        """A person and their profile. `email` is kept in its normal form; none for someone brought aboard without one.
        Raises NotAnAddress."""
        user = self.model(email=addresses.normal(email) if email else None, **fields)
        user.set_unusable_password()
        user.save(using=self._db)
        Profile.objects.using(self._db).create(user=user)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        """The person with this e-mail address, however it is written."""
        return self.at(email or "").get()


def called(name: str | None, closed_at: dt.datetime | None) -> str:
    """What others read for a person, from the two columns that say it."""
    if closed_at:
        return str(_("Someone who has left"))
    return name or str(_("Someone new"))


class User(AbstractBaseUser):
    """A person. No user name and no password; someone a broker brought on board may have no e-mail."""

    id = uuid_primary_key()
    email = models.EmailField(null=True, blank=True, unique=True)  # in its normal form; several people may have none
    name = models.CharField(max_length=100, blank=True)
    joined_at = models.DateTimeField(db_default=Now())
    conduct_accepted_at = models.DateTimeField(null=True, blank=True)  # and 18 or over: the same tick
    suspended_at = models.DateTimeField(null=True, blank=True)  # while a `Suspension` is open; its actions alone set it
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = UserManager()

    unproved = False  # True on the object behind a session that has given no second factor: staff roles do not count

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            addresses.kept_normal("email", name="user_email_normal"),
            names.kept_plain("name", name="user_name_plain"),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(email=None, name=""), name="user_closed_keeps_no_name_or_email"
            ),
        ]
        indexes = [
            models.Index(fields=["joined_at"]),
            models.Index(PlainText("name"), "id", name="user_by_name"),
            models.Index(
                fields=["id"], condition=Q(suspended_at__isnull=False) | Q(closed_at__isnull=False), name="user_absent"
            ),
        ]

    def __str__(self) -> str:
        return called(self.name, self.closed_at)

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # read by Django and allauth
        """Whether this person may sign in at all. Paused people may, to the pages marked `access.while_paused`."""
        return self.closed_at is None

    @property
    def is_present(self) -> bool:
        """Whether this person is here: neither closed nor paused."""
        return self.closed_at is None and self.suspended_at is None

    def has_role(self, role: str) -> bool:
        """Whether this person holds a role now; what the rooms below people ask instead of `people.rules`."""
        from people import rules

        return rules.has_role(self, role)

    @property
    def first_name(self) -> str:
        """What we call somebody in a greeting."""
        return self.name.split()[0] if self.name else ""


class Reason(models.TextChoices):
    """What brings somebody here; several may be true."""

    IDEA = "idea", _("I have an idea")
    HELP = "help", _("I can help others with theirs")
    REVIEW = "review", _("I review applications")
    RUN = "run", _("I run the accelerator")


class Community(models.TextChoices):
    """The communities that people come from; several may be true."""

    Q = "q", _("Q, the improvement community")
    DIGITAL = "digital", _("The digital health community")
    OTHER = "other", _("Another community")


class Place(models.TextChoices):
    """Somebody's part in or around health. Work is one of several, never the assumed one."""

    HOSPITAL = "hospital", _("I work in a hospital")
    COMMUNITY = "community", _("I work in community care")
    PRIMARY = "primary", _("I work in general practice or primary care")
    SOCIAL = "social", _("I work in social care")
    PATIENT = "patient", _("I am a patient or use services")
    CARER = "carer", _("I care for somebody")
    STUDENT = "student", _("I am a student")
    RESEARCHER = "researcher", _("I am a researcher")
    INDUSTRY = "industry", _("I work in industry")
    CHARITY = "charity", _("I work or volunteer in a charity")
    OTHER = "other", _("Something else")


PLACES_SEEN = {  # the same on a member's page, where others read it
    Place.HOSPITAL: _("Works in a hospital"),
    Place.COMMUNITY: _("Works in community care"),
    Place.PRIMARY: _("Works in general practice or primary care"),
    Place.SOCIAL: _("Works in social care"),
    Place.PATIENT: _("Is a patient or uses services"),
    Place.CARER: _("Cares for somebody"),
    Place.STUDENT: _("Student"),
    Place.RESEARCHER: _("Researcher"),
    Place.INDUSTRY: _("Works in industry"),
    Place.CHARITY: _("Works or volunteers in a charity"),
    Place.OTHER: _("Something else"),
}


class Profile(models.Model):
    """What somebody chooses to say about themselves. Nothing here is required."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="profile"
    )
    pronouns = models.CharField(max_length=40, blank=True)
    brings_you = ArrayField(models.CharField(max_length=20, choices=Reason), default=list, blank=True)
    communities = ArrayField(models.CharField(max_length=20, choices=Community), default=list, blank=True)
    place = models.CharField(max_length=20, choices=Place, blank=True)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="profiles"
    )
    region = models.CharField(max_length=40, choices=REGIONS, blank=True)
    skills = models.ManyToManyField(Skill, blank=True, related_name="profiles")
    languages = models.CharField(max_length=200, blank=True)
    availability = models.CharField(max_length=200, blank=True)
    about = models.TextField(max_length=2000, blank=True)
    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.user)

    @property
    def place_seen(self) -> str:
        """This person's part in or around health, as others read it; empty where it was not said."""
        return str(PLACES_SEEN[Place(self.place)]) if self.place else ""


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def live(self, now) -> "RoleGrantQuerySet":
        """Grants that hold at `now`: not ended, and not past their last moment."""
        return self.filter(Q(until=None) | Q(until__gt=now), ended_at=None)

    def holders(self, role: str) -> "RoleGrantQuerySet":
        """Live grants of `role`, whatever their scope, to people who may sign in: whom to tell, not who may."""
        return self.live(timezone.now()).filter(role=role, user__closed_at=None, user__suspended_at=None)


class RoleGrant(models.Model):
    """A role that somebody was given: why, by whom, until when, and for what (`scope`; empty is everywhere)."""

    id = uuid_primary_key()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=30)
    scope = models.CharField(max_length=60, blank=True)  # the id of a wave, as text
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )  # none: the platform itself, at installation
    at = models.DateTimeField(db_default=Now())
    until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    end_reason = models.CharField(max_length=300, blank=True)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "scope"], condition=Q(ended_at=None), name="role_grant_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="role_grant_has_a_reason"),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="", ended_by=None)
                | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="role_grant_ended_with_a_reason",
            ),
        ]


class SignInCode(models.Model):
    """A code and a link that were sent to an e-mail address. Only hashes are kept, and nothing of the session that
    asked: the code is read on a phone and typed in anywhere. `context` goes with the person to where they were going
    (a start at the door of outreach, the page they wanted)."""

    id = uuid_primary_key()
    email = models.EmailField()  # in its normal form
    code_hash = models.CharField(max_length=64)
    token_hash = models.CharField(max_length=64, unique=True)
    context = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)  # wrong ones
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=5), name="sign_in_code_five_tries"),
            addresses.kept_normal("email", name="sign_in_code_email_normal"),
        ]
        indexes = [models.Index(fields=["email", "-created_at"]), models.Index(fields=["expires_at"])]
