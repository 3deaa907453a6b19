"""The message templates of the fake Cloud API: listed in pages, checked when sent."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Any
from zlib import crc32

from hci_center.demo.gateways.graph import GraphError
from hci_center.demo.gateways.recorded import Recorded, Reply

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
# Not allowed in a parameter's text.
_UNSUITABLE = re.compile(r"[\n\r\t]| {5}")
LARGEST_LIMIT = 1000


def template(
    name: str,
    text: str,
    *more: dict[str, Any],
    language: str = "pt_BR",
    category: str = "UTILITY",
    status: str = "APPROVED",
) -> dict[str, Any]:
    """Builds a template as the platform lists it; `more` are further components."""
    return {
        "id": str(10**15 + crc32(f"{name} {language}".encode())),
        "name": name,
        "language": language,
        "status": status,
        "category": category,
        "components": [*more, {"type": "BODY", "text": text}],
    }


_CONTINUE = {"type": "QUICK_REPLY", "text": "Quero continuar"}
_TRACK = {
    "type": "URL",
    "text": "Rastrear",
    "url": "https://loja.example/rastreio/{{1}}",
}
_DOCUMENT = {"type": "HEADER", "format": "DOCUMENT"}


def sample_templates() -> list[dict[str, Any]]:
    """Returns the templates of a shop, with some that take more than a text."""
    return [
        template("boas_vindas", "Olá, {{1}}! Como podemos ajudar?"),
        template(
            "pedido_chegou",
            "Olá, {{1}}! Seu pedido de {{2}} chegou ao nosso depósito. "
            "Responda esta mensagem para combinar a entrega.",
        ),
        template(
            "retomar_conversa",
            "Olá! Ficamos sem terminar o seu atendimento. Podemos continuar?",
            {"type": "BUTTONS", "buttons": [_CONTINUE]},
        ),
        template(
            "pesquisa_satisfacao",
            "Olá, {{1}}! De 1 a 5, como foi o seu atendimento?",
            category="MARKETING",
        ),
        template(
            "segunda_via_boleto",
            "Olá, {{1}}! Segue a segunda via do boleto.",
            _DOCUMENT,
        ),
        template(
            "pedido_enviado",
            "Olá, {{1}}! Seu pedido saiu para entrega.",
            {"type": "BUTTONS", "buttons": [_TRACK]},
        ),
        template("lembrete_visita", "Olá, {{nome}}! Sua visita é {{dia}}."),
        template(
            "promocao_natal",
            "Olá, {{1}}! As ofertas de Natal começaram.",
            category="MARKETING",
            status="PENDING",
        ),
    ]


def list_templates(
    templates: list[dict[str, Any]], request: Recorded, url: str
) -> Reply:
    """Returns a page of the templates, as the request filters them."""
    query = request.query
    if request.method != "GET":
        raise GraphError(100, "Unsupported request", 33)
    chosen = [
        one for one in templates if query.get("status", one["status"]) == one["status"]
    ]
    limit = int(query.get("limit", "25"))
    if not 0 < limit <= LARGEST_LIMIT:
        raise GraphError(100, "(#100) Param limit must be a number between 1 and 1000")
    begin = _position(query["after"]) if "after" in query else 0
    shown = chosen[begin : begin + limit]
    names = ["id", *query.get("fields", "").split(",")]
    data = [{name: one[name] for name in names if name in one} for one in shown]
    end = begin + len(shown)
    paging: dict[str, Any] = {
        "cursors": {"before": _cursor(begin), "after": _cursor(end)}
    }
    if end < len(chosen):
        # The real address also contains the caller's token.
        token = f"access_token={request.bearer}"
        paging["next"] = f"{url}{request.path}?{token}&after={_cursor(end)}"
    return Reply(200, {"data": data, "paging": paging} if shown else {"data": []})


def _cursor(position: int) -> str:
    return b64encode(f"p{position}".encode()).decode()


def _position(cursor: str) -> int:
    try:
        return int(b64decode(cursor).decode().removeprefix("p"))
    except ValueError:
        raise GraphError(100, "(#100) Invalid cursor") from None


def template_as_sent(templates: list[dict[str, Any]], part: Any) -> str:
    """Returns the text that the customer reads.

    Raises GraphError for a template that is not approved, and for parameters that are
    not the ones it takes.
    """
    wanted = (part["name"], part["language"]["code"])
    known = [
        one
        for one in templates
        if (one["name"], one["language"]) == wanted and one["status"] == "APPROVED"
    ]
    if not known:
        raise GraphError(132001, "(#132001) Template name does not exist", 0, 404)
    given = {one["type"].upper(): one for one in part.get("components", [])}
    for component in known[0]["components"]:
        _require_given(component, given)
    [body] = [one for one in known[0]["components"] if one["type"] == "BODY"]
    return _filled(body["text"], given.get("BODY", {}).get("parameters", []))


def _require_given(component: dict[str, Any], given: dict[str, Any]) -> None:
    """Raises GraphError if a header or button lacks what it takes."""
    kind = component["type"]
    if kind == "HEADER" and component["format"] != "TEXT" and kind not in given:
        raise GraphError(132012, "(#132012) Parameter format does not match: header")
    links = [one.get("url", "") for one in component.get("buttons", [])]
    if any(map(_PLACEHOLDER.search, links)) and "BUTTON" not in given:
        raise GraphError(131008, "(#131008) Required parameter is missing: button")


def _filled(text: str, parameters: list[Any]) -> str:
    names = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
    if len(parameters) != len(names):
        raise GraphError(
            132000,
            "(#132000) Number of parameters does not match the expected number of "
            f"params: body: number of localizable_params ({len(parameters)}) does not "
            f"match the expected number of params ({len(names)})",
        )
    if any(not name.isdecimal() for name in names):
        raise GraphError(100, "(#100) Parameter name is missing or empty")
    values = {}
    for name, parameter in zip(sorted(names, key=int), parameters, strict=True):
        said = parameter.get("text", "")
        if not said:
            raise GraphError(131008, "(#131008) Parameter of type text is missing text")
        if _UNSUITABLE.search(said):
            raise GraphError(
                132018,
                "(#132018) Param text cannot have new-line/tab characters or more "
                "than 4 consecutive spaces",
            )
        values[name] = said
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), text)
