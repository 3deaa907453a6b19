"""Every installed package is pinned, with the hashes of its files."""

import re

import pytest
from django.conf import settings

FILES = {
    "base": "requirements.txt",
    "local": "requirements-local.txt",
    "s3": "requirements-s3.txt",
    "sentry": "requirements-sentry.txt",
    "dev": "requirements-dev.txt",
}


def pins(text):
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[\w+\])?==([^\s;]+)", text, re.M))


def canonical(found):
    return {name.lower().replace("_", "-"): version for name, version in found.items()}


def chosen(name):
    """Returns the packages of the .in file and of those that it includes."""
    text = (settings.BASE_DIR / "requirements" / f"{name}.in").read_text()
    found = canonical(pins(text))
    for other in re.findall(r"^-r (\w+)\.in$", text, re.M):
        found |= chosen(other)
    return found


def locked(name):
    return (settings.BASE_DIR / FILES[name]).read_text()


@pytest.mark.parametrize("name", FILES)
def test_chosen_packages_are_locked(name):
    assert chosen(name)
    assert chosen(name).items() <= canonical(pins(locked(name))).items()


@pytest.mark.parametrize("name", FILES)
def test_every_package_has_a_hash(name):
    packages = re.split(r"^(?=[A-Za-z0-9])", locked(name), flags=re.M)[1:]
    assert packages
    assert all("--hash=sha256:" in package for package in packages)


def test_all_files_lock_the_same_versions():
    base = pins(locked("base"))
    for name in FILES:
        found = pins(locked(name))
        assert base.items() <= found.items()
    dev = pins(locked("dev"))
    for name in ("local", "s3", "sentry"):
        assert pins(locked(name)).items() <= dev.items()
