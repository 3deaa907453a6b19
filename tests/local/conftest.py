"""Fixtures: the start of a process, with or without secrets."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from hci_center.local.secret_check import check_secrets
from tests.faults.conftest import cluster

__all__ = ["cluster"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The empty folder for generated secrets."""
    monkeypatch.setenv("HCI_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data" / "secrets"


@pytest.fixture
def check():
    """Checks the secrets as a start does; returns the output."""

    def checked():
        said = []
        check_secrets(said.append)
        return said

    return checked


def new_key():
    return Fernet.generate_key().decode()
