"""Finding offers and requests."""

from collections.abc import Iterable
from typing import Any

from django.core import signing
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from people.models import Skill
from people.rules import blocked_between, blocked_ids, has_role, without_blocked
from timebank.models import Exchange, Listing, Purpose
from timebank.queries.pots import steward_ids
from timebank.rules import State
from ui.errors import Missing
from ui.formats import hours


def listing_for(listing_id: Any, viewer: Any) -> Listing:
    """One listing: an open one for everybody, one that is paused, ended, closed or of somebody who is not there now for
    its owner, the sides of an exchange that came of it, and brokers. Raises Missing, also across a block."""
    listing = (
        Listing.objects.select_related("member__profile", "pot", "posted_by", "purpose")
        .prefetch_related("skills", "suggestions")
        .filter(pk=listing_id)
        .first()
    )
    if listing is None or {listing.posted_by_id, listing.member_id} & blocked_ids(viewer):
        raise Missing(_("We cannot find that listing."))
    if owns(listing, viewer) or Listing.objects.open().not_from_absent().filter(pk=listing.pk).exists():
        return listing
    if Exchange.objects.of(viewer).filter(listing=listing).exists() or has_role(viewer, "broker"):
        return listing
    raise Missing(_("That listing is not on the board now. It may come back: look again in a while."))


def owns(listing: Listing, user: Any) -> bool:
    """Whether this person may change the listing: its member, or a steward of its pot."""
    return listing.member_id == user.pk if listing.member_id else user.pk in steward_ids(listing.pot_id)


def listings_of(user: Any) -> QuerySet[Listing]:
    """What a member has posted and not closed, with how many exchanges came of it."""
    return (
        Listing.objects.filter(member=user, closed_at=None)
        .annotate(proposals=Count("exchanges"))
        .order_by("-posted_at", "-id")
    )


def offers_for_skills(skills: Iterable[Any], for_user: Any, limit: int = 3) -> list[Listing]:
    """Open offers of members with any of these skills (or ones below them), best first: more skills in common, then
    online, then hours given, then the latest. Each has `.matching` (names), `.given` (minutes) and `.reason`, one
    sentence. Never one's own, nor across a block. Three queries."""
    wanted = {skill.pk if isinstance(skill, Skill) else skill for skill in skills}
    if not wanted:
        return []
    tagged = Listing.skills.through.objects.filter(Q(skill__in=wanted) | Q(skill__parent__in=wanted))
    given = (
        Exchange.objects.filter(provider=OuterRef("member"), state=State.SETTLED)
        .order_by()
        .values("provider")
        .annotate(total=Sum("settled_minutes"))
        .values("total")
    )
    common = tagged.filter(listing=OuterRef("pk")).order_by().values("listing").annotate(n=Count("pk")).values("n")  # type: ignore[misc]  # of a through table
    offers_of_others = Listing.objects.open().not_from_absent().filter(kind=Listing.Kind.OFFER).exclude(member=for_user)
    rows = (
        without_blocked(offers_of_others, for_user, "member", "posted_by")
        .filter(pk__in=tagged.values("listing"))
        .select_related("member")
        .prefetch_related("skills")
        .annotate(
            common=Coalesce(Subquery(common, output_field=IntegerField()), 0),
            given=Coalesce(Subquery(given, output_field=IntegerField()), 0),
            in_person=Q(mode=Listing.Mode.ON_SITE),
        )
        .order_by("-common", "in_person", "-given", "-posted_at", "-id")[:limit]
    )
    offers: list[Listing] = list(rows)
    for offer in offers:
        offer.matching = sorted(s.name for s in offer.skills.all() if s.pk in wanted or s.parent_id in wanted)
        offer.reason = reason(offer)
    return offers


def reason(offer: Any) -> str:
    """Why an offer is suggested: "Offers user research, available online, on Tuesdays, has given 6 h"."""
    parts = [_("offers %(skills)s") % {"skills": _(" and ").join(name.lower() for name in offer.matching)}]
    if offer.mode == Listing.Mode.ON_SITE:
        parts.append(_("in person, %(place)s") % {"place": offer.place} if offer.place else _("in person"))
    else:
        parts.append(_("available online"))
    if free := offer.when:
        parts.append(_("free on %(when)s") % {"when": free} if offer.days else free)
    if offer.given:
        parts.append(_("has given %(hours)s") % {"hours": hours(offer.given)})
    else:
        parts.append(_("new here"))
    text = ", ".join(parts)
    return text[0].upper() + text[1:]


PURPOSE_SALT = "timebank.request.purpose"


def request_begun(*, by: Any, title: str = "", skills: Iterable[Skill] = (), purpose: Purpose | None = None) -> str:
    """The address of the form that posts a request, with what is known filled in. The purpose is signed for `by`, so that
    nobody tags their hours with what is not theirs."""
    known = {"title": title[:100], "skills": [skill.slug for skill in skills]}
    if purpose is not None:
        known["purpose"] = signing.dumps([str(purpose.pk), str(by.pk)], salt=PURPOSE_SALT)
    asked = urlencode({name: value for name, value in known.items() if value}, doseq=True)
    return reverse("timebank:post_listing", args=["request"]) + (f"?{asked}" if asked else "")


def purpose_signed_for(user: Any, signed: str) -> Purpose | None:
    """The purpose that `request_begun` signed for this person; None where it is somebody else's, or made up."""
    try:
        purpose_id, user_id = signing.loads(signed, salt=PURPOSE_SALT)
    except (signing.BadSignature, ValueError):
        return None
    return Purpose.objects.filter(pk=purpose_id).first() if user_id == str(user.pk) else None


def export_for(user: Any) -> list[dict[str, Any]]:
    """A person's listings, for "download my data"."""
    return [
        {
            "kind": row.kind,
            "title": row.title,
            "description": row.description,
            "skills": sorted(skill.name for skill in row.skills.all()),
            "posted_at": row.posted_at.isoformat(),
            "when": row.when,
            "place": row.place,
            "language": row.language,
            "open_until": row.open_until.isoformat() if row.open_until else None,
            "skills_you_suggested": sorted(suggestion.name for suggestion in row.suggestions.all()),
            "state": row.state,
        }
        for row in Listing.objects.filter(posted_by=user)
        .prefetch_related("skills", "suggestions")
        .order_by("posted_at", "id")
    ]


def on_profile(member: Any, viewer: Any) -> dict[str, Any] | None:
    """What somebody offers and asks for now, for their page; None where there is nothing or one has blocked the other."""
    if blocked_between(member, viewer):
        return None
    found = list(
        Listing.objects.open().filter(member=member).prefetch_related("skills").order_by("kind", "title", "id")[:20]
    )
    return {"listings": found} if found else None
