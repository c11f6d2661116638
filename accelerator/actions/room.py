"""The quota of one person's files on the disk while their work is open."""

from typing import Any

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accelerator.models import AccessClaim, EvidenceFile, Innovation, Upload
from ui.errors import Invalid

QUOTA_BYTES = 200 * 1024 * 1024
MEGABYTE = 1024 * 1024
OPEN_LIFE = [Innovation.Life.ACTIVE, Innovation.Life.PAUSED]
OPEN_CLAIM = [AccessClaim.State.WAITING, AccessClaim.State.AGREED]


def used(user: Any) -> int:
    """Bytes of the files that `user` has sent to work that is open: applications until their letter, innovations under
    way, claims until they are paid. Three queries."""
    uploads = Upload.objects.filter(uploaded_by=user, application__state__in=["draft", "submitted"]).exclude(file="")
    uploads = uploads.exclude(application__decision__sent_at__isnull=False)
    evidence = EvidenceFile.objects.filter(submission__by=user, submission__milestone__innovation__life__in=OPEN_LIFE)
    receipts = AccessClaim.objects.filter(claimant=user, state__in=OPEN_CLAIM)
    return sum(
        rows.aggregate(bytes=Coalesce(Sum(field), 0))["bytes"]
        for rows, field in ((uploads, "size"), (evidence.exclude(file=""), "size"), (receipts, "receipt_size"))
    )


def take_room(*, by: Any, more: int, field: str, instead_of: int = 0) -> None:
    """Makes sure that `more` bytes of `by` fit beside what is there, `instead_of` bytes that they replace not counted. Until
    the end of the transaction nobody else counts for this person, so that two uploads at once cannot both take the last
    room. Raises Invalid (field)."""
    if not more:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"room of {by.pk}"])
    taken = used(by) - instead_of
    if taken + more > QUOTA_BYTES:
        raise Invalid(
            _(
                "Your files take %(used)d MB of the 200 MB that one person’s files may take, so there is no room for this. "
                "Take away a file that you no longer need, make this one smaller, or give us a link to it."
            )
            % {"used": round(taken / MEGABYTE)},
            field=field,
        )
