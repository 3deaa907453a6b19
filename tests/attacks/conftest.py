from __future__ import annotations

from tests.delivery.conftest import cloud, rounds

__all__ = ["cloud", "rounds"]
