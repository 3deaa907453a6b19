"""The list of chats reads at most the manager's open chats, or a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from chats.inbox import word_search
from tests.plans.crowd import CONTACTS
from tests.plans.reading import work_of

PAGE = 50
# The words of all messages, as the worker has indexed them.
WORDS = """
INSERT INTO chats_word (message_id, manager_id, contact_id, words)
SELECT id, manager_id, contact_id, to_tsvector('hci_pt', content) FROM chats_message;
ANALYZE chats_word;
"""


def listed(key: Any, crowd: Any, **fields: Any) -> Any:
    body = {"number": crowd.number, **fields}
    work, answer = work_of(lambda: key.post("/api/chat/list", body))
    assert len(answer.json()["data"]["chats"]) == PAGE
    return work


@pytest.mark.parametrize("state", ["open", "waiting", "answered", "all"])
def test_contacts_are_found_by_the_open_chats(crowd, key, state):
    work = listed(key, crowd, state=state, counts=True)
    # For the page and for the counts, and once more for the lines.
    assert work.rows["contacts_contact"] <= 2 * CONTACTS + 3 * PAGE
    assert not work.whole & {"contacts_contact", "chats_chat", "chats_message"}


def test_a_common_part_of_names_is_searched_in_the_open_chats(crowd, key):
    work = listed(key, crowd, text="cliente")
    assert "contacts_contact" not in work.whole
    assert work.rows["contacts_contact"] <= CONTACTS + 3 * PAGE


def test_a_common_word_is_searched_once_in_each_chat(crowd, key, monkeypatch):
    monkeypatch.setattr(word_search, "MOST_CHATS", 0)
    with connection.cursor() as cursor:
        cursor.execute(WORDS)
    work = listed(key, crowd, words="pedido", state="all")
    # A chat has 300 hits: joined with one another they would be 45,000.
    assert work.rows["chats_message"] <= 10 * CONTACTS
    assert "chats_message" not in work.whole
