"""Describes a viewset's action as an operation of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry

from hci_center.api.fields import WireField
from hci_center.api.request_schema import Body
from hci_center.api.schema.error_responses import common_errors, responses_to
from hci_center.api.schema.operation_docs import (
    Answer,
    Json,
    OperationDoc,
    operation_doc,
    tag_of,
)
from hci_center.api.viewset import FILE_BODY, Operation

MEDIA_TYPES = ("application/json", "application/x-www-form-urlencoded")
# Public names and schemas of the path parameters.
PARAMETERS: dict[str, tuple[str, Json]] = {
    "controller_port": (
        "controllerPort",
        {"type": "integer", "minimum": 1, "maximum": 65535, "example": 8080},
    ),
    "facebook_id": (
        "facebookId",
        {
            "type": "string",
            "pattern": r"^[A-Za-z0-9_.:\-]{1,64}$",
            "example": "369258147",
        },
    ),
}
VERBS = ("get", "post", "put", "delete")
KEYS: list[Json] = [{"apiKey": []}, {"xApiKey": []}]
IDEMPOTENCY_KEY: Json = {"$ref": "#/components/parameters/IdempotencyKey"}


class WireFieldExtension(OpenApiSerializerFieldExtension):
    """Uses the schema that a WireField provides."""

    target_class = "hci_center.api.fields.WireField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Json:
        field: WireField = self.target
        return field.schema()


class ContractSchema(AutoSchema):
    """Builds an operation from its declaration and its OperationDoc."""

    view: Any  # a ContractViewSet, made for one action

    def get_operation(
        self,
        path: str,
        path_regex: str,
        path_prefix: str,
        method: str,
        registry: ComponentRegistry,
    ) -> Json:
        self.registry = registry
        self.path, self.path_regex, self.path_prefix = path, path_regex, path_prefix
        self.method = method
        declared: Operation = getattr(self.view, self.view.action).operation
        page, chapter = operation_doc(self.view), tag_of(self.view)
        parameters = self._path_parameters()
        refusals = common_errors(declared, method, has_parameters=bool(parameters))
        operation: Json = {
            "operationId": f"{chapter.lower()}_{self.view.action}",
            "summary": page.summary,
            "description": page.description,
            "tags": [chapter],
            "security": _security(declared, method),
        }
        if method == "GET":
            parameters += self._query_parameters(declared.body)
        else:
            parameters += [IDEMPOTENCY_KEY] if declared.repeatable else []
            operation |= self._request(declared, page)
        if parameters:
            operation["parameters"] = parameters
        operation["responses"] = {"200": self._success(page)} | responses_to(
            [*refusals, *page.refuses], registry
        )
        return operation

    def _path_parameters(self) -> list[Json]:
        return [
            {"name": name, "in": "path", "required": True, "schema": schema}
            for inside, (name, schema) in PARAMETERS.items()
            if f"{{{inside}}}" in self.path
        ]

    def _query_parameters(self, body: type[Body]) -> list[Json]:
        return [
            {"name": name, "in": "query", "schema": field.schema()}
            for name, field in wire_fields(body).items()
        ]

    def _request(self, declared: Operation, page: OperationDoc) -> Json:
        if not wire_fields(declared.body):
            return {}
        component = self.resolve_serializer(declared.body(), "request")
        schema: Json = component.ref
        if page.rules:
            schema = {"allOf": [schema, *page.rules]}
        content: Json = {media_type: {"schema": schema} for media_type in MEDIA_TYPES}
        content["application/json"]["examples"] = {
            title: {"value": body} for title, body in page.bodies.items()
        }
        limit = "40 MiB" if declared.body_limit == FILE_BODY else "2 MiB"
        return {
            "requestBody": {
                "description": f"The body can have at most {limit}.",
                "required": True,
                "content": content,
            }
        }

    def _success(self, page: OperationDoc) -> Json:
        return {
            "description": "Success.",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["success", "data"],
                        "properties": {
                            "success": {"const": True},
                            "data": self._shape(page.answer),
                        },
                    },
                    "example": {"success": True, "data": page.example},
                }
            },
        }

    def _shape(self, answer: Answer) -> Json:
        if isinstance(answer, dict):
            return answer
        if isinstance(answer, list):
            return {"type": "array", "items": self._shape(answer[0])}
        ref: Json = self.resolve_serializer(answer(), "response").ref
        return ref


def wire_fields(body: type[Body]) -> dict[str, WireField]:
    return {
        name: field
        for name, field in body._declared_fields.items()
        if isinstance(field, WireField)
    }


def _security(declared: Operation, method: str) -> list[Json]:
    """Returns the security schemes: an API key, or a login session with CSRF token."""
    token: Json = {} if method == "GET" else {"csrfToken": []}
    if declared.anonymous:
        return [token, {"session": []}] if method == "GET" else [token]
    keys = [] if "key" in declared.closed_to else KEYS
    return [*keys, {"session": []} | token]


def as_documented(paths: Json) -> Json:
    """Returns the paths with the parameters' public names."""
    renamed: Json = {}
    for path, operations in paths.items():
        for inside, (name, _schema) in PARAMETERS.items():
            path = path.replace(f"{{{inside}}}", f"{{{name}}}")
        renamed[path] = {verb: operations[verb] for verb in VERBS if verb in operations}
    return renamed
