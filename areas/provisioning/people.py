"""Validates the people of a provisioning file before anything is saved."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import F, Func
from django.utils.translation import gettext as _

from areas.provisioning.registry import Values
from areas.provisioning.schema import ProvisionError


def refuse_wrong_people(managers: list[Values]) -> None:
    """Raises ProvisionError with every invalid password and user name."""
    people = list(_people(managers))
    names = {values["username"] for _location, values in people}
    known = {user.username: user for user in User.objects.filter(username__in=names)}
    alike = _alike(names)
    problems = []
    for location, values in people:
        username = values["username"]
        if username in alike:
            sentence = _(
                "The user name of another user differs from this one in the form of "
                "its letters alone."
            )
            problems.append(f"{location}.username: {sentence}")
        wrong = _wrong_password(values, known.get(username))
        if wrong:
            problems.append(f"{location}.password: {wrong}")
    if problems:
        raise ProvisionError(*problems)


def _people(managers: list[Values]) -> Iterator[tuple[str, Values]]:
    """Yields each person's values with their location in the file."""
    for number, manager in enumerate(managers):
        for part in ("supervisors", "operators"):
            for n, values in enumerate(manager.get(part, [])):
                yield f"managers[{number}].{part}[{n}]", values


def _alike(names: set[str]) -> set[str]:
    """Returns the names that equal another user's name once that is normalized.

    Such a user was stored by other means: our own code always normalizes.
    """
    normalized = Func(
        F("username"),
        function="normalize",
        template="%(function)s(%(expressions)s, NFKC)",
    )
    others = User.objects.annotate(normalized=normalized).exclude(
        normalized=F("username")
    )
    return set(others.filter(normalized__in=names).values_list("normalized", flat=True))


def _wrong_password(values: Values, user: User | None) -> str:
    """Returns the validators' messages; "" also for the user's current password."""
    password = values.get("password")
    if password is None:
        return ""
    try:
        validate_password(password, user or User(username=values["username"]))
    except ValidationError as error:
        if user is None or not user.check_password(password):
            return " ".join(error.messages)
    return ""
