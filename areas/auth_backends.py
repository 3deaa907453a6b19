"""Password authentication with the throttling of `areas.sign_in.login_throttle`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from areas.sign_in.devices import device_of
from areas.sign_in.login_throttle import (
    Subjects,
    clear_failures,
    register_attempt,
    return_attempt,
    subjects_elsewhere,
    subjects_on_device,
)
from areas.sign_in.second_factor import Answer, check, is_in_use
from hci_center import security
from hci_center.addresses import address_of, network_of
from hci_center.errors import OtpRequiredError, ThrottledError

# Failures with unknown names per address before its passwords are checked one at a
# time.
FREE_MADE_UP_NAMES = 30
_ONE_BY_ONE = Lock()


class ThrottledBackend(ModelBackend):
    """Django's ModelBackend, throttled after failures.

    An unknown name is throttled and takes as long as a known one. A wrong code of the
    second factor counts as a wrong password does. Raises ThrottledError, and
    OtpRequiredError if the password is right and the code `otp` is not.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        otp: str | None = None,
        asks_otp: bool = True,
        **kwargs: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        username = User.normalize_username(username)
        user_id = _id_of(username)
        account = username if user_id else "none"
        subjects = _subjects(request, username, user_id)
        answer = Answer.OK
        try:
            with _attempt(subjects):
                user = super().authenticate(request, username, password, **kwargs)
                if user is not None and asks_otp:
                    answer = check(user, otp)
        except ThrottledError:
            security.report("sign_in_throttled", request, account=account)
            raise
        if user is None:
            security.report("sign_in_failed", request, account=account)
        elif answer is Answer.MISSING:
            return_attempt(subjects)
            raise OtpRequiredError
        elif answer is Answer.WRONG:
            security.report("second_factor_failed", request, account=account)
            # Django only sends it if no backend raises.
            user_login_failed.send(
                __name__, credentials={"username": username}, request=request
            )
            raise OtpRequiredError(_("This code is wrong; wait for the next."))
        else:
            clear_failures(subjects)
        return user


def _id_of(username: str) -> int | None:
    users = User.objects.filter(username=username)
    return users.values_list("pk", flat=True).first()


def _subjects(
    request: HttpRequest | None, username: str, user_id: int | None
) -> Subjects:
    device = device_of(request)
    if device is not None and user_id is not None and user_id in device.users:
        return subjects_on_device(user_id, device.id)
    address = network_of(address_of(request))
    return subjects_elsewhere(username, address, exists=user_id is not None)


@contextmanager
def _attempt(subjects: Subjects) -> Iterator[None]:
    """Registers the attempt; serialises those of addresses with many unknown names.

    Checking a password takes a third of a second of processor time, also for an unknown
    name, so that nobody can distinguish it from a known one.
    """
    failures = register_attempt(subjects)
    names = sum(n for subject, n in failures.items() if subject.is_made_up)
    if names <= FREE_MADE_UP_NAMES:
        yield
        return
    if not _ONE_BY_ONE.acquire(blocking=False):
        return_attempt(subjects)
        raise ThrottledError(1)
    try:
        yield
    finally:
        _ONE_BY_ONE.release()


class ThrottledLoginForm(AuthenticationForm):
    """The admin's login form; shows throttling and a missing code as error messages."""

    otp = forms.CharField(
        label=_("Code of the authenticator app"),
        required=False,
        max_length=64,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "one-time-code", "spellcheck": "false"}
        ),
        help_text=_("Or a recovery code. Leave empty if your account has none."),
    )

    @property
    def asks_for_code(self) -> bool:
        return is_in_use()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        username, password = cleaned.get("username"), cleaned.get("password")
        if username is None or not password:
            return cleaned
        try:
            self.user_cache = authenticate(
                self.request,
                username=username,
                password=password,
                otp=cleaned.get("otp"),
            )
        except (ThrottledError, OtpRequiredError) as refused:
            raise ValidationError(refused.sentence, code=refused.code) from refused
        if self.user_cache is None:
            raise self.get_invalid_login_error()
        self.confirm_login_allowed(self.user_cache)
        return cleaned
