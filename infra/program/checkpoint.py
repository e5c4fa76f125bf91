"""The engine's state file after a crash: kill -9 in the middle of a write leaves it torn.

The engine keeps the state before as `STACK.json.bak`. What was made after that, the provider of
the lab finds by its tag and adopts, so going back one step loses nothing.
"""

import json
from pathlib import Path


def mend(folder: Path, stack: str) -> bool:
    """Put the last whole state in place of a torn one; whether it had to be.

    folder: where the backend keeps a project's stacks. Without any whole state the stack starts
    anew. The torn file is kept as `STACK.json.torn`.
    """
    path = folder / f"{stack}.json"
    if not path.exists() or _whole(path):
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
