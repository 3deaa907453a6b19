"""The log tells of a database error without what was sent to the database."""

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
    """The one that the server's own log is written with."""
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


def test_other_errors_are_logged_unchanged(formatter):
    def fail():
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise ValueError("outer") from error

    with pytest.raises(ValueError, match="outer") as caught:
        fail()
    error = caught.value
    usual = logging.Formatter().formatException(
        (type(error), error, error.__traceback__)
    )
    assert logged(formatter, error).partition("\n")[2] == usual


def test_an_error_that_causes_itself_ends(formatter):
    one, two = ValueError("one"), ValueError("two")
    one.__context__, two.__context__ = two, one
    assert "one" in logged(formatter, one)
