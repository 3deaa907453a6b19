"""The committed OpenAPI document, read once: reading it takes a second."""

from __future__ import annotations

from typing import Any

import yaml

from hci_center.api.schema.document import committed_path

DOCUMENT: dict[str, Any] = yaml.load(
    committed_path().read_text(), Loader=yaml.CSafeLoader
)
