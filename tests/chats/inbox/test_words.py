"""POST api/chat/list with `words`: the index of messages' words, and its results."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from chats.inbox import word_search, words
from chats.inbox.words import index_waiting_words, index_words
from chats.messages.store import FILE_CONTENT
from chats.models import Message, MessageWords, WordsProgress
from contacts.models import Contact
from tests import builders
from tests.chats.inbox.rows import at, listed, open_chat
from tests.conftest import signed_in
from tests.feed.stamped import stamp


@pytest.fixture
def index():
    """Numbers the changes, as the relay does, and indexes all pending messages."""

    def follow():
        stamp()
        while index_words():
            pass

    follow()
    return follow


@pytest.fixture(params=["rare", "few chats", "common"])
def each_way(request, monkeypatch):
    """Runs each test with all three query plans."""
    if request.param != "rare":
        monkeypatch.setattr(word_search, "COMMON_HITS", 0)
    if request.param == "common":
        monkeypatch.setattr(word_search, "MOST_CHATS", 0)
        monkeypatch.setattr(word_search, "NARROWEST_WINDOW", 1)
        monkeypatch.setattr(word_search, "HITS_A_CHAT", 0)
        monkeypatch.setattr(word_search, "WIDEST_WINDOW", 5)


def said(chat, *texts, **over):
    return [builders.make_message(chat, content=text, **over) for text in texts]


def hits(api, **fields):
    lines = listed(api, **fields)["chats"]
    return [(line["protocol"], line["hit"]["id"]) for line in lines]


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ("boleto", True),
        ("boletos vencidos", True),
        ("VENCIDO boleto", True),
        ("não", True),
        ("cartao", True),
        ("cartão", True),
        ("bole", False),
        ("boleto cancelado", False),
        ("de o para", False),
        ("'; DROP & | ! ( ) :*", False),
    ],
)
def test_whole_words_stemmed_all_in_one_message(
    api, manager, index, each_way, asked, is_found
):
    chat = open_chat(manager)
    first, _ = said(chat, "Não paguei o boleto vencido no cartão", "já foi cancelado")
    index()
    wanted = [(chat.protocol, str(first.uuid))] if is_found else []
    assert hits(api, words=asked) == wanted


def test_each_chat_once_with_its_newest_hit(api, manager, index, each_way):
    chats = [open_chat(manager) for _ in range(3)]
    newest = {}
    for text in ("um boleto", "outro boleto", "mais um boleto"):
        for chat in chats:
            newest[chat.protocol] = said(chat, text)[0]
    said(chats[0], "obrigado")
    index()
    wanted = [(chat.protocol, str(newest[chat.protocol].uuid)) for chat in chats[::-1]]
    assert hits(api, words="boleto") == wanted
    seen, after = [], {}
    for _ in chats:
        data = listed(api, words="boleto", limit=1, **after)
        seen += [(line["protocol"], line["hit"]["id"]) for line in data["chats"]]
        after = {"after": data["next"]}
        # New messages meanwhile neither repeat nor hide a chat.
        said(chats[0], "boleto de novo")
        index()
    assert seen == wanted
    assert data["next"] is None


def test_hits_respect_states_and_visibility(
    api, other_api, manager, index, each_way, ana, support
):
    is_open = open_chat(manager, area=support)
    closed = open_chat(manager, chat={"closed_at": at(1)})
    gone = open_chat(manager, deleted_at=timezone.now())
    for chat in (is_open, closed, gone):
        said(chat, "boleto")
    index()

    def found(api, state):
        return [protocol for protocol, _ in hits(api, words="boleto", state=state)]

    assert found(api, "open") == [is_open.protocol]
    assert found(api, "closed") == [closed.protocol]
    assert found(api, "all") == [closed.protocol, is_open.protocol]
    assert found(signed_in(ana.user), "all") == [closed.protocol]
    assert found(other_api, "all") == []
    assert not MessageWords.objects.filter(contact=gone.contact).exists()


def test_the_hit_shows_the_part_around_the_words(api, manager, index):
    chat = open_chat(manager)
    long = " ".join(f"palavra{n}" for n in range(500))
    said(chat, f"{long} <b>boleto</b> {long}")
    index()
    (line,) = listed(api, words="boleto")["chats"]
    assert "boleto" in line["hit"]["text"]
    assert len(line["hit"]["text"]) < 600


def test_captions_are_found_and_placeholders_of_files_are_not(api, manager, index):
    chat = open_chat(manager)
    (file,) = said(
        chat, FILE_CONTENT, type="image", url="a", details={"caption": "Meu bolo"}
    )
    index()
    assert hits(api, words="bolos") == [(chat.protocol, str(file.uuid))]
    assert hits(api, words="arquivo anexo") == []


def test_the_index_follows_edits_deletions_and_returns(api, manager, index):
    chat = open_chat(manager)
    (message,) = said(chat, "boleto")
    index()
    Message.objects.filter(pk=message.pk).update(content="fatura")
    index()
    assert hits(api, words="boleto") == []
    assert len(hits(api, words="fatura")) == 1
    contact = Contact.objects.filter(pk=chat.contact_id)
    contact.update(deleted_at=timezone.now())
    index()
    assert MessageWords.objects.count() == 0
    contact.update(deleted_at=None)
    index()
    assert len(hits(api, words="fatura")) == 1
    Message.objects.filter(pk=message.pk).update(content="...")
    index()
    assert MessageWords.objects.count() == 0


def test_a_late_commit_is_indexed(api, manager, index):
    """A lower id may be committed after higher ones were indexed."""
    chat = open_chat(manager)
    late, early = said(chat, "atrasada", "adiantada")
    Message.objects.filter(pk=late.pk).delete()
    index()
    builders.make_message(chat, pk=late.pk, content="atrasada")
    assert late.pk < early.pk
    index()
    assert len(hits(api, words="atrasada")) == 1


@pytest.mark.parametrize("why", ["epoch", "gap"])
def test_everything_is_indexed_again_when_changes_are_unknown(
    api, manager, index, monkeypatch, why
):
    monkeypatch.setattr(words, "MOST_MESSAGES", 2)
    chat = open_chat(manager)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('hci.capture', 'off', true)")
        texts = said(chat, *(f"restaurada {n}" for n in range(5)))
        cursor.execute("SELECT set_config('hci.capture', 'on', true)")
        if why == "epoch":
            cursor.execute("SELECT change_new_epoch()")
        else:
            said(chat, "depois")
            stamp()
            cursor.execute(
                "DELETE FROM change_feed WHERE seq <= (SELECT max(seq) - 1 FROM change_feed)"
            )
            said(chat, "bem depois")
    index()
    assert WordsProgress.objects.get().scan_below is None
    assert hits(api, words="restaurada") == [(chat.protocol, str(texts[-1].uuid))]
    found = MessageWords.objects.filter(message__in=texts)
    assert found.count() == 5


def test_storing_a_message_does_not_write_the_search_index(manager, index):
    said(open_chat(manager), "boleto")
    assert MessageWords.objects.count() == 0
    index_waiting_words(1.0)
    assert MessageWords.objects.count() == 0
    stamp()
    index_waiting_words(5.0)
    assert MessageWords.objects.count() == 1
