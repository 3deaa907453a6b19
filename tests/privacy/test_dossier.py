"""A dossier contains all data about a person, encrypted until it is fetched."""

from __future__ import annotations

import io
import json
import re
import zipfile
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from chats.models import Attachment, ChatEvent, Message, Note
from contacts.models import Contact
from hci_center.audit.models import AuditLine
from hci_center.privacy import dossier
from hci_center.privacy.models import Request, Retention
from tests import builders
from tests.admin.conftest import sign_in_to_admin
from tests.privacy.person import NUMBER, WORD, make_person
from tests.privacy.test_erasing import ask, erase

OFFICE = "application/vnd.openxmlformats-officedocument"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def person(manager) -> Contact:
    contact = make_person(manager)
    Contact.objects.filter(pk=contact.pk).update(name=HOSTILE)
    Message.objects.filter(content=f"I am {WORD}").update(content='=HYPERLINK("x")')
    return contact


@pytest.fixture
def request_(person) -> Request:
    request = ask(person, kind="dossier")
    assert dossier.make_waiting() == 1
    request.refresh_from_db()
    return request


def fetch(desk, request, typed="secret-password"):
    return desk.post(
        f"/admin/privacy/requests/{request.pk}/dossier/", {"password": typed}
    )


def test_the_zip_holds_everything(request_, supervisor, manager):
    answer = fetch(sign_in_to_admin(supervisor), request_)
    file = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert file.testzip() is None
    names = set(file.namelist())
    assert {"LEIA-ME.txt", "dossie.html", "dossie.json", "manifesto.json"} <= names
    manifest = json.loads(file.read("manifesto.json"))
    assert {*manifest["files"], "manifesto.json"} == names
    for name, said in manifest["files"].items():
        assert said["sha256"] == sha256(file.read(name)).hexdigest()
    (held,) = json.loads(file.read("dossie.json"))["managers"]
    assert held["name"] == manager.name
    assert {each["alias"] for each in held["contacts"][0]["identities"]} >= {NUMBER}
    said = [one for chat in held["chats"] for one in chat["messages"]]
    assert len(said) == Message.objects.count()
    assert held["contacts"][0]["notes"][0]["text"] == f"{WORD} is nice"
    assert len(held["deliveries"]) == 2
    assert WORD in held["raw"][0]["payload"]
    pictures = [name for name in names if name.startswith("arquivos/")]
    assert all(name.endswith(f"-{WORD}.png") for name in pictures)
    assert file.read(pictures[0]) == f"a file of {WORD}".encode()
    assert len([name for name in names if name.startswith("retratos/")]) == 1
    (table, _other) = [name for name in names if name.startswith("mensagens/")]
    assert "'=HYPERLINK" in file.read(table).decode("utf-8-sig")


def test_readable_files_have_names_of_kinds_and_local_times(
    request_, supervisor, manager
):
    answer = fetch(sign_in_to_admin(supervisor), request_)
    file = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    page = file.read("dossie.html").decode()
    zone = ZoneInfo(manager.time_zone)
    note = Note.objects.earliest("pk")
    at = note.created_at.astimezone(zone).strftime("%d/%m/%Y %H:%M:%S")
    assert f"<div>{at} Ana: {WORD} is nice</div>" in page
    assert f"<div>{NUMBER}</div>" in page
    opened = ChatEvent.objects.filter(kind="opened").earliest("pk")
    at = opened.at.astimezone(zone).strftime("%d/%m/%Y %H:%M:%S")
    assert f"<li>{at} Aberto" in page
    assert not re.search(r"\d{4}-\d\d-\d\dT|external_id|\{&#x27;", page)
    tables = [name for name in file.namelist() if name.startswith("mensagens/")]
    rows = file.read(tables[0]).decode("utf-8-sig").split("\r\n")
    assert re.match(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d;(Recebida|Enviada);", rows[1])
    states = {(row.split(";")[1], row.split(";")[-1] != "") for row in rows[1:-1]}
    assert states == {("Recebida", False), ("Enviada", True)}


@pytest.mark.parametrize(
    ("mime", "suffix"),
    [
        (f"{OFFICE}.wordprocessingml.document", "docx"),
        ("text/plain", "txt"),
        ("audio/mpeg", "mp3"),
        ("application/x-unknown", "bin"),
    ],
)
def test_files_have_suffixes_of_their_types(person, mime, suffix):
    Attachment.objects.update(mime=mime)
    made = io.BytesIO()
    dossier.write_dossier(ask(person, kind="dossier"), made)
    inside = zipfile.ZipFile(made).namelist()
    names = [name for name in inside if name.startswith("arquivos/")]
    assert names
    assert all(name.endswith(f".{suffix}") for name in names)


def test_it_has_the_managers_retention_periods(person, manager):
    Retention.objects.create(
        manager=manager, words_months=24, saved_by="user:1", runs_from=timezone.now()
    )
    made = io.BytesIO()
    dossier.write_dossier(ask(person, kind="dossier"), made)
    (held,) = json.loads(zipfile.ZipFile(made).read("dossie.json"))["managers"]
    assert held["retention"].startswith("Palavras e arquivos: 24 meses")


def test_hostile_names_are_escaped(request_, supervisor):
    answer = fetch(sign_in_to_admin(supervisor), request_)
    file = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    page = file.read("dossie.html").decode()
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page


def test_it_is_encrypted_and_fetched_with_the_password(request_, supervisor, data):
    with default_storage.open(request_.file) as stored:
        assert not zipfile.is_zipfile(io.BytesIO(stored.read()))
    desk = sign_in_to_admin(supervisor)
    assert fetch(desk, request_, "wrong").status_code == 302
    assert not AuditLine.objects.filter(act="fetch").exists()
    assert fetch(desk, request_).status_code == 200
    line = AuditLine.objects.get(act="fetch")
    assert (line.credential, line.target) == (f"user:{supervisor.pk}", request_.code)


def test_it_is_deleted_after_seven_days(request_):
    assert dossier.forget_old() == 0
    Request.objects.update(done_at="2026-01-01T00:00Z")
    assert dossier.forget_old() == 1
    assert not default_storage.exists(request_.file)


def test_other_users_cannot_fetch_it(request_, other_manager):
    foreign = sign_in_to_admin(builders.make_supervisor(other_manager))
    assert fetch(foreign, request_).status_code == 404


def test_an_erasure_deletes_the_dossiers(request_, person):
    name = request_.file
    erase(person)
    assert not default_storage.exists(name)
    request_.refresh_from_db()
    assert request_.file == ""


def test_the_command_writes_it_to_a_file(person, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    call_command("dossier", "+55 11 98765-0001")
    written = Path(capsys.readouterr().out.strip())
    assert zipfile.is_zipfile(written)
    assert written.stat().st_mode & 0o077 == 0
    assert dossier.make_waiting() == 0
    with pytest.raises(CommandError, match="Nothing is held"):
        call_command("dossier", "5511900000000")
