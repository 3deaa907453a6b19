from __future__ import annotations

from tests.chats.conftest import rounds

__all__ = ["rounds"]
