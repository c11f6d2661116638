"""What of the time bank people can report or be worried about (`people.concerns`): each as one reader sees it, or, with no
reader, as whoever handles the concern does."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from people.concerns import Kind, Line, Seen
from people.queries import person_for
from timebank.models import (
    Engagement,
    Exchange,
    Feedback,
    GroupSession,
    Listing,
    Message,
    OfficeHours,
    Pot,
    WorkSession,
)
from timebank.queries import engagements, exchanges, group_sessions, office_hours, pot_page
from timebank.queries.listings import listing_for
from timebank.queries.pots import steward_ids
from timebank.rules import State
from ui.errors import Missing

AROUND = 20  # messages that whoever handles a concern reads around it


def _one(rows: Any, pk: Any) -> Any:
    """The row with this id. Raises Missing."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Missing(_("We cannot find that."))
    return found


def _titled(kind: str, title: Any) -> str:
    return _("%(kind)s “%(title)s”") % {"kind": kind, "title": title}


def listing(listing_id: Any, viewer: Any) -> Seen:
    """An offer or a request. A request that hides who asks (a purse pays) names nobody."""
    if viewer is None:
        found = _one(Listing.objects.select_related("member", "posted_by", "pot"), listing_id)
    else:
        found = listing_for(listing_id, viewer)
    poster = found.member or found.posted_by
    hidden = viewer is not None and found.pot is not None and found.pot.kind == Pot.Kind.HELP
    kind = _("The offer") if found.kind == Listing.Kind.OFFER else _("The request")
    return Seen(
        _titled(kind, found.title),
        reverse("timebank:listing", args=[found.pk]),
        {poster: _("the person who asked") if hidden else str(poster)},
        {found.posted_by_id, *steward_ids(found.pot_id)},
        f"{found.title}\n\n{found.description}".strip(),
    )


def _between(found: Exchange, viewer: Any) -> dict[Any, str]:
    """The two sides of an exchange with the names that this reader sees."""
    if viewer is not None and viewer.pk == found.provider_id:
        return {found.receiver: found.asker, found.provider: str(found.provider)}
    return {found.provider: str(found.provider), found.receiver: str(found.receiver)}


def _thread(found: Exchange, viewer: Any, until: Message | None = None) -> list[Line]:
    """The latest messages of an exchange, up to one of them where it is given."""
    names = {user.pk: name for user, name in _between(found, viewer).items()}
    rows = found.messages.select_related("author").order_by("-id")
    if until is not None:
        rows = rows.filter(pk__lte=until.pk)
    return [Line(names.get(row.author_id) or str(row.author), row.sent_at, row.text) for row in reversed(rows[:AROUND])]


def exchange(exchange_id: Any, viewer: Any) -> Seen:
    """An exchange, for its sides and for who else opens its page; its title may say who helps whom."""
    if viewer is None:
        found = _one(Exchange.objects.select_related(*Exchange.NAMED_BY), exchange_id)
    else:
        found = exchanges.page(exchange_id, viewer).exchange
    return Seen(
        _titled(_("The exchange"), found.title),
        reverse("timebank:exchange", args=[found.pk]),
        _between(found, viewer),
        {found.proposed_by_id, *steward_ids(found.pot_id)},
        found.reason,
        lambda: _thread(found, viewer),
    )


def message(message_id: Any, viewer: Any) -> Seen:
    """One message of an exchange, for its sides: nobody else reads them."""
    found = _one(Message.objects.select_related("author"), message_id)
    if viewer is None:
        between = _one(Exchange.objects.select_related(*Exchange.NAMED_BY), found.exchange_id)
    else:
        page = exchanges.page(found.exchange_id, viewer)
        between = page.exchange
        if not page.who:
            raise Missing(_("We cannot find that."))
    names = _between(between, viewer)
    author = {found.author: names.get(found.author, str(found.author))}
    return Seen(
        _("A message in “%(title)s”") % {"title": between.title},
        reverse("timebank:exchange", args=[between.pk]),
        author,
        {between.provider_id, between.receiver_id, *steward_ids(between.pot_id)},
        found.text,
        lambda: _thread(between, viewer, found),
    )


def group_session(session_id: Any, viewer: Any) -> Seen:
    """A group session; whoever comes may be worried about whoever gives it, or about nobody in particular."""
    if viewer is None:
        found = _one(GroupSession.objects.select_related("host"), session_id)
    else:
        found = group_sessions.page(session_id, viewer).session
    givers = found.providers.filter(answer="agreed").select_related("user").order_by("id")
    people = {found.host: str(found.host), **{row.user: str(row.user) for row in givers}}
    return Seen(
        _titled(_("The group session"), found.title),
        reverse("timebank:group_session", args=[found.pk]),
        people,
        steward_ids(found.pot_id),
        f"{found.title}\n\n{found.description}".strip(),
    )


def engagement(engagement_id: Any, viewer: Any) -> Seen:
    """Work together over months, for its sides."""
    if viewer is None:
        found = _one(Engagement.objects.select_related("provider", "receiver"), engagement_id)
    else:
        found, _who = engagements.engagement_for(engagement_id, viewer)
    return Seen(
        _titled(_("The engagement"), found.title),
        reverse("timebank:engagement", args=[found.pk]),
        {found.provider: str(found.provider), found.receiver: str(found.receiver)},
        {found.proposed_by_id, *steward_ids(found.pot_id)},
        f"{found.title}\n\n{found.description}\n\n{found.reason}".strip(),
    )


def work_session(session_id: Any, viewer: Any) -> Seen:
    """What was logged for one day of an engagement, and what was asked about it."""
    if viewer is None:
        found = _one(WorkSession.objects.select_related("month__engagement", "logged_by"), session_id)
    else:
        found, _who = engagements.session_for(session_id, viewer)
    whole = found.month.engagement
    return Seen(
        _("A logged session of “%(title)s”") % {"title": whole.title},
        reverse("timebank:engagement", args=[whole.pk]),
        {whole.provider: str(whole.provider), whole.receiver: str(whole.receiver)},
        {found.logged_by_id, *steward_ids(whole.pot_id)},
        f"{found.note}\n\n{found.query}".strip(),
    )


def pot(pot_id: Any, viewer: Any) -> Seen:
    """A pot, and what it says that it is for."""
    found = _one(Pot.objects, pot_id) if viewer is None else pot_page.pot_page(pot_id, viewer).pot
    stewards = [row.user for row in found.stewards.filter(until=None).select_related("user").order_by("since", "id")]
    hidden = viewer is not None and found.kind == Pot.Kind.HELP
    return Seen(
        _titled(_("The pot"), found.name),
        reverse("timebank:pot", args=[found.pk]),
        {} if hidden else {user: str(user) for user in stewards},
        {user.pk for user in stewards},
        f"{found.name}\n\n{found.aim}\n\n{found.close_out}".strip(),
    )


def hours_offered(office_hours_id: Any, viewer: Any) -> Seen:
    """Office hours."""
    if viewer is None:
        found = _one(OfficeHours.objects.select_related("helper", "listing"), office_hours_id)
    else:
        found = office_hours.office_hours_for(office_hours_id, viewer)
    return Seen(
        _titled(_("The office hours"), found.listing.title),
        reverse("timebank:office_hours", args=[found.pk]),
        {found.helper: str(found.helper)},
        words=f"{found.listing.title}\n\n{found.listing.description}".strip(),
    )


def thanks(feedback_id: Any, viewer: Any) -> Seen:
    """What somebody said about an exchange: for its two sides, and for everybody where the giver shows it. There it has no
    name, so it names nobody to them either."""
    rows = Feedback.objects.exclude(thanks="").select_related("author", "exchange__provider", "exchange__receiver")
    if viewer is not None:
        mine = Q(exchange__provider=viewer) | Q(author=viewer)
        rows = rows.filter(mine | Q(shown=True, exchange__state=State.SETTLED))
    found = _one(rows, feedback_id)
    between = found.exchange
    knows = viewer is None or viewer.pk in {between.provider_id, found.author_id}
    if not knows:
        person_for(viewer, between.provider_id)  # it stands on their page, which a block or a pause closes
    url = (
        reverse("timebank:exchange", args=[between.pk])
        if knows
        else reverse("people:person", args=[between.provider_id])
    )
    return Seen(
        _("Thanks for an exchange"),
        url,
        {found.author: str(found.author) if knows else _("whoever wrote it")},
        {between.provider_id, between.receiver_id},
        found.thanks,
    )


KINDS = [
    Kind("listing", listing),
    Kind("exchange", exchange),
    Kind("message", message),
    Kind("group-session", group_session),
    Kind("engagement", engagement),
    Kind("work-session", work_session),
    Kind("pot", pot),
    Kind("office-hours", hours_offered),
    Kind("thanks", thanks),
]
