"""A small menu for tests, in provisioning's format."""

from __future__ import annotations

from typing import Any

MENU: dict[str, Any] = {
    "greeting": "{saudacao}, {nome}!",
    "invalid": "Não entendi.",
    "media": "Só texto, por favor.",
    "goodbye": "Até logo!",
    "fallback": "suporte",
    "steps": [
        {
            "code": "inicio",
            "text": "Como podemos ajudar?",
            "options": [
                {
                    "key": 1,
                    "title": "Vendas",
                    "words": ["comprar", "preço"],
                    "do": "area",
                    "area": "vendas",
                    "text": "Você vai para {area}.",
                },
                {"key": 2, "title": "Suporte", "do": "step", "step": "suporte"},
                {"key": 3, "title": "Horário", "do": "text", "text": "Das 8 às 18."},
                {"key": 4, "title": "Atendente", "do": "human", "text": "Um momento."},
                {"key": 5, "title": "Nada", "do": "close", "text": "Tudo bem!"},
            ],
        },
        {
            "code": "suporte",
            "text": "Qual é o problema?",
            "options": [
                {"key": 1, "title": "2ª via", "do": "area", "area": "suporte"},
                {"key": 10, "title": "Início", "do": "step", "step": "inicio"},
            ],
        },
    ],
}

ROOT = "Como podemos ajudar?\n\n1 - Vendas\n2 - Suporte\n3 - Horário\n4 - Atendente\n5 - Nada\n# - Sair"
SUPPORT = "Qual é o problema?\n\n1 - 2ª via\n10 - Início\n0 - Voltar\n# - Sair"
