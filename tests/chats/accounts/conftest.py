"""A WhatsApp Business account with templates."""

from __future__ import annotations

import pytest

from tests.chats.accounts.template_steps import (
    name_business,
)


@pytest.fixture
def business(cloud, manager):
    name_business(manager)
    return cloud
