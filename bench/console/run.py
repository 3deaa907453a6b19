"""Measures the console in Chromium: loading, keys, opening, events, scrolling, memory.

    python bench/console/run.py [--size S1] [--chromium /usr/bin/chromium] [--keep DIR]

Starts `bin/run` on the rows of bench/rest with one manager: 10,000 contacts wait in its
queues, one of them has 10,000 messages. Signs an operator in and prints each figure
beside its target. An event's time is from the clock of the database when it was
written, which is before its commit, until it has been painted.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "rest"))

import dataset  # noqa: E402
import rows  # noqa: E402
from servers import PORT, Product  # noqa: E402

BASE = f"http://127.0.0.1:{PORT}"
EVENTS, A_SECOND = 10_000, 100
PASSWORD = "bench-of-the-console"  # noqa: S105 - of a scratch installation
LET_IN = f"""
from areas.models import Operator
user = Operator.objects.get(pk=1).user
user.set_password("{PASSWORD}")
user.save()
"""
FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"]
# All wait, and the one with the most messages waits longest.
ALL_WAIT = """
UPDATE contacts_contact SET operator_id = NULL, queued_at = created_at, unread = 0,
       waiting_since = created_at + make_interval(secs => id)
"""
WRITE = """
WITH one AS (
  UPDATE contacts_contact SET last_message_at = clock_timestamp() WHERE id = %(contact)s
  RETURNING id, manager_id)
INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction, type, content,
                           url, sender, status, error, created_at)
SELECT gen_random_uuid(), one.manager_id, one.id, one.id, 'in', 'text',
       'mark-' || %(mark)s || '-', '', 'x', 'read', '', clock_timestamp() FROM one
"""

Figure = tuple[str, float, float, str]


class Bench:
    def __init__(self, page: Page, loader: str) -> None:
        self.page, self.loader = page, loader
        self.found: list[Figure] = []

    def note(self, name: str, value: float, target: float, unit: str) -> None:
        self.found.append((name, value, target, unit))
        print(f"# {name}: {value:.1f} {unit}", flush=True)

    # Loading

    def load(self) -> None:
        page = self.page
        page.goto(f"{BASE}/")
        page.fill("input[name=username]", "bench-1")
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector(".app")
        page.context.clear_cookies(name="nothing")
        page.goto(f"{BASE}/inbox/queue")
        began = time.perf_counter()
        page.reload()
        page.wait_for_selector(".card[data-protocol]")
        self.note("interactive", (time.perf_counter() - began) * 1000, 1000, "ms")
        sizes = {"script": 0, "other": 0}
        for url in page.evaluate(
            "performance.getEntriesByType('resource').map(e => e.name)"
        ):
            if "/api/" in url:
                continue
            body = page.request.get(url, headers={"Accept-Encoding": "identity"}).body()
            packed = (
                len(body) if url.endswith(".woff2") else len(gzip.compress(body, 9))
            )
            sizes["script" if ".js" in url else "other"] += packed
        self.note("scripts, compressed", sizes["script"] / 1000, 150, "KB")
        self.note("first load, compressed", sum(sizes.values()) / 1000, 300, "KB")

    # Keys and opening

    def open_chats(self) -> None:
        took = [
            self.page.evaluate(
                "n => probe.open(document.querySelectorAll('.card[data-protocol]')[n])",
                n,
            )
            for n in range(1, 11)
        ]
        self.note(
            "open a conversation, median of 10", statistics.median(took), 150, "ms"
        )
        self.note("open a conversation, slowest of 10", max(took), 150, "ms")

    def type_text(self) -> None:
        page = self.page
        page.keyboard.press("a")
        page.wait_for_selector("#composer")
        page.focus("#composer")
        page.evaluate("probe.keys.length = 0")
        page.keyboard.type(
            "Bom dia! Vou ver isso agora mesmo para o senhor. " * 3, delay=20
        )
        keys = page.evaluate("probe.keys")
        self.note("keystroke to paint, p95", percentile(keys, 95), 50, "ms")
        self.note("keystroke to paint, slowest", max(keys), 50, "ms")

    # Scrolling

    def scroll(self) -> None:
        page = self.page
        for name, selector, by in (
            ("list", "#cards", 300),
            ("conversation", "#log", -300),
        ):
            page.evaluate("probe.longTasks.length = 0")
            page.evaluate("([s, by]) => probe.scroll(s, by, 400)", [selector, by])
            tasks = page.evaluate("probe.longTasks")
            self.note(
                f"longest task while scrolling the {name}",
                max(tasks, default=0),
                50,
                "ms",
            )

    # Events

    def events(self, contact: int) -> None:
        page = self.page
        page.evaluate("probe.watch()")
        before = self._memory()
        written: dict[str, float] = {}
        writer = threading.Thread(target=self._write, args=[contact, written])
        writer.start()
        while writer.is_alive():
            page.wait_for_timeout(500)
        page.wait_for_timeout(2000)
        seen = dict(page.evaluate("[...probe.seen]"))
        delays = [seen[mark] - at for mark, at in written.items() if mark in seen]
        print(f"# {len(delays)} of {len(written)} events were seen on the screen")
        self.note("event to paint, median", statistics.median(delays), 200, "ms")
        self.note("event to paint, p99", percentile(delays, 99), 200, "ms")
        self.note(
            "memory after 10,000 events, to before", self._memory() / before, 1.2, ""
        )

    def _write(self, contact: int, written: dict[str, float]) -> None:
        with psycopg.connect(self.loader, autocommit=True) as db:
            begun = time.monotonic()
            for mark in range(EVENTS):
                time.sleep(max(0, begun + mark / A_SECOND - time.monotonic()))
                # Most are of other chats; every tenth of the one that is open.
                pk = contact if mark % 10 == 0 else 2 + mark % 50
                if mark % 10 == 0:
                    written[str(mark)] = time.time() * 1000
                db.execute(WRITE, {"contact": pk, "mark": mark})

    def _memory(self) -> float:
        session = self.page.context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        return float(self.page.evaluate("performance.memory.usedJSHeapSize"))


def percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def show(found: list[Figure]) -> bool:
    print("\n| figure | measured | target | |\n| --- | --- | --- | --- |")
    for name, value, target, unit in found:
        met = "met" if value <= target else "**missed**"
        print(f"| {name} | {value:.1f} {unit} | {target:g} {unit} | {met} |")
    return all(value <= target for _, value, target, _ in found)


def measure(chosen: argparse.Namespace, folder: Path) -> bool:
    product = Product(folder, chosen.cores)
    product.start()
    try:
        loader = dataset.prepare(folder, product.connection(), chosen.size)
        product.manage("shell", "-v0", "-c", LET_IN)
        contact = list(rows.contact_pks(chosen.size).values())[rows.BIG]
        with psycopg.connect(loader, autocommit=True) as db:
            db.execute(ALL_WAIT)
            db.execute(
                "UPDATE contacts_contact SET queued_at = '2020-01-01' WHERE id = %s",
                [contact],
            )
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chosen.chromium, args=FLAGS
            )
            page = browser.new_page(
                viewport={"width": 1440, "height": 900}, locale="pt-BR"
            )
            page.add_init_script(path=HERE / "probe.js")
            bench = Bench(page, loader)
            bench.load()
            bench.open_chats()
            page.evaluate("probe.open(document.querySelector('.card[data-protocol]'))")
            bench.scroll()
            page.evaluate("document.querySelector('.to-end')?.click()")
            bench.type_text()
            bench.events(contact)
            browser.close()
    finally:
        product.stop()
    return show(bench.found)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="S1", choices=rows.SIZES)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--cores", default="0,1")
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hci-bench-") as name:
        met = measure(chosen, (chosen.keep or Path(name)).absolute())
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
