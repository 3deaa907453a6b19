"""The OpenAPI description of the menu's trial."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hci_center.api.schema.operation_docs import Json, OperationDoc, one_of
from hci_center.errors import ForbiddenError, ManagerNotFoundError


class TurnShape(serializers.Serializer[Any]):
    said = serializers.JSONField(help_text="The customer's message, as it was given.")
    answers = serializers.ListField(child=serializers.CharField())
    step = serializers.CharField(allow_null=True)
    sa = serializers.IntegerField(allow_null=True)


class EndShape(serializers.Serializer[Any]):
    why = serializers.ChoiceField(["area", "human", "customer", "retries"])
    area = serializers.CharField(
        allow_null=True, help_text="The code of the area; null if there is none."
    )


class TrialShape(serializers.Serializer[Any]):
    turns = TurnShape(many=True)
    ended = EndShape(allow_null=True)


_MENU: Json = {
    "greeting": "{saudacao}, {nome}!",
    "fallback": "vendas",
    "steps": [
        {
            "code": "inicio",
            "text": "Como podemos ajudar?",
            "options": [
                {
                    "key": 1,
                    "title": "Vendas",
                    "words": ["comprar"],
                    "do": "area",
                    "area": "vendas",
                    "text": "Um momento.",
                },
                {"key": 2, "title": "Encerrar", "do": "close", "text": "Até logo!"},
            ],
        }
    ],
}
MENU_PAGES = {
    "try_menu": OperationDoc(
        "Try a menu",
        "Simulates a conversation of a customer with the given `menu`, or with "
        "the current one. Nothing is stored or sent. For supervisors and keys.\n\n"
        "- `say` are the customer's messages. The first message opens the chat, "
        'and each message is handled separately. A file is `{"type": "image"}`.\n'
        "- `menu` has the format of provisioning. An invalid part is refused with "
        "its place, such as `menu.steps[0].options[2].area`.\n"
        "- `ended` is null while the customer is still in the menu.\n"
        "- If the customer is moved to an area that is closed at the time `at`, "
        "the answers include its `awayText`. If its `awayArea` is open, "
        "`ended.area` is that area.",
        answer=TrialShape,
        example={
            "turns": [
                {
                    "said": "oi",
                    "answers": [
                        "Bom dia, Maria!\n\nComo podemos ajudar?\n\n1 - Vendas\n"
                        "2 - Encerrar\n# - Sair"
                    ],
                    "step": "inicio",
                    "sa": 10,
                },
                {"said": "1", "answers": ["Um momento."], "step": None, "sa": None},
            ],
            "ended": {"why": "area", "area": "vendas"},
        },
        bodies={
            "The menu in force": {
                "number": 123456789,
                "say": ["oi", "1"],
                "name": "Maria Souza",
            },
            "A draft": {
                "number": 123456789,
                "say": ["oi", {"type": "image"}],
                "menu": _MENU,
                "at": 1795183200,
            },
        },
        rules=(one_of("number", "facebookId"),),
        refuses=(ForbiddenError, ManagerNotFoundError),
    ),
}
