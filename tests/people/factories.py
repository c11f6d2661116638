"""People for tests."""

import itertools
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.utils import timezone

from people.actions import care, safety, standing
from people.models import (
    AccountAct,
    Appeal,
    Block,
    DataComplaint,
    Organisation,
    RoleGrant,
    SignInCode,
    Suspension,
    User,
)
from tests.signing_in import make_authenticator_app

_number = itertools.count(1)


def make_user(
    email: str | None = "", *, name: str = "Ama Mensah", aboard: bool = True, known: bool = True, **fields: Any
) -> User:
    """A member; with `aboard=False` somebody who has not accepted the code of conduct, with `known=False` a newcomer.
    `email=None` has none."""
    if email == "":
        email = f"person-{next(_number)}@example.org"
    if aboard:
        fields.setdefault("conduct_accepted_at", timezone.now())
    user = User.objects.get(pk=User.objects.create_user(email, name=name, **fields).pk)
    if known:
        make_known(user)
    return user


def make_known(*users: User) -> None:
    """Lets members be known, as an import of a list does."""
    standing.begin_all(members=users, ground="import", by=None)


def make_staff(*roles: str, **fields: Any) -> User:
    """A member with these roles everywhere."""
    user = make_user(name=fields.pop("name", "Sam Staff"), **fields)
    for role in roles:
        RoleGrant.objects.create(user=user, role=role, reason="For a test")
    return user


def pause(user: User, *, by: User | None = None, words: str = "Somebody has to look at what happened.") -> Suspension:
    """Pauses this account, as a person does; the object that is given knows of it too."""
    from people.pauses.actions import suspend

    by = by or make_staff("administrator", name="Pia Pauser")
    suspension = suspend(by=by, user=user, why="For a test", words=words)
    user.suspended_at = suspension.at
    return suspension


def make_organisation(name: str = "Harbour View Hospitals", **fields: Any) -> Organisation:
    """An organisation in the list."""
    return Organisation.objects.create(name=name, **fields)


def make_passkey(user: Any) -> Authenticator:
    """A passkey as the database knows it; nothing can be proved with it."""
    return Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "My phone"})


def _with_app(user: User) -> User:
    make_authenticator_app(user)
    return user


def an_open_reset(user: Any) -> AccountAct:
    """A request, by an administrator who is in no other scene, to remove the second factors of `user`."""
    make_authenticator_app(user)
    return care.ask_reset(
        by=make_staff("administrator", name="Ade Asker"), user=user, reason="Dropped the phone in a bath."
    )


def world(people: dict[str, Any]) -> dict[str, Any]:
    """What the URL matrix needs of this room."""
    from people import limits

    party, other = people["party"], people["other_party"]
    code = SignInCode.objects.create(
        email="matrix-code@example.org",
        code_hash="0" * 64,
        token_hash=limits.hashed("matrix-token"),
        expires_at=timezone.now() + timedelta(minutes=30),
    )
    spare = RoleGrant.objects.create(user=other, role="reviewer", reason="For the URL matrix")
    elsewhere = pause(make_user(name="Paused Person"))
    return {
        "paused_later_id": make_user(name="Paused Later").pk,
        "suspension_id": elsewhere.pk,
        "appeal_id": _id(Appeal.objects.create(suspension=elsewhere, against=elsewhere.by, text="It was not me")),
        "code_id": _id(code),
        "token": "matrix-token",
        "provider_id": "organisation",
        "block_id": _id(Block.objects.create(blocker=party, blocked=make_user(name="Blocked Person"))),
        "grant_id": _id(spare),
        "report_id": _id(safety.report(by=party, about=people["member"], text="Rude")),
        "case_id": _id(safety.open_case(by=party, about=other, worry="other", text="Worried")),
        "person_kind": "person",
        "second_lead_id": make_staff("safeguarding_lead", name="Second Lead").pk,
        "app_owner_id": _with_app(make_user(name="App Owner")).pk,
        "act_id": _id(an_open_reset(make_user(name="Lost Phone"))),
        "passkey_id": make_passkey(make_user(name="Passkey Owner")).pk,
        "complaint_id": _id(DataComplaint.objects.create(user=party, text="You lost my form")),
    }


def _id(made: Any) -> Any:
    """The key that the database gave."""
    made.refresh_from_db()
    return made.pk
