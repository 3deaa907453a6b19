"""A process as it begins: without secrets, or with those that a test gives it."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from hci_center.local.secret_check import check_secrets
from tests.faults.conftest import cluster

__all__ = ["cluster"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where made secrets are kept: nothing is there yet."""
    monkeypatch.setenv("HCI_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data" / "secrets"


@pytest.fixture
def check():
    """Checks the secrets as a start does; what it said."""

    def checked():
        said = []
        check_secrets(said.append)
        return said

    return checked


def new_key():
    return Fernet.generate_key().decode()
