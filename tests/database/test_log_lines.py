"""Database errors are logged without the values sent to the database."""

from __future__ import annotations

import logging
import logging.config

import pytest
from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction

from contacts.models import Contact
from tests import builders

NAME = "Maria Segredo"


@pytest.fixture
def formatter():
    """Returns the formatter of the server's own log."""
    given = dict(settings.LOGGING["formatters"]["line"])
    made = logging.config.DictConfigurator({"version": 1}).configure_formatter(given)
    assert isinstance(made, logging.Formatter)
    return made


def logged(formatter, error):
    info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "Failed", (), info)
    return formatter.format(record)


def refused_row():
    with transaction.atomic():
        builders.make_contact(builders.make_manager(), name=NAME, channel="carrier")


def refused_value():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT %s::text::bigint", [NAME])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fail", "kind"), [(refused_row, IntegrityError), (refused_value, DataError)]
)
def test_the_values_are_left_out_and_the_location_is_logged(formatter, fail, kind):
    with pytest.raises(kind) as caught:
        fail()
    assert NAME in str(caught.value)
    text = logged(formatter, caught.value)
    assert NAME not in text
    assert f"django.db.utils.{kind.__name__}: " in text
    assert f"in {fail.__name__}" in text
    assert "direct cause" in text


@pytest.mark.django_db
def test_the_constraint_is_named(formatter):
    with pytest.raises(IntegrityError) as caught:
        refused_row()
    names = {constraint.name for constraint in Contact._meta.constraints}
    assert any(
        f"(constraint {name})" in logged(formatter, caught.value) for name in names
    )


def failure(raise_it):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any
        raise_it()
    return caught.value


def test_other_errors_are_logged_as_usual(formatter):
    def fail():
        try:
            None.missing  # noqa: B018
        except AttributeError as error:
            raise ValueError("outer") from error

    error = failure(fail)
    usual = logging.Formatter().formatException(
        (type(error), error, error.__traceback__)
    )
    assert logged(formatter, error).partition("\n")[2] == usual
    assert "'NoneType' object has no attribute 'missing'" in usual


@pytest.mark.parametrize(
    "fail",
    [
        lambda: int(NAME),
        lambda: {}[NAME],
        lambda: Contact.objects.filter(pk=NAME),
        lambda: Contact.objects.filter(pk={NAME: 1}),
        lambda: int(f"it's {NAME}"),
    ],
)
def test_values_quoted_in_an_error_are_left_out(formatter, fail):
    error = failure(fail)
    assert NAME in str(error)
    text = logged(formatter, error)
    assert NAME not in text
    assert type(error).__name__ in text


def test_numbers_and_secrets_are_masked(formatter):
    values = (
        "5511987654321",
        "hci_0123abcd_" + "x" * 43,
        "EAAGm0PX4ZCpsBAKZCZBx7",
        "postgres://hci:sesame@db/hci",
        "12-" + "0a75fc83" * 5,
    )
    text = logged(formatter, RuntimeError(" /".join(values)))
    assert not any(value in text for value in (*values, "sesame"))
    assert "RuntimeError: " in text


def test_ids_and_times_are_not_masked(formatter):
    kept = "message 123456789 8f14e45f-ceea-467f-a111-123456789012 2026-11-29T10:00:00.123456"
    assert kept in logged(formatter, RuntimeError(kept))


def test_an_error_that_is_its_own_cause_is_logged(formatter):
    one, two = ValueError("one"), ValueError("two")
    one.__context__, two.__context__ = two, one
    assert "one" in logged(formatter, one)
