"""The person behind a session."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend


class SessionBackend(AuthenticationBackend):
    """allauth's backend, whose people have not proved a second factor until `people.second_factor` says so."""

    def get_user(self, user_id: Any) -> Any:
        user: Any = super().get_user(user_id)
        if user is not None:
            user.unproved = True
        return user
