"""Third-party browser files: unchanged, and with their licences."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from django.conf import settings

VENDOR = Path(settings.BASE_DIR) / "static" / "vendor"


def test_the_files_are_as_published():
    lines = re.findall(
        r"^\| `([^`]+)` \| `sha384-([^`]+)` \|$",
        (VENDOR / "VENDOR.md").read_text(),
        re.MULTILINE,
    )
    listed = dict(lines)
    there = {
        str(path.relative_to(VENDOR)): path
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "VENDOR.md"
    }
    assert set(listed) == set(there)
    for name, path in there.items():
        digest = hashlib.sha384(path.read_bytes()).digest()
        assert base64.b64encode(digest).decode() == listed[name], name


def test_each_file_has_its_licence():
    folders = {path for path in VENDOR.iterdir() if path.is_dir()}
    assert folders
    assert all((folder / "LICENSE").is_file() for folder in folders)
