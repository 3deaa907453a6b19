"""Adds files to a few messages of the demonstration: a picture, a voice note, a PDF."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from chats.files.data_uri import parse_data_uri
from chats.files.storage import attach, stored
from chats.models import Message
from managers.models import Manager

_FILES = Path(__file__).parent / "files"
# By the text sent with it: the message's type, the file and its media type.
_SAMPLES = {
    "Pago, segue o comprovante": ("image", "comprovante.png", "image/png"),
    "Aparece uma luz vermelha piscando": ("audio", "recado.ogg", "audio/ogg"),
    "Ainda estou aguardando": ("audio", "recado.ogg", "audio/ogg"),
    "Enviei para o seu e-mail e aqui está o código de barras.": (
        "pdf",
        "boleto.pdf",
        "application/pdf",
    ),
}
# Only among the newest messages, where a visitor looks first; this also bounds the
# query for a large demonstration.
_NEWEST = 200
_LATEST = """
WITH newest AS MATERIALIZED (
  SELECT id FROM contacts_contact
   WHERE manager_id = %s AND last_message_at IS NOT NULL
   ORDER BY last_message_at DESC LIMIT %s
)
SELECT DISTINCT ON (m.content) m.content, m.id
  FROM newest
  JOIN chats_chat h ON h.contact_id = newest.id
  JOIN chats_message m ON m.chat_id = h.id
 WHERE m.content = ANY(%s)
 ORDER BY m.content, m.created_at DESC, m.id DESC
"""


@contextmanager
def files_enclosed(managers: list[Manager], cursor: Any) -> Iterator[None]:
    """Attaches a file to each manager's latest message of each kind, in a transaction.

    The stored files are removed if the block fails: it should end with the commit.
    """
    with ExitStack() as stack:
        for manager in managers:
            cursor.execute(_LATEST, [manager.pk, _NEWEST, list(_SAMPLES)])
            for text, message_id in cursor.fetchall():
                _attach(message_id, *_SAMPLES[text], stack=stack)
        yield


def _attach(
    message_id: int, kind: str, file: str, mime: str, *, stack: ExitStack
) -> None:
    content = base64.b64encode((_FILES / file).read_bytes()).decode()
    sent = parse_data_uri(f"data:{mime};base64,{content}", settings.LARGEST_FILE)
    attachment = stack.enter_context(stored(sent))
    Message.objects.filter(pk=message_id).update(type=kind)
    attach(attachment, message_id)
