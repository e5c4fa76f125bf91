"""The cache of images: one directory a recipe, complete or not there at all.

images/lock              held by whoever bakes
images/base-<digest>/    what debootstrap made
images/<recipe>/         image.json and root/: an image
images/draft-*           of a bake that runs, or of a killed one: the next one removes it
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bulkhead.errors import MissingHere, Problem
from infra.lab.image import bake, base, recipe, sources

KEPT = 2
"""Images that stay when a new one is baked: itself, and the one before."""
NOTE = "image.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A baked image. id: `ami-` and 17 hex digits. root: its tree, which nobody may write to."""

    id: str
    root: Path


def cache() -> Path:
    """Where images are kept: `$XDG_CACHE_HOME/bulkhead/images`."""
    above = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(above) / "bulkhead" / "images"


def find() -> Image | None:
    """The image of the present recipe, if it was baked."""
    return _image(cache() / recipe.digest())


def known() -> dict[str, Path]:
    """The roots of all images in the cache, by id."""
    found = (_image(note.parent) for note in cache().glob(f"*/{NOTE}"))
    return {image.id: image.root for image in found if image is not None}


def ensure(say: Callable[[str], None]) -> Image:
    """The image of the present recipe, baked if need be; two processes never bake at once.

    Takes minutes where it must bake. Raises MissingHere, BulkheadError.
    """
    found = find()
    if found is not None:
        return found
    if os.geteuid() != 0:
        raise MissingHere(Problem("image", "baking it needs root", remedy="use sudo"))
    with _alone(say), recipe.snapshot(cache()) as project:
        digest = recipe.digest(project)
        return _image(cache() / digest) or _bake(project, digest, say)


def _image(place: Path) -> Image | None:
    try:
        said = json.loads((place / NOTE).read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return Image(id=said["id"], root=place / "root")


@contextmanager
def _alone(say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock; what a killed bake left is removed.

    The programs that bake inherit it: where their parent is killed, it is free once they end.
    """
    cache().mkdir(mode=0o700, parents=True, exist_ok=True)
    with (cache() / "lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("image: another process bakes one; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for draft in cache().glob("draft-*"):
            shutil.rmtree(draft, ignore_errors=True)
        yield


def _bake(project: Path, digest: str, say: Callable[[str], None]) -> Image:
    mirror = sources.mirror()
    below = _base(project, mirror, say)
    draft = cache() / f"draft-{digest[:12]}"
    draft.mkdir(mode=0o755)
    say("image: installing every role's part, some minutes, once")
    _copy(below / "root", draft / "root")
    base.first_boot(project / recipe.FIRST_BOOT, draft / "root")
    bake.install(project, draft / "root", mirror, cache() / "bake.log", say)
    named = _seal(draft, digest)
    place = cache() / digest
    draft.rename(place)
    _prune(place)
    say(f"image: {named}")
    return Image(id=named, root=place / "root")


def _base(project: Path, mirror: sources.Mirror, say: Callable[[str], None]) -> Path:
    place = cache() / f"base-{recipe.base_digest(project)}"
    if not place.is_dir():
        draft = cache() / "draft-base"
        draft.mkdir(mode=0o755)
        base.build(draft / "root", mirror, cache() / "base.log", say)
        _flush(draft)
        draft.rename(place)
        for old in cache().glob("base-*"):
            if old != place:
                shutil.rmtree(old)
    return place


def _copy(source: Path, target: Path) -> None:
    subprocess.check_call(["cp", "-a", "--reflink=auto", str(source), str(target)])


def _seal(draft: Path, digest: str) -> str:
    """Name the image after its recipe and what was really installed; then it may be found."""
    installed = bake.packages(draft / "root")
    result = hashlib.sha256("\n".join([digest, *installed]).encode()).hexdigest()
    said = {"id": f"ami-{result[:17]}", "recipe": digest, "packages": installed}
    (draft / NOTE).write_text(json.dumps(said, indent=1))
    (draft / ".#root.lck").unlink(missing_ok=True)  # the container's
    _flush(draft)
    return str(said["id"])


def _flush(folder: Path) -> None:
    """Wait until the disk has it, so that a name never stands for half of an image."""
    subprocess.check_call(["sync", "--file-system", str(folder)])


def _prune(newest: Path) -> None:
    """Remove old images, but for KEPT and for those that machines run on."""
    images = [path.parent for path in cache().glob(f"*/{NOTE}")]
    images.sort(key=lambda path: (path == newest, path.stat().st_mtime), reverse=True)
    for old in images[KEPT:]:
        if not _used(old):
            shutil.rmtree(old)


def _used(place: Path) -> bool:
    """Whether a machine's disk lies over it: its supervisor sees the mount."""
    mark = f"lowerdir={place}/root,"
    for table in Path("/proc").glob("[0-9]*/mounts"):
        try:
            if mark in table.read_text():
                return True
        except OSError:  # it ended while we looked
            continue
    return False
