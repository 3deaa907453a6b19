"""The rules of the demonstration's companies, in the provisioning format."""

from __future__ import annotations

from datetime import date
from typing import Any

from hci_center.demo.seed.dialogues import AREAS
from managers.models import Manager

# Always open, so that assignment can also be tried at night.
ALWAYS_OPEN = "suporte"

_HOUR, _MINUTE = 3600, 60
_WEEKDAY = ["08:00-12:00", "13:00-18:00"]
_POLICY: dict[str, Any] = {
    "hours": {
        **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), _WEEKDAY),
        "sat": ["08:00-13:00"],
    },
    "awayText": (
        "{saudacao} {nome}! No momento {area} está fora do horário de atendimento. "
        "Voltamos {abre}. Pode deixar sua mensagem por aqui."
    ),
    "cap": 15,
    "closingText": (
        "A {empresa} agradece o contato! O protocolo deste atendimento é {protocolo}."
    ),
    "slaQueue": 5 * _MINUTE,
    "slaFirst": 10 * _MINUTE,
    "slaReply": 15 * _MINUTE,
    "slaResolution": 24 * _HOUR,
    "idleWarn": 4 * _HOUR,
    "idleWarnText": "{nome}, você ainda precisa de ajuda?",
    "idleClose": 2 * _HOUR,
    "idleText": "Encerramos por falta de resposta. Se precisar, é só escrever de novo.",
    "reopen": 2 * _HOUR,
    "survey": True,
}
_AREA_POLICIES: dict[str, dict[str, Any]] = {
    ALWAYS_OPEN: {
        "hours": "always",
        "assign": "fewest",
        "lastOperator": 24 * _HOUR,
        "releaseOffline": 5 * _MINUTE,
    },
    "vendas": {"assign": "rotation", "lastOperator": 24 * _HOUR},
    "agendamento": {"awayArea": ALWAYS_OPEN},
}
_MENU: dict[str, Any] = {
    "greeting": "{saudacao} {nome}! Aqui é o atendimento da {empresa}.",
    "fallback": ALWAYS_OPEN,
    "steps": [
        {
            "code": "inicio",
            "text": "Como podemos ajudar?",
            "options": [
                {
                    "key": key,
                    "title": name,
                    "do": "step" if code == ALWAYS_OPEN else "area",
                    ("step" if code == ALWAYS_OPEN else "area"): code,
                    "text": ""
                    if code == ALWAYS_OPEN
                    else "Você está na fila de {area}. Protocolo {protocolo}.",
                }
                for key, (code, name) in enumerate(AREAS.items(), start=1)
            ]
            + [
                {
                    "key": 6,
                    "title": "Horário de atendimento",
                    "words": ["horário", "funcionamento"],
                    "do": "text",
                    "text": "De segunda a sexta das 8h às 18h, e aos sábados até as 13h.",
                },
                {"key": 9, "title": "Falar com uma pessoa", "do": "human"},
            ],
        },
        {
            "code": ALWAYS_OPEN,
            "text": "É sobre o quê?",
            "options": [
                {
                    "key": 1,
                    "title": "Algo não funciona",
                    "words": ["defeito", "quebrado"],
                    "do": "area",
                    "area": ALWAYS_OPEN,
                    "text": "Certo! Em instantes alguém vai te atender.",
                },
                {
                    "key": 2,
                    "title": "Garantia",
                    "do": "area",
                    "area": ALWAYS_OPEN,
                    "text": "Tenha a nota fiscal à mão. Já vamos te atender.",
                },
            ],
        },
    ],
}
_LISTS: dict[str, list[dict[str, Any]]] = {
    "closingReasons": [
        {"code": "resolvido", "name": "Resolvido"},
        {"code": "sem_resposta", "name": "Cliente não respondeu"},
        {"code": "engano", "name": "Engano"},
    ],
    "transferReasons": [
        {"code": "outra_area", "name": "Assunto de outra área"},
        {"code": "fim_turno", "name": "Fim do turno"},
    ],
    "pauseReasons": [
        {"code": "almoco", "name": "Almoço", "minutes": 60},
        {"code": "pausa", "name": "Pausa (NR-17)", "minutes": 10},
        {"code": "reuniao", "name": "Reunião", "minutes": 30},
    ],
    "tags": [
        {"code": "vip", "name": "VIP", "colour": "#b45309"},
        {"code": "reclamacao", "name": "Reclamação", "colour": "#dc2626"},
        {"code": "orcamento", "name": "Orçamento", "colour": "#2563eb"},
    ],
    "replies": [
        {
            "shortcut": "ola",
            "title": "Saudação",
            "text": "{saudacao} {nome}! Aqui é {operador}. Como posso ajudar?",
        },
        {
            "shortcut": "aguarde",
            "title": "Um momento",
            "text": "Só um instante, {nome}, já estou verificando.",
        },
        {
            "shortcut": "pix",
            "title": "Chave Pix",
            "text": "Nossa chave Pix é o CNPJ. Me mande o comprovante por aqui.",
            "area": "financeiro",
        },
    ],
}


def rules_of_company(manager: Manager, today: date) -> dict[str, Any]:
    """Returns a manager of the demonstration with its rules, for `provision`."""
    areas = [
        {"code": code, "name": name}
        | ({"policy": _AREA_POLICIES[code]} if code in _AREA_POLICIES else {})
        for code, name in AREAS.items()
    ]
    names = {"number": manager.number, "facebookId": manager.facebook_id}
    return {
        "name": manager.name,
        **{key: value for key, value in names.items() if value},
        "areas": areas,
        "uf": "SP",
        "nationalHolidays": [today.year, today.year + 1],
        "policy": _POLICY,
        "menu": _MENU,
        **_LISTS,
    }
