"""The measurements with sockets; each prints its figures as JSON lines."""

from __future__ import annotations

import asyncio
import sys

from centre import HERE, Bench, cpu_seconds, poster, resident, serving, wait_for
from counting import Fire
from load import Load, say

SERVERS = {
    "floor": [sys.executable, str(HERE / "peers" / "floor.py"), "{port}"],
    "socket.io": ["node", str(HERE / "peers" / "socketio.js"), "{port}"],
    "ours": [sys.executable, str(HERE / "fan_out.py")],
}


async def peer_sockets(label: str, count: int, port: int) -> Load:
    if label == "socket.io":
        path = "/socket.io/?EIO=4&transport=websocket"
        load = Load(port, path, is_socketio=True)
    else:
        load = Load(port, "/")
    await load.open(count)
    return load


async def fan_out(bench: Bench) -> None:
    """Sends events to 1,000 sockets, one per POST, published by the process itself."""
    count = bench.options.sockets
    for label, start in SERVERS.items():
        for who in ("key", "operators") if label == "ours" else ("",):
            with serving(bench, start) as port:
                if label == "ours":
                    load = await bench.sockets(who, count, port)
                else:
                    load = await peer_sockets(label, count, port)
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
    """Measures the delay from before the INSERT to the client, through all processes.

    In turns with socket.io, which gets a POST, because the core's speed varies.
    """
    for who in ("key", "operators"):
        for count in (100, bench.options.sockets):
            with serving(bench, SERVERS["socket.io"]) as port:
                loads = {
                    "socket.io": (
                        await peer_sockets("socket.io", count, port),
                        poster(port),
                    ),
                    "ours": (
                        await bench.sockets(who, count, bench.centre.feed_port),
                        bench.insert,
                    ),
                }
                for load, fire in loads.values():
                    await load.phase(fire, 10, gap=0.05, one_by_one=True)
                for _ in range(bench.options.rounds):
                    for label, (load, fire) in loads.items():
                        await compare(label, who, load, fire)
                for load, _ in loads.values():
                    load.close()
            await asyncio.sleep(0.5)


async def compare(label: str, who: str, load: Load, fire: Fire) -> None:
    await asyncio.sleep(0.3)  # until earlier events have no effect
    alone = await load.phase(fire, 60, gap=0.03, one_by_one=True)
    say("to client, alone", server=label, who=who, **alone)
    await asyncio.sleep(0.3)
    row = await load.phase(fire, 100, gap=0, one_by_one=False)
    say("to client, burst", server=label, who=who, **row)


async def steady(bench: Bench) -> None:
    """Measures 300 commits per second with 1,000 sockets."""
    load = await bench.sockets(
        "operators", bench.options.sockets, bench.centre.feed_port
    )
    await load.phase(bench.insert, 10, gap=0.05, one_by_one=True)
    say("300 commits/s", **await load.steady(bench.change, 300, bench.options.seconds))
    load.close()


async def storm(bench: Bench) -> None:
    """Drops all sockets at once while 300 events are written."""
    load = await bench.sockets(
        "operators", bench.options.sockets, bench.centre.feed_port
    )
    await load.phase(bench.insert, 10, gap=0.05, one_by_one=True)
    say("storm", **await load.storm(bench.insert, 300))
    load.close()


async def memory(bench: Bench) -> None:
    """Measures the memory of many sockets and checks that idle ones stay open."""
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
