"""Writing files that matter: whole or not at all."""

import os
from pathlib import Path


def write(path: Path, content: bytes, mode: int) -> None:
    """Replace a file in one step, with its mode from the first moment on."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    draft.replace(path)
