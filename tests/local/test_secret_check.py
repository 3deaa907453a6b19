"""Starting with secrets that are missing, or are not those of the database."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError, connection

from hci_center.encryption import decrypt, encrypt
from hci_center.local import secret_check, start_check
from hci_center.local.errors import SecretsError
from hci_center.local.models import SecretProof
from hci_center.local.secret_check import take_secret_key
from hci_center.local.start_check import start_checked
from tests.builders import make_key
from tests.local.conftest import new_key

pytestmark = pytest.mark.django_db

OTHER = "a-secret-key-of-another-centre-" * 2


@pytest.fixture(autouse=True)
def unproven(db):
    """Forgets checked secrets, which a process of another test may have stored late."""
    SecretProof.objects.all().delete()


def spoil(value):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE managers_manager SET facebook_token = %s", [value])


# Different from the database's


def test_the_same_secrets_are_accepted_every_time(check, manager):
    assert check() == []
    assert check() == []
    assert SecretProof.objects.count() == 2


def test_other_token_keys_are_refused(check, settings):
    check()
    settings.TOKEN_KEYS = [new_key()]
    with pytest.raises(SecretsError, match="HCI_TOKEN_KEYS does not hold the key"):
        check()


def test_a_newer_token_key_before_the_old_one_is_accepted(check, settings):
    check()
    settings.TOKEN_KEYS = [new_key(), *settings.TOKEN_KEYS]
    assert check() == []
    settings.TOKEN_KEYS = settings.TOKEN_KEYS[:1]
    with pytest.raises(SecretsError):
        check()


def test_another_secret_key_is_refused(check, settings):
    check()
    settings.SECRET_KEY = OTHER
    with pytest.raises(SecretsError, match="HCI_SECRET_KEY is not the one"):
        check()


def test_a_new_secret_key_with_the_old_as_fallback_replaces_it(check, settings):
    check()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = OTHER
    assert check() == []
    settings.SECRET_KEY_FALLBACKS = []
    assert check() == []


def test_a_lost_secret_key_can_be_given_up(check, settings):
    check()
    settings.SECRET_KEY = OTHER
    take_secret_key()
    assert check() == []


# A database of an earlier version ------------------------------------------------


def test_keys_that_decrypt_the_rows_are_accepted(check, manager):
    check()
    assert decrypt(SecretProof.objects.get(name="token_keys").proof) == "hci"


def test_rows_that_no_key_decrypts_refuse_the_start(check, manager, settings):
    settings.TOKEN_KEYS = [new_key()]
    with pytest.raises(SecretsError, match="HCI_TOKEN_KEYS"):
        check()
    assert not SecretProof.objects.filter(name="token_keys").exists()


def test_one_undecryptable_row_does_not_refuse_the_start(check, manager, other_manager):
    spoil("spoilt")
    other_manager.save()
    assert check() == []


# Missing -------------------------------------------------------------------------


@pytest.fixture
def without(settings, folder):
    def taken(*names):
        if "HCI_SECRET_KEY" in names:
            settings.SECRET_KEY = ""
        if "HCI_TOKEN_KEYS" in names:
            settings.TOKEN_KEYS = []

    return taken


@pytest.mark.parametrize(
    "missing",
    [["HCI_SECRET_KEY"], ["HCI_TOKEN_KEYS"], ["HCI_SECRET_KEY", "HCI_TOKEN_KEYS"]],
)
def test_no_secret_is_generated_for_a_database_in_use(
    check, manager, without, folder, missing
):
    without(*missing)
    with pytest.raises(SecretsError, match="not set") as refused:
        check()
    assert str(refused.value).startswith(" and ".join(missing))
    assert not folder.exists()


def test_a_database_with_checked_secrets_is_in_use(check, without, folder):
    check()
    without("HCI_TOKEN_KEYS")
    with pytest.raises(SecretsError):
        check()
    assert not folder.exists()


def test_a_database_with_only_api_keys_is_in_use(check, without, db):
    make_key()
    without("HCI_SECRET_KEY")
    with pytest.raises(SecretsError):
        check()


def test_they_are_generated_for_a_new_database_and_announced(
    check, without, folder, settings
):
    without("HCI_SECRET_KEY", "HCI_TOKEN_KEYS")
    [said] = check()
    assert said.startswith("Made HCI_SECRET_KEY and HCI_TOKEN_KEYS")
    assert str(folder) in said
    assert (folder / "secret_key").read_text().strip() == settings.SECRET_KEY
    assert decrypt(encrypt("x")) == "x"
    assert check() == []


def test_two_machines_never_generate_different_secrets_for_one_database(
    check, without, tmp_path, monkeypatch
):
    """Both start at once, on a new database."""
    without("HCI_SECRET_KEY", "HCI_TOKEN_KEYS")
    monkeypatch.setattr(secret_check, "_is_used", lambda: False)
    check()
    monkeypatch.setenv("HCI_DATA_DIR", str(tmp_path / "other"))
    without("HCI_SECRET_KEY", "HCI_TOKEN_KEYS")
    with pytest.raises(SecretsError):
        check()


# The process ---------------------------------------------------------------------


def test_a_refused_process_ends_with_a_sentence_and_2(check, settings, capsys):
    check()
    settings.TOKEN_KEYS = [new_key()]
    with pytest.raises(SystemExit) as ended:
        start_checked()
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("HCI_TOKEN_KEYS")


@pytest.mark.django_db(transaction=True)
def test_an_unavailable_database_is_checked_when_it_is_back(monkeypatch, settings):
    check, asked = start_check.check_secrets, threading.Event()
    answers = [OperationalError("away"), OperationalError("away")]

    def away_twice(say):
        if answers:
            raise answers.pop()
        check(say)
        asked.set()

    monkeypatch.setattr(start_check.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(start_check, "check_secrets", away_twice)
    start_checked()
    assert asked.wait(10)
    assert SecretProof.objects.count() == 2


def test_without_secrets_and_database_nothing_starts(monkeypatch, without):
    def away(_say):
        raise OperationalError("away")

    without("HCI_SECRET_KEY")
    monkeypatch.setattr(start_check, "check_secrets", away)
    with pytest.raises(OperationalError):
        start_checked()
