"""Making an account, and what its owner says about themselves."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import TextField, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record, record_each
from audit.ids import new_ids
from core import addresses, names
from people import rules
from people.models import Organisation, Profile, User
from people.models.accounts import Place
from people.models.reference import REGIONS, PlainText
from ui.errors import Invalid, NotAllowed

NAME_LENGTH = 100


def clean_email(email: str) -> str:
    """The normal form of an e-mail address, which is how it is kept. Raises Invalid (email)."""
    try:
        return addresses.normal(email)
    except addresses.NotAnAddress as error:
        raise Invalid(str(error), "email") from error


def clean_name(name: str) -> str:
    """What somebody is called, as it is kept. Raises Invalid (name): none, too long, or with the address of a site."""
    name = " ".join(name.split())
    if not name:
        raise Invalid(_("Enter a name."), "name")
    if len(name) > NAME_LENGTH:
        raise Invalid(_("Use at most %(n)d characters.") % {"n": NAME_LENGTH}, "name")
    if problem := names.problem_with(name):
        raise Invalid(problem, "name")
    return name


def one_at_a_time(user: User) -> None:
    """Lets one of this person's clicks through at a time, until the transaction ends, so that the second of two at once
    sees what the first has made. Call it inside an action, before looking."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


@transaction.atomic
def bring_aboard(*, email: str | None, name: str, by: User | None = None) -> User:
    """An account for somebody who is not at the keyboard: made by a broker for a person who needs a hand (who may
    have no e-mail), or by the platform (`by` none). They accept the code of conduct themselves, later.

    Raises NotAllowed, Invalid (no name, bad address, address taken).
    """
    [user] = bring_all_aboard(people=[(name, email or "")], by=by)
    user.refresh_from_db()
    return user


@transaction.atomic
def bring_all_aboard(*, people: Sequence[tuple[str, str]], by: User | None = None) -> list[User]:
    """The same for many people, each a name and an e-mail address or "", in a handful of statements: for imports.

    Raises what `bring_aboard` raises, for the first that cannot be.
    """
    if by is not None:
        rules.check_role(by, "broker", "administrator")
    users = []
    for pk, (name, email) in zip(new_ids(len(people)), people, strict=True):
        user = User(pk=pk, name=clean_name(name[:NAME_LENGTH]), email=clean_email(email) if email else None)
        user.set_unusable_password()
        users.append(user)
    if User.objects.filter(email__in=[user.email for user in users if user.email]).exists():
        raise Invalid(_("There is an account with this e-mail address already."), "email")
    User.objects.bulk_create(users, batch_size=1000)
    Profile.objects.bulk_create([Profile(user=user) for user in users], batch_size=1000)
    record_each(
        by=by,
        verb="people.user.brought_aboard",
        about=[(user, None, {"has_email": user.email is not None}) for user in users],
    )
    return users


@transaction.atomic
def set_name(*, by: User, name: str) -> User:
    """What others call this person. Raises Invalid."""
    by.name = clean_name(name)
    by.save(update_fields=["name"])
    return by


@transaction.atomic
def accept_conduct(*, by: User) -> User:
    """Accepts the code of conduct, and says that they are 18 or over. A second time keeps the first moment."""
    user = User.objects.select_for_update().get(pk=by.pk)
    if user.conduct_accepted_at is None:
        user.conduct_accepted_at = timezone.now()
        user.save(update_fields=["conduct_accepted_at"])
        record(by=user, verb="people.conduct.accepted", obj=user)
    by.conduct_accepted_at = user.conduct_accepted_at
    return user


@transaction.atomic
def edit_profile(*, by: User, skills: Any = None, new_organisation: str = "", **answers: Any) -> Profile:
    """Changes the named answers of one's own profile, and leaves the others. `skills` is all of them, or None to
    leave them. `new_organisation` is one that the list lacks: made as not yet checked, or found by its name.
    Raises Invalid, NotAllowed (closed)."""
    if by.closed_at is not None:
        raise NotAllowed(_("This account is closed."))
    profile = Profile.objects.select_for_update().get(user=by)
    for name, choices in [("place", Place.values), ("region", [code for code, _label in REGIONS])]:
        if answers.get(name) and answers[name] not in choices:
            raise Invalid(_("Choose an answer from the list."), name)
    new_organisation = " ".join(new_organisation.split())
    if new_organisation:
        answers["organisation"] = find_or_add_organisation(name=new_organisation)
    for name, value in answers.items():
        if name not in EDITABLE:
            raise Invalid(_("That cannot be changed here."))
        setattr(profile, name, value)
    profile.changed_at = timezone.now()
    profile.save()
    if skills is not None:
        profile.skills.set([skill.merged_into or skill for skill in skills])
    record(by=by, verb="people.profile.changed", obj=profile)
    return profile


EDITABLE = frozenset(
    ["pronouns", "brings_you", "communities", "place", "organisation", "region", "languages", "availability", "about"]
)


def find_or_add_organisation(*, name: str) -> Organisation:
    """The organisation with this name (without regard to capitals and accents), or a new one for staff to check."""
    found = (
        Organisation.objects.annotate(plain=PlainText("name"))
        .filter(plain=PlainText(Value(name, output_field=TextField())))
        .select_related("merged_into")
        .order_by("id")
        .first()
    )
    if found:
        return found.merged_into or found
    return Organisation.objects.create(name=name[:160])
