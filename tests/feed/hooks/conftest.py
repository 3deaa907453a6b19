"""Fixtures: a receiver of webhooks, and hooks that push to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hci_center.feed.hooks import saving
from hci_center.feed.models import Hook
from managers.models import ApiKey
from tests import builders
from tests.feed.hooks.receiver import Receiver, receiving
from tests.feed.processes import Feed

# The secret of the published example.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_c2VjcmV0LW9mLWEtcm90YXRlZC1lbmRwb2ludA=="


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as built:
        yield built


@pytest.fixture
def make_hook(feed: Feed, receiver: Receiver) -> Any:
    """Returns a function that creates a hook of a key; its managers are given.

    The feed has numbered the key itself before, so that the hook begins without reset.
    """

    def make(*managers: Any, kinds: tuple[str, ...] = (), url: str = "") -> Hook:
        key = builders.make_key(*managers)
        feed.await_numbered()
        row = ApiKey.objects.get(prefix=key[4:12])
        return saving.create_hook(row, url or receiver.url, SECRET, list(kinds))

    return make
