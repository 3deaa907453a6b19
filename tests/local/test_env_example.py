"""Every environment variable is in .env.example."""

import ast
import re

from django.conf import settings

PACKAGES = ("hci_center", "managers", "areas", "contacts", "chats")
NAME = re.compile(r"(?:HCI_[A-Z0-9_]+|DATABASE_URL|REDIS_URL)")
# Read by the client of S3, not by this code.
OF_S3 = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def read_names():
    """Returns the names that the code reads: first arguments of calls and subscripts."""
    found = set()
    for package in PACKAGES:
        for path in (settings.BASE_DIR / package).rglob("*.py"):
            text = path.read_text()
            if not NAME.search(text):
                continue
            for node in ast.walk(ast.parse(text)):
                arguments = node.args[:1] if isinstance(node, ast.Call) else []
                for argument in arguments:
                    value = getattr(argument, "value", None)
                    if isinstance(value, str) and NAME.fullmatch(value):
                        found.add(value)
    return found


def test_the_example_names_exactly_what_is_read():
    text = (settings.BASE_DIR / ".env.example").read_text()
    named = set(re.findall(r"^#?([A-Z0-9_]+)=", text, re.M))
    assert len(read_names()) > 20
    assert named - OF_S3 == read_names()
