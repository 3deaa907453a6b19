"""Fixtures: a browser, the web server and the feed, a company, signed-in operators."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from areas.models import Operator
from tests.console.browser.company import Company
from tests.console.browser.web import Web
from tests.feed.processes import Feed

# The headless shell has no extensions or window, and takes half of the time.
SHELL = "chromium-headless-shell"
WHOLE = ("chromium", "chromium-browser", "google-chrome")


def first_of(*names: str) -> str | None:
    """Returns the path of the first of these programs that is installed."""
    return next((path for name in names if (path := shutil.which(name))), None)


CHROMIUM = first_of(SHELL, *WHOLE)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-prefers-reduced-motion",
    "--font-render-hinting=none",
    # A fake microphone that beeps, without a permission dialog.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
PATIENCE = 20_000  # ms; it only guards against hanging

expect.set_options(timeout=PATIENCE)

SignIn = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is not None:
        return
    reason = (
        "NO CHROMIUM: the console is NOT TESTED in a browser (apt install chromium)"
    )
    for item in items:
        if "tests/console/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.skip(reason=reason))


@contextmanager
def loop_of_thread(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Makes Playwright's loop this thread's running loop within the block."""
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def playwright_and_loop() -> Iterator[tuple[Playwright, asyncio.AbstractEventLoop]]:
    with sync_playwright() as running:
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield running, loop
        asyncio._set_running_loop(loop)


@pytest.fixture(scope="session")
def browser(playwright_and_loop: Any) -> Iterator[Browser]:
    yield from launched(CHROMIUM, *playwright_and_loop)


def launched(
    path: str | None, playwright: Playwright, loop: asyncio.AbstractEventLoop
) -> Iterator[Browser]:
    with loop_of_thread(loop):
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
    yield browser
    with loop_of_thread(loop):
        browser.close()


@pytest.fixture(scope="module", autouse=True)
def _loop_of_playwright(playwright_and_loop: Any, browser: Browser) -> Iterator[None]:
    """Django would refuse queries in a thread that runs a loop, and has others there."""
    allowed = pytest.MonkeyPatch.context()
    with loop_of_thread(playwright_and_loop[1]), allowed as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield
        # Nothing else closes them: connections of a loop are not those without one.
        connections.close_all()


@pytest.fixture(scope="session")
def running_web(running_feed: Feed, tmp_path_factory: Any) -> Iterator[Web]:
    web = Web(running_feed, tmp_path_factory.mktemp("web"))
    try:
        web.prepare()
        web.start()
        yield web
    finally:
        web.stop()


@pytest.fixture
def company(
    running_feed: Feed, running_web: Web, transactional_db: None, settings: Any
) -> Iterator[Company]:
    settings.FEED_PORT, settings.PORT = running_feed.port, running_feed.web_port
    yield Company(running_web.url)
    running_feed.await_quiet()


@pytest.fixture
def new_context(browser: Browser, running_web: Web) -> Iterator[Callable[..., Any]]:
    """Opens browser contexts; fails the test on any error in their pages."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def make(**options: Any) -> BrowserContext:
        defaults = {
            "base_url": running_web.url,
            "locale": "pt-BR",
            "timezone_id": "America/Sao_Paulo",
            "viewport": {"width": 1440, "height": 900},
            "reduced_motion": "reduce",
            "service_workers": "block",
        }
        context = browser.new_context(**defaults | options)
        context.set_default_timeout(PATIENCE)
        context.on("weberror", lambda error: problems.append(str(error.error)))
        context.on("dialog", lambda dialog: problems.append(f"dialog {dialog.message}"))
        context.on("console", lambda said: _note(problems, said))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert problems == []


def _note(problems: list[str], said: Any) -> None:
    # A browser says as an error that a call was refused or the network is away; the
    # console shows these to the operator.
    expected = ("Failed to load resource", "net::ERR_", "WebSocket connection to")
    if said.type == "error" and not any(part in said.text for part in expected):
        problems.append(said.text)


@pytest.fixture
def sign_in(new_context: Callable[..., BrowserContext], running_web: Web) -> SignIn:
    """Signs in, opens a path of the console, and waits until it is live.

    With `clock` the page's time is fixed, but timers run.
    """

    def opened(
        operator: Operator,
        place: str = "/inbox/mine",
        clock: datetime | None = None,
        **options: Any,
    ) -> Page:
        context = new_context(**options)
        if clock is not None:
            context.clock.set_fixed_time(clock)
        client = Client()
        client.force_login(operator.user)
        cookie = client.cookies["sessionid"].value
        context.add_cookies(
            [{"name": "sessionid", "value": cookie, "url": running_web.url}]
        )
        page = context.new_page()
        page.goto(place)
        await_live(page)
        return page

    return opened


def await_live(page: Page) -> None:
    """Waits until the page has applied all changes; a phone hides the label."""
    page.locator(".status:not(.status--off)").get_by_text(
        re.compile("^(Conectado|Connected)$")
    ).wait_for(state="attached")
