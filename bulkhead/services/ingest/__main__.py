"""The command: one argument, the configuration. Exit code 2 for one that cannot be used.

With --check the configuration is read and nothing else is done.
"""

import signal
import sys
from pathlib import Path

from bulkhead.services.ingest import status
from bulkhead.services.ingest.config import BadConfig, load
from bulkhead.services.ingest.service import Service


def main(arguments: list[str]) -> int:
    """Run until SIGTERM; SIGHUP reads certificates and revocation lists again."""
    check, files = "--check" in arguments, [row for row in arguments if row != "--check"]
    if len(files) != 1:
        sys.stderr.write("usage: python3 -m bulkhead.services.ingest [--check] CONFIG.toml\n")
        return 2
    try:
        service = Service(load(Path(files[0])))
    except BadConfig as error:
        sys.stderr.write(f"{error}\n")
        return 2

    if check:
        return 0

    def stop(*_: object) -> None:
        service.stopping = True

    def renew(*_: object) -> None:
        service.renew = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, renew)
    status.notify("READY=1")
    service.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
