"""allauth's forms of second factors, for what strangers send. allauth stores a passkey from `credential=0`, since it tests
`if credential`, and lets through what its parsers raise."""

import json
import re
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm as BaseAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as BaseReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from allauth.mfa.webauthn.internal.auth import extract_user_from_response
from django import forms

from people.actions import factors

LONGEST = 20_000  # characters; browsers send about 2,000
NAME_LENGTH = 100
ENCODED = re.compile(r"[A-Za-z0-9_=-]+\Z")
PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]


class CredentialField(forms.Field):
    """What a browser's passkey answers, with what we need of it and nothing else. Whatever is not that is refused."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            if not value or len(value) > LONGEST:
                raise ValueError
            return _needed(json.loads(value))
        except factors.NOT_PARSED as error:
            raise get_adapter().validation_error("incorrect_code") from error

    def prepare_value(self, value: Any) -> str:
        return ""  # an answer is good once: a form that is sent back holds none


def _needed(answer: Any) -> dict[str, Any]:
    """The answer without anything that we did not ask for. Raises one of NOT_PARSED."""
    response = {part: answer["response"][part] for part in PARTS if answer["response"].get(part)}
    for text in (answer["id"], answer["rawId"], *response.values()):
        if not ENCODED.match(text):
            raise ValueError
    if answer["type"] != "public-key":
        raise ValueError
    results = answer.get("clientExtensionResults") or {}
    resident = (results.get("credProps") or {}).get("rk")
    return {
        "id": answer["id"],
        "rawId": answer["rawId"],
        "type": "public-key",
        "response": response,
        "clientExtensionResults": {"credProps": {"rk": resident}} if isinstance(resident, bool) else {},
    }


class AddPasskeyForm(webauthn.AddWebAuthnForm):
    credential = CredentialField()

    def clean_name(self) -> str:
        return super().clean_name()[:NAME_LENGTH]

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except factors.NOT_PARSED as error:
            raise get_adapter().validation_error("incorrect_code") from error


class _Answers:
    """Reading a passkey's answer while signing in, whatever it holds and whatever else is kept of its owner."""

    def clean_credential(self) -> Authenticator:
        try:
            owner = self.user or extract_user_from_response(self.cleaned_data["credential"])  # type: ignore[attr-defined]
            factors.sweep(owner)
            return super().clean_credential()  # type: ignore[misc]
        except factors.NOT_PARSED as error:
            raise get_adapter().validation_error("incorrect_code") from error


class AuthenticatePasskeyForm(_Answers, webauthn.AuthenticateWebAuthnForm):
    credential = CredentialField()


class LoginPasskeyForm(_Answers, webauthn.LoginWebAuthnForm):
    credential = CredentialField()


class ReauthenticatePasskeyForm(_Answers, webauthn.ReauthenticateWebAuthnForm):
    credential = CredentialField()


class EditPasskeyForm(webauthn.EditWebAuthnForm):
    name = forms.CharField(max_length=NAME_LENGTH)


class _Codes:
    """A recovery code that was used is told to its owner."""

    def save(self) -> None:
        super().save()  # type: ignore[misc]
        used: Authenticator = self.authenticator  # type: ignore[attr-defined]
        if used.type == Authenticator.Type.RECOVERY_CODES:
            used.refresh_from_db()
            left = used.wrap().get_unused_codes()
            factors.changed(user=used.user, change="code_used" if left else "last_code_used")


class AuthenticateForm(_Codes, BaseAuthenticateForm):
    pass


class ReauthenticateForm(_Codes, BaseReauthenticateForm):
    pass
