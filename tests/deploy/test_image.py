"""The content of an image of `bin/image` (its processes: the whole deployment test)."""

from __future__ import annotations

import json
import stat

import pytest

from tests.chats.files.conversion import samples
from tests.deploy.image import ImageStack

# The first test also starts everything.
pytestmark = pytest.mark.timeout(600)

LARGEST_MB = 350
CONVERSIONS = {
    "image/heic": ("image", lambda: samples.image("HEIF")),
    "image/avif": ("image", lambda: samples.image("AVIF")),
    "image/gif": ("picture", lambda: samples.animation("GIF")),
    "image/webp": ("picture", lambda: samples.image("WEBP")),
    "video/webm": ("video", lambda: samples.film("webm", "libvpx")),
    "audio/wav": ("voice", lambda: samples.sound("wav", "pcm_s16le")),
    "audio/mp4": ("audio", lambda: samples.sound("ipod", "aac", 44_100)),
}
USES = """
import json, os, pathlib
import boto3, holidays, pyrage, storages.backends.s3, xlsxwriter
os.environ["DJANGO_SETTINGS_MODULE"] = "hci_center.settings"
import django; django.setup()
from django.utils import formats, translation
from django.core.management import call_command
with translation.override("pt-br"):
    said = [translation.gettext("Password"), translation.gettext("contact")]
days = holidays.country_holidays("BR", years=2027, subdiv="SP", language="pt_BR")
s3 = boto3.client("s3", region_name="sa-east-1", aws_access_key_id="a", aws_secret_access_key="b")
call_command("openapi", "--check", verbosity=0)
print(json.dumps({
    "user": os.getuid(), "words": said, "days": len(days), "first": days["2027-01-01"],
    "s3": s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})[:24],
    "writes": os.access("/opt/hci", os.W_OK), "tools": [
        name for name in ("pip", "setuptools", "wheel", "pytest")
        if list(pathlib.Path("/opt/hci/.venv").rglob(f"site-packages/{name}"))],
}))
"""


@pytest.fixture
def image(stack):
    if not isinstance(stack, ImageStack):
        pytest.skip("HCI_TEST_IMAGE names no image")
    return stack


def test_it_contains_everything_needed(image):
    told = json.loads(image.says("python", "-c", USES).splitlines()[-1])
    assert told["user"] == 10001
    assert told["words"] == ["Senha", "contato"]
    assert (told["days"], told["first"]) == (11, "Confraternização Universal")
    assert told["s3"] == "https://s3.amazonaws.com"
    assert told["writes"] is False
    assert told["tools"] == []


@pytest.mark.parametrize("mime", CONVERSIONS)
def test_files_are_converted_in_it(image, mime):
    form, make = CONVERSIONS[mime]
    source = image.folder / "data" / "source"
    source.write_bytes(make())
    source.chmod(0o644)
    order = {
        "source": "/data/source",
        "target": "/data/made",
        "mime": mime,
        "form": form,
    }
    module = "chats.files.conversion.program"
    made = json.loads(image.says("python", "-m", module, json.dumps(order)))
    assert "reason" not in made, made
    assert (image.folder / "data" / "made").stat().st_size > 0


def test_its_size_is_limited(image):
    found = [path.lstat() for path in image.image.rglob("*") if not path.is_symlink()]
    files = {each.st_ino: each.st_size for each in found if stat.S_ISREG(each.st_mode)}
    size = sum(files.values()) / 1e6
    print(f"the image has {size:.0f} MB")  # noqa: T201 - for docs/deploy.md
    assert size < LARGEST_MB
