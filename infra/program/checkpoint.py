"""The engine's state files after a crash: kill -9 in the middle of a write leaves one torn.

The engine keeps the state before as `STACK.json.bak`. What was made after that, the provider of
the lab finds by its tag and adopts, so going back one step loses nothing. Beside each file lie its
attributes (`FILE.attrs`), which the engine's file store writes in place: they are what kill -9
tears most often, and a file whose attributes are torn cannot be read (`EOF`).
"""

import json
from pathlib import Path


def mend(backend: Path, project: str) -> list[str]:
    """Mend every torn state below `backend`; the stacks whose state had to go back a step.

    All of them, for the engine reads every stack's state to list or to refer to them.
    """
    for attributes in backend.rglob("*.attrs"):
        if not _whole(attributes):
            # Nothing is lost: without attributes the file store takes its defaults.
            attributes.unlink()
    folder = stacks(backend, project)
    return [path.stem for path in sorted(folder.glob("*.json")) if _mend(folder, path.stem)]


def stacks(backend: Path, project: str) -> Path:
    """Where the backend keeps the states of a project's stacks."""
    return backend / ".pulumi" / "stacks" / project


def _mend(folder: Path, stack: str) -> bool:
    """Put the last whole state in place of a torn one; whether it had to be.

    folder: where the backend keeps a project's stacks. Without any whole state the stack starts
    anew. The torn file is kept as `STACK.json.torn`.
    """
    path = folder / f"{stack}.json"
    if _whole(path):
        return False
    path.replace(folder / f"{stack}.json.torn")
    before = folder / f"{stack}.json.bak"
    if before.exists() and _whole(before):
        draft = folder / f"{stack}.json.mended"
        draft.write_bytes(before.read_bytes())
        draft.replace(path)
    return True


def _whole(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except ValueError:
        return False
