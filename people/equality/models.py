"""The table of equality answers. Nothing in it says whose they are, or when they were given."""

from django.db import models


class EqualityAnswers(models.Model):
    """One person's answers, under a key that only the platform can make from their id (`people.equality.keys`).

    No foreign key, no timestamp, no ordered id. Empty text is "not asked or left out"; "not-said" is an answer.
    """

    key = models.CharField(max_length=64, primary_key=True)  # HMAC-SHA-256 of the user's id, in hex
    consent_version = models.CharField(max_length=20)
    pay_band = models.CharField(max_length=10, blank=True)
    staff_group = models.CharField(max_length=20, blank=True)
    ethnic_group = models.CharField(max_length=30, blank=True)
    disability = models.CharField(max_length=20, blank=True)
    carer = models.CharField(max_length=20, blank=True)
    social_background = models.CharField(max_length=20, blank=True)
    sex = models.CharField(max_length=10, blank=True)
    gender_identity = models.CharField(max_length=20, blank=True)
    sexual_orientation = models.CharField(max_length=20, blank=True)
    religion = models.CharField(max_length=20, blank=True)
    age_band = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(key__regex=r"^[0-9a-f]{64}$"), name="equality_key_is_an_hmac"),
            models.CheckConstraint(condition=~models.Q(consent_version=""), name="equality_has_consent"),
        ]

    def __str__(self) -> str:
        return "Equality answers"
