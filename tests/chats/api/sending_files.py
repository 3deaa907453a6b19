"""The call that sends a file, its refusals and the stored files."""

from __future__ import annotations

from tests.chats.files import sample_files
from tests.chats.files.sample_files import data_uri

PATH = "/api/chat/message/send/operator/file/8080"


def body_of(operator, content=sample_files.PNG, mime="image/png", said="image", **over):
    body = {
        "contactNumber": 551133334444,
        "from": str(operator.pk),
        "base64": data_uri(content, mime),
        "type": said,
        **over,
    }
    return {name: value for name, value in body.items() if value != ...}


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


def files_of(settings):
    return [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
