"""The provider's process: prints its port, serves, and ends when the engine does."""

import argparse
import os
import select
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from infra.lab.provider.server import Provider

WORKERS = 16
GRACE = 5.0
"""Seconds that calls under way have to end in, once the engine is done with us."""


def main() -> None:
    """Serve one engine. The arguments are the launcher's, then the engine's address."""
    parser = argparse.ArgumentParser(prog="pulumi-resource-aws")
    parser.add_argument("--version-of-sdk", required=True)
    parser.add_argument("--notes", type=Path, required=True)
    known, _ = parser.parse_known_args()
    engine = os.getppid()
    server, port = serve(Provider(known.version_of_sdk, known.notes))
    print(port, flush=True)
    # The engine interrupts its plugins when it is done with them, and kills after ten seconds.
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    threading.Thread(target=_end_with, args=(engine,), daemon=True).start()
    ended.wait()
    server.stop(GRACE).wait()


def serve(provider: Provider) -> tuple[grpc.Server, int]:
    """A started server on a free loopback port."""
    unbounded = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(WORKERS), options=unbounded)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def _end_with(parent: int) -> None:
    """Wait for the engine's end, however it comes, so that a killed engine leaves no provider."""
    try:
        handle = os.pidfd_open(parent)
    except OSError:
        os._exit(0)
    if os.getppid() == parent:
        select.select([handle], [], [])
    os._exit(0)


if __name__ == "__main__":
    main()
