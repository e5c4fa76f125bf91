"""The process that relays connections between hosts' networks: told by lines on standard input.

Run as `python -m infra.lab.fabric.relaying`. Each line holds all relays; the answer is `listening`
or what is wrong. It listens in the consumer's network and connects inside the server's: no
packet passes from one into the other, and nothing can begin at the server's side.
"""

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from typing import Any

from infra.lab.fabric import kernel

CHUNK = 65536
PATIENCE = 10.0
"""Seconds in which the server has to take a connection."""
Row = dict[str, Any]


def made(namespace: str, make: Callable[[], socket.socket]) -> socket.socket:
    """A socket made inside a namespace; it stays there, the thread does not."""
    with kernel.returning():
        kernel.enter(namespace)
        return make()


def listening(address: str, port: int) -> socket.socket:
    """A socket that listens."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    made.listen(128)
    made.setblocking(False)
    return made


def unconnected() -> socket.socket:
    """A socket that is to connect."""
    made = socket.socket()
    made.setblocking(False)
    return made


class Relaying:
    """The relays that stand, each with its server."""

    def __init__(self) -> None:
        self._standing: dict[str, asyncio.Server] = {}
        self._carried: dict[str, set[asyncio.Task[None]]] = {}

    async def follow(self, prefix: str, rows: list[Row]) -> None:
        """Stand for exactly these rows; those that go lose what they carry."""
        wanted = {json.dumps(row, sort_keys=True): row for row in rows}
        for key in self._standing.keys() - wanted.keys():
            self._standing.pop(key).close()
            for task in self._carried.pop(key, set()):
                task.cancel()
        for key in wanted.keys() - self._standing.keys():
            await self._stand(key, prefix, wanted[key])

    async def _stand(self, key: str, prefix: str, row: Row) -> None:
        door = made(prefix + row["consumer"], lambda: listening(row["address"], row["port"]))

        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            tasks = self._carried.setdefault(key, set())
            if task is not None:
                tasks.add(task)
            try:
                await carry(reader, writer, prefix + row["server"], row["to"], row["to_port"])
            finally:
                writer.close()
                tasks.discard(task)

        self._standing[key] = await asyncio.start_server(accepted, sock=door)


async def carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, namespace: str, to: str, port: int
) -> None:
    """One connection's two halves, until both sides have ended."""
    try:
        far = made(namespace, unconnected)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE):
            await loop.sock_connect(far, (to, port))
        back, onward = await asyncio.open_connection(sock=far)
    except OSError:
        return  # as AWS does: a connection that nobody serves is closed
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(copied(reader, onward))
            both.create_task(copied(back, writer))
    finally:
        onward.close()


async def copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything that comes from one side goes to the other, its end too."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except ConnectionError:
        writer.close()


async def main() -> None:
    """Follow what standard input says until it ends."""
    loop, relaying = asyncio.get_running_loop(), Relaying()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        try:
            await relaying.follow(asked["prefix"], asked["relays"])
            print("listening", flush=True)
        except OSError as error:
            print(f"{type(error).__name__}: {error}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
