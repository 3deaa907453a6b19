"""Secrets from variables and from files."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from hci_center.environment import Environment
from hci_center.secret_values import secret


@pytest.fixture
def file(tmp_path):
    """Returns a file with a secret and a newline, as editors write it."""
    path = tmp_path / "secret"
    path.write_text("of the file, \n\n")
    return path


def test_a_secret_is_read_from_its_file_without_one_newline(file):
    assert secret({"X_FILE": str(file)}, "X") == "of the file, \n"
    assert secret({"X": "$given"}, "X") == "$given"
    assert secret({"X_FILE": ""}, "X") == ""


def test_a_secret_that_is_given_twice_is_refused(file):
    with pytest.raises(ImproperlyConfigured, match="X and X_FILE are both set"):
        secret({"X": "hidden", "X_FILE": str(file)}, "X")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "X_FILE names .*, which cannot be read: No such file or directory"),
        (b"", "X_FILE names .*, which is empty"),
        (b"\n", "X_FILE names .*, which is empty"),
        (b"\xff", "X_FILE names .*, which is no text"),
        (b"a" * 70_000, "X_FILE names .*, which is too long"),
        (b" \n", "X holds nothing but spaces"),
    ],
)
def test_a_file_without_a_secret_is_refused(tmp_path, content, sentence):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match=sentence):
        secret({"X_FILE": str(path)}, "X")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="Is a directory"):
        secret({"X_FILE": str(tmp_path)}, "X")


def test_a_list_and_an_address_from_a_file(monkeypatch, tmp_path):
    path = tmp_path / "secret"
    path.write_text("one, two\n")
    monkeypatch.setenv("X_FILE", str(path))
    assert Environment().secrets("X") == ["one", "two"]
    path.write_text("postgres://u:p@db/name\n")
    assert Environment().database("X", default="")["PASSWORD"] == "p"
