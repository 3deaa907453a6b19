"""The people and times in the events."""

from __future__ import annotations

import time
from datetime import UTC, datetime

PHONE = "5511987654321"
NOW = int(time.time())
AT = datetime.fromtimestamp(NOW, UTC)
