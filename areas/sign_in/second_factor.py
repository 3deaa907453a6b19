"""The second factor of staff: codes of an authenticator app (TOTP, RFC 6238).

The time is the database's, so that a machine whose clock is wrong still accepts codes.
A code is valid once: a statement records its time step. The ten recovery codes are
valid once each, and stored as digests.
"""

from __future__ import annotations

import base64
import re
import secrets
from enum import Enum

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_otp.oath import TOTP

from areas.models import RecoveryCode, SecondFactor
from hci_center.audit.recording import record
from hci_center.errors import InvalidError
from hci_center.signing import digest, digests

STEP = 30
DIGITS = 6
# The number of time steps that a phone's clock may be off.
TOLERANCE = 1
RECOVERY_CODES = 10

_PURPOSE = "recovery-code"
_CODE = re.compile(rf"[0-9]{{{DIGITS}}}")
_NOW = "SELECT extract(epoch FROM clock_timestamp())::bigint"


class Answer(Enum):
    """The result of the second-factor check of a sign-in with the right password."""

    OK = "ok"
    MISSING = "missing"
    WRONG = "wrong"


def is_enrolled(user: User) -> bool:
    """Returns whether the user signs in with a code."""
    return SecondFactor.objects.filter(pk=user.pk, confirmed_at__isnull=False).exists()


def must_enroll(user: User) -> bool:
    """Returns whether HCI_REQUIRE_2FA requires a factor that the user does not have."""
    required = {
        "off": False,
        "administrators": user.is_superuser,
        "staff": user.is_superuser or user.is_staff,
    }[settings.REQUIRE_2FA]
    return required and not is_enrolled(user)


def is_in_use() -> bool:
    """Returns whether any user signs in with a code, or has to."""
    if settings.REQUIRE_2FA != "off":
        return True
    return SecondFactor.objects.filter(confirmed_at__isnull=False).exists()


def unconfirmed_secret(user: User) -> str:
    """Returns the secret for the user's app, in Base32.

    The same until it is confirmed. Raises InvalidError if one is confirmed already.
    """
    new = base64.b32encode(secrets.token_bytes(20)).decode()
    factor, _made = SecondFactor.objects.get_or_create(
        pk=user.pk, defaults={"secret": new}
    )
    if factor.confirmed_at is not None:
        raise InvalidError(sentence=_("Two-step sign-in is set up already."))
    return str(factor.secret)


def confirm(user: User, code: str) -> list[str]:
    """Sets up two-step sign-in after a first code; returns the recovery codes.

    Raises InvalidError for a wrong code, and if it is set up already.
    """
    secret = unconfirmed_secret(user)
    step = _step_of(secret, code, 0)
    with transaction.atomic():
        unconfirmed = SecondFactor.objects.filter(
            pk=user.pk, confirmed_at=None, secret__isnull=False
        )
        if step is None or not unconfirmed.update(
            last_step=step, confirmed_at=timezone.now()
        ):
            raise InvalidError({"code": [_("This code is wrong; wait for the next.")]})
        codes = _new_codes(user.pk)
        record("second-factor", "user", user.pk, after={"enrolled": True})
    return codes


def renew_codes(user: User) -> list[str]:
    """Replaces the recovery codes of an enrolled person and returns the new ones."""
    with transaction.atomic():
        codes = _new_codes(user.pk)
        record("second-factor", "user", user.pk, after={"recovery codes": len(codes)})
    return codes


def codes_left(user: User) -> int:
    """Returns the number of unused recovery codes."""
    return RecoveryCode.objects.filter(factor=user.pk, used_at=None).count()


def remove(user: User) -> bool:
    """Removes a user's second factor; returns whether there was one."""
    with transaction.atomic():
        found = SecondFactor.objects.filter(pk=user.pk, confirmed_at__isnull=False)
        removed, _rows = found.delete()
        if removed:
            record("second-factor", "user", user.pk, after={"enrolled": False})
    return removed > 0


def check(user: User, code: str | None) -> Answer:
    """Checks the code of a user whose password is right, and invalidates it."""
    factor = SecondFactor.objects.filter(pk=user.pk, confirmed_at__isnull=False).first()
    if factor is None:
        return Answer.OK
    typed = re.sub(r"[\s\-]", "", code or "").upper()
    if not typed:
        return Answer.MISSING
    is_right = _use_step(factor, typed) or _use_recovery_code(factor, typed)
    return Answer.OK if is_right else Answer.WRONG


def _use_step(factor: SecondFactor, code: str) -> bool:
    step = _step_of(factor.secret, code, factor.last_step + 1)
    if step is None:
        return False
    unused = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step)
    return unused.update(last_step=step) == 1


def _step_of(secret: str, code: str, least: int) -> int | None:
    """Returns the time step of the code, or None if it is wrong."""
    typed = re.sub(r"\s", "", code)
    if not _CODE.fullmatch(typed):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_NOW)
        (now,) = cursor.fetchone()
    totp = TOTP(base64.b32decode(secret), step=STEP, digits=DIGITS)
    totp.time = now
    if not totp.verify(int(typed), tolerance=TOLERANCE, min_t=least):
        return None
    return int(totp.t())


def _use_recovery_code(factor: SecondFactor, code: str) -> bool:
    known = [each.hex() for each in digests(_PURPOSE, code)]
    unused = RecoveryCode.objects.filter(factor=factor, digest__in=known, used_at=None)
    return unused.update(used_at=timezone.now()) == 1


def _new_codes(user_id: int) -> list[str]:
    RecoveryCode.objects.filter(factor=user_id).delete()
    plain = [
        base64.b32encode(secrets.token_bytes(7)).decode()[:10]
        for _number in range(RECOVERY_CODES)
    ]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(factor_id=user_id, digest=digest(_PURPOSE, each).hex())
        for each in plain
    )
    return [f"{each[:5]}-{each[5:]}" for each in plain]
