"""Generates, validates and reads the OpenAPI document."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import yaml
from django.conf import settings
from django.utils import translation
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from hci_center.api.schema import error_responses
from hci_center.api.schema.operations import as_documented

Json = dict[str, Any]


class NotADocumentError(Exception):
    """The viewsets do not produce a valid OpenAPI document."""


def committed_path() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


def made_from_code() -> bytes:
    """Generates the document as YAML, in English.

    Raises NotADocumentError if it is invalid or if drf-spectacular warns.
    """
    # Only who makes the document pays for the validator's import, readers do not.
    from drf_spectacular.validation import validate_schema

    with translation.override("en"):
        document = SchemaGenerator().get_schema(request=None, public=True)
    if GENERATOR_STATS:
        raise NotADocumentError("drf-spectacular warned: see above.")
    try:
        validate_schema(document)
    except Exception as error:  # the validator's error types vary
        raise NotADocumentError(str(error)) from error
    rendered: bytes = OpenApiYamlRenderer().render(document, renderer_context={})
    return rendered


@cache
def as_yaml() -> bytes:
    """Returns the committed document, read once."""
    return committed_path().read_bytes()


@cache
def as_json() -> bytes:
    """Returns the committed document as JSON, converted once."""
    return orjson.dumps(yaml.load(as_yaml(), Loader=yaml.CSafeLoader))


def complete(result: Json, **_: Any) -> Json:
    """Adds the shared parts: the error schema and the Idempotency-Key header."""
    result["paths"] = as_documented(result["paths"])
    components = result["components"]
    components["schemas"]["Refusal"] = error_responses.SCHEMA
    components["parameters"] = {
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Any text that identifies the call. A repeat with the same key "
            "within 24 hours gets the response of the first call.",
            "schema": {"type": "string", "maxLength": 255},
        }
    }
    return result
