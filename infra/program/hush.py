"""What the engine's SDK says in threads of its own goes into a log, not among a user's lines.

The SDK reads the engine's output and events in threads. An interrupt closes what they read from,
and they would tell it with tracebacks, after the command has said all that there is to say.
"""

import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hushed(log: Path) -> Iterator[None]:
    """Write to `log` what befalls threads meanwhile; after an interrupt, until the process ends."""
    before = threading.excepthook

    def told(args: threading.ExceptHookArgs) -> None:
        with log.open("a") as file:
            traceback.print_exception(args.exc_type, args.exc_value, args.exc_traceback, file=file)

    threading.excepthook = told
    warnings.filterwarnings("ignore", message="Error in event stream")
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException:
        threading.excepthook = before
        raise
    threading.excepthook = before
