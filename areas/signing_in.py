"""Names and passwords, judged at the pace of `areas.pacing` wherever they come in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.forms import AuthenticationForm

from areas.pacing import account_of, address_of, succeed, take_a_try
from hci_center.errors import ThrottledError


class PacedBackend(ModelBackend):
    """Django's own look at a password, slowed down after failures.

    An unknown name is paced and takes time like a known one. Raises ThrottledError.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        account, address = account_of(username), address_of(request)
        take_a_try(account, address)
        user = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            succeed(account, address)
        return user


class PacedLoginForm(AuthenticationForm):
    """The admin's form; it says in a sentence what the API says with a 429."""

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except ThrottledError as refused:
            raise ValidationError(refused.sentence, code=refused.code) from refused
        return cleaned
