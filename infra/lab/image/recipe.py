"""What an image is made of, as a digest: it changes with an install part, never with another.

Of a role that is: `tasks/install.yml` and the task files it is split into (`tasks/install-*.yml`,
`tasks/install/`), its `files/`, `templates/install/` and `vars/install.yml`. What a role only
configures (its other tasks, templates, defaults and handlers) may change without a new image.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[3]
PLAYBOOK = Path("playbooks/image.yml")
INSTALL = (
    *("tasks/install.yml", "tasks/install-*.yml", "tasks/install/**/*", "vars/install.yml"),
    *("files/**/*", "templates/install/**/*"),
)
"""Patterns below a role."""
BESIDE = {
    "services": (
        *("bulkhead/__init__.py", "bulkhead/errors.py"),
        *("bulkhead/services/**/*", "bulkhead/wire/**/*"),
    ),
    "objectstore": ("infra/lab/tools/minio/*",),
}
"""What a role installs that lies elsewhere in the project."""
FIRST_BOOT = Path("infra/lab/image/firstboot")
BASE = Path("infra/lab/image/base.py")
"""Names the packages of the base."""
PLAYED = ("playbooks", "roles")
"""Folders that the playbook reads from."""


def roles(project: Path = PROJECT) -> list[str]:
    """The roles of the image in their order, as playbooks/image.yml declares it."""
    plays = yaml.safe_load((project / PLAYBOOK).read_text())
    named: list[str] = plays[0]["vars"]["image_roles"]
    return named


def parts(project: Path = PROJECT) -> list[Path]:
    """The files that make the image, relative to the project, sorted."""
    found = {project / PLAYBOOK, project / BASE, *(project / FIRST_BOOT).glob("*")}
    for role in roles(project):
        found |= set(_matching(project / "roles" / role, INSTALL))
        found |= set(_matching(project, BESIDE.get(role, ())))
    return sorted(path.relative_to(project) for path in found if _counts(path))


def _matching(folder: Path, patterns: Iterable[str]) -> Iterator[Path]:
    for pattern in patterns:
        yield from folder.glob(pattern)


def _counts(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


@contextmanager
def snapshot(place: Path, project: Path = PROJECT) -> Iterator[Path]:
    """A copy, in `place`, of the project's part that is baked: no edit reaches it meanwhile."""
    with tempfile.TemporaryDirectory(prefix="draft-recipe-", dir=place) as folder:
        copy, passed = Path(folder), shutil.ignore_patterns("__pycache__")
        for name in PLAYED:
            shutil.copytree(project / name, copy / name, ignore=passed)
        for part in [*parts(project), Path("ansible.cfg")]:
            (copy / part.parent).mkdir(parents=True, exist_ok=True)
            shutil.copy(project / part, copy / part)
        yield copy


def digest(project: Path = PROJECT) -> str:
    """SHA-256 (hex) over names, modes and contents of the parts."""
    return _sum(project, parts(project))


def base_digest(project: Path = PROJECT) -> str:
    """The same over what the base alone is made of."""
    return _sum(project, [BASE])


def _sum(project: Path, files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for name in files:
        path = project / name
        runs = bool(path.stat().st_mode & 0o100)
        inner = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{name}\0{runs}\0{inner}\n".encode())
    return total.hexdigest()
