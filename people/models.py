from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower, Now

from audit.ids import uuid_primary_key


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str | None = None, **fields) -> "User":
        user = self.model(email=email.strip().lower() if email else None, **fields)
        user.set_unusable_password()
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person. No user name and no password; someone a broker brought on board may have no e-mail."""

    id = uuid_primary_key()
    email = models.EmailField(null=True, blank=True)
    name = models.CharField(max_length=100, blank=True)
    joined_at = models.DateTimeField(db_default=Now())
    conduct_accepted_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    def __str__(self) -> str:
        return self.name or "Someone"

    @property
    def is_active(self) -> bool:  # read by Django and allauth
        """Whether this person may sign in at all."""
        return self.closed_at is None and self.suspended_at is None
