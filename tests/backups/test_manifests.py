"""Invalid manifests of backups are refused with a one-sentence error."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from hci_center.backups import manifests
from hci_center.backups.errors import BackupError
from hci_center.backups.folder import Folder
from hci_center.backups.manifests import read_manifest


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        '"text"',
        "null",
        "{}",
        '{"format": "hci-backup/1"}',
        '{"format": "hci-backup/1", "key": "", "seal": 3}',
        '{"format": "hci-backup/1", "key": [], "seal": "é"}',
        '{"format": "hci-backup/1", "key": "", "seal": "é"}',
        r'{"format": "hci-backup/1", "key": "", "seal": "\ud800"}',
        "{",
    ],
)
def test_an_invalid_manifest_is_refused(tmp_path, content):
    (tmp_path / "20261129T030000Z").mkdir()
    (tmp_path / "20261129T030000Z" / "manifest.json").write_text(content)
    with pytest.raises(BackupError, match=r"is no backup|was changed"):
        read_manifest(Folder(tmp_path), "20261129T030000Z", None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"parts": {}},
        {"parts": []},
        {"parts": {"database.dump": {"file": "x"}}},
        {"files": None},
        {"files": {"pool": "files", "count": "3"}},
        {"rows": []},
        {"server": "18"},
        {"more": 1},
    ],
)
def test_a_sealed_manifest_with_invalid_fields_is_refused(made, tmp_path, wrong):
    manifest = read_manifest(made.target, made.name, made.key)
    content = {**asdict(manifest), "key": "", **wrong}
    sealed = {**content, "seal": manifests._seal(content, None)}
    (tmp_path / made.name).mkdir()
    (tmp_path / made.name / "manifest.json").write_text(json.dumps(sealed))
    with pytest.raises(BackupError, match="is no backup of a version"):
        read_manifest(Folder(tmp_path), made.name, None)
