"""The measurements of sockets, each printing its figures as JSON lines."""

from __future__ import annotations

import asyncio
import sys

from centre import HERE, Bench, cpu_seconds, poster, resident, serving, wait_for
from load import Load, say


async def fan_out(bench: Bench) -> None:
    """One event to 1,000 sockets, each POST its own event, told by the process."""
    for label, start, arguments in (
        ("floor", [sys.executable, str(HERE / "peers" / "floor.py"), "{port}"], {}),
        (
            "socket.io",
            ["node", str(HERE / "peers" / "socketio.js"), "{port}"],
            {"is_socketio": True},
        ),
        ("ours", [sys.executable, str(HERE / "fan_out.py")], {}),
    ):
        for who in ("key", "operators") if label == "ours" else ("",):
            with serving(bench, start) as port:
                path = "/socket.io/?EIO=4&transport=websocket"
                if label == "ours":
                    load = await bench.sockets(who, bench.options.sockets, port)
                else:
                    load = Load(port, path if arguments else "/", **arguments)
                    await load.open(bench.options.sockets)
                post = poster(port)
                await load.phase(post, 5, gap=0.02, one_by_one=True)
                for _ in range(bench.options.rounds):
                    alone = await load.phase(post, 30, gap=0.02, one_by_one=True)
                    say("one at a time", server=label, who=who, **alone)
                    spent = cpu_seconds(bench.server)
                    row = await load.phase(post, 30, gap=0, one_by_one=False)
                    spent = cpu_seconds(bench.server) - spent
                    each = round(spent * 1e6 / (30 * len(load.peers)), 2)
                    say("in a row", server=label, who=who, cpu_us_each=each, **row)
                load.close()


async def live(bench: Bench) -> None:
    """From before the INSERT to the client, through everything."""
    for who in ("key", "operators"):
        for count in (100, bench.options.sockets):
            load = await bench.sockets(who, count, bench.centre.feed_port)
            await load.phase(bench.insert, 10, gap=0.05, one_by_one=True)
            for _ in range(bench.options.rounds):
                alone = await load.phase(bench.insert, 60, gap=0.03, one_by_one=True)
                say("commit to client", who=who, **alone)
                row = await load.phase(bench.insert, 100, gap=0, one_by_one=False)
                say("burst of commits", who=who, **row)
            load.close()
            await asyncio.sleep(0.5)


async def steady(bench: Bench) -> None:
    """300 commits a second with 1,000 sockets."""
    load = await bench.sockets(
        "operators", bench.options.sockets, bench.centre.feed_port
    )
    await load.phase(bench.insert, 10, gap=0.05, one_by_one=True)
    say("300 commits/s", **await load.steady(bench.change, 300, bench.options.seconds))
    load.close()


async def storm(bench: Bench) -> None:
    """All sockets dropped at once while 300 events are written."""
    load = await bench.sockets(
        "operators", bench.options.sockets, bench.centre.feed_port
    )
    await load.phase(bench.insert, 10, gap=0.05, one_by_one=True)
    say("storm", **await load.storm(bench.insert, 300))
    load.close()


async def memory(bench: Bench) -> None:
    """What a process needs for many sockets, and that an idle one stays open."""
    for count in (1000, bench.options.many):
        bench.centre.kill(["feed"])
        bench.centre.revive(["feed"])
        await wait_for(bench.centre.feed_port)
        [process] = bench.centre.living["feed"]
        warm = await bench.sockets("key", 50, bench.centre.feed_port)
        before = resident(process.pid)
        load = await bench.sockets("key", count, bench.centre.feed_port)
        await asyncio.sleep(1)
        each = (resident(process.pid) - before) / count
        say("memory", sockets=count, kib_per_socket=round(each, 1))
        await asyncio.sleep(bench.options.idle)
        gone = sum(peer.is_gone for peer in load.peers)
        say("idle", sockets=count, seconds=bench.options.idle, closed=gone)
        say("one event", **await load.phase(bench.insert, 5, gap=0.2, one_by_one=True))
        load.close()
        warm.close()
