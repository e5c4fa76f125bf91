"""Digests of the playbook's and the roles' files, so that a converged host is not asked again."""

import hashlib
from pathlib import Path

from infra.lab.image.recipe import INSTALL

ROOT = Path(__file__).resolve().parents[2]
"""The project's root, where `ansible.cfg`, `playbooks` and `roles` are."""
BESIDE = ("README.md",)
"""What of a role plays no part anywhere."""


def sources(root: Path = ROOT) -> dict[str, str]:
    """A digest for each role's configure parts, and under "" that of what all roles share.

    What is baked into the image is no part of it: another image replaces the host altogether.
    """
    books = root / "playbooks"
    shared = [books / "site.yml"]
    shared += [path for name in ("plugins", "tasks", "vars") for path in _files(books / name)]
    found = {"": _digest(root, shared)}
    for role in sorted((root / "roles").glob("*/tasks/main.yml")):
        folder = role.parents[1]
        baked = {path for pattern in (*INSTALL, *BESIDE) for path in folder.glob(pattern)}
        files = [path for path in _files(folder) if path not in baked]
        found[folder.name] = _digest(root, files)
    return found


def _files(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts)


def _digest(root: Path, files: list[Path]) -> str:
    state = hashlib.sha256()
    for path in files:
        content = path.read_bytes() if path.exists() else b""
        state.update(f"{path.relative_to(root)}\0{len(content)}\0".encode())
        state.update(content)
    return state.hexdigest()
