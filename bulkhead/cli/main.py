"""`bulkhead`: reads the arguments, runs one verb, turns problems into text and an exit code.

Heavy imports wait until a verb runs, so that `--help` answers at once.
"""

import argparse
import errno
import os
import sys
from collections.abc import Sequence

from bulkhead.cli import (
    attack,
    compare,
    cut,
    doctor,
    down,
    drill,
    env,
    execute,
    explain,
    importing,
    logs,
    mesh,
    plan,
    plant,
    probe,
    report,
    ssh,
    status,
    up,
    verify,
)
from bulkhead.cli.show import problems
from bulkhead.errors import DEVIATED, BulkheadError, MissingHere, Problem

VERBS = (
    plan,
    importing,
    compare,
    up,
    probe,
    explain,
    drill,
    attack,
    verify,
    plant,
    report,
    status,
    execute,
    ssh,
    logs,
    cut,
    mesh,
    down,
    env,
    doctor,
)


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="bulkhead",
        description="Stand up, break and prove a hosted OT platform. One blueprint, three "
        "environments: sim (a model, any machine), lab (this Linux machine, as root: real "
        "packets), aws (an account).",
        epilog="exit codes: 0 held; 1 something deviated; 2 the input is wrong; 3 something "
        "needed is missing here",
    )
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in VERBS:
        verb.register(verbs)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code and never raises."""
    args = parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except BulkheadError as error:
        problems(error, as_json=args.json)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; what was done so far is kept\n")
        return DEVIATED
    except BrokenPipeError:
        # The reader of our output is gone (`| head`): nothing more to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return _no_room(error, as_json=args.json)
        return _unexpected(error, as_json=args.json)


def _no_room(error: OSError, *, as_json: bool) -> int:
    """A disk is full, which the user can mend."""
    problem = Problem(
        where=str(error.filename or "disk"),
        what=f"cannot be written: {error.strerror}",
        remedy="make room, then run this again; `bulkhead down` removes a lab with its state",
        done="what was done so far is kept; no way between hosts was opened by this",
    )
    problems(MissingHere(problem), as_json=as_json)
    return MissingHere.exit_code


def _unexpected(error: Exception, *, as_json: bool) -> int:
    """A fault of ours: one plain line for the user, the traceback in a file."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="bulkhead-", suffix=".log", delete=False) as log:
        traceback.print_exc(file=log)
    fault = Problem(
        where="bulkhead",
        what=f"a fault of the program's own: {type(error).__name__}: {error}",
        remedy=f"report it with {log.name}",
    )
    problems(BulkheadError(fault), as_json=as_json)
    return DEVIATED


if __name__ == "__main__":
    sys.exit(main())
