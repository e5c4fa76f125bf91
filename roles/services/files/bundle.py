"""Makes the archive that a host gets as /opt/bulkhead/lib: locked wheels, and our services.

    python bundle.py ROOT OUT.tar

ROOT is the project; OUT.tar is written only when its content changes, and then "changed" is
printed. Wheels are for CPython 3.11 on x86_64 whatever Python runs this, are verified by the
lock's hashes, and are kept under `$BULKHEAD_CACHE` (or `$XDG_CACHE_HOME/bulkhead`) by the
lock's digest. The archive's bytes depend on its content alone: no times, no owners.
"""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

LOCK = "bulkhead/services/requirements.lock"
OURS = ("bulkhead/__init__.py", "bulkhead/errors.py", "bulkhead/services", "bulkhead/wire")
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


def cache() -> Path:
    """Where unpacked wheels are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("BULKHEAD_CACHE") or f"{base}/bulkhead") / "services"


def wheels(lock: Path) -> Path:
    """The lock's wheels, unpacked into a folder; downloaded once for each content of the lock."""
    place = cache() / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            subprocess.run(_install(lock, Path(folder) / "lib"), check=True)
            _settle(Path(folder) / "lib", place)
    return place


def _install(lock: Path, target: Path) -> list[str]:
    """Nothing is built and nothing unhashed is taken, so no foreign code runs here."""
    fixed = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile"]
    wheel = ["--require-hashes", "--only-binary=:all:", "--implementation=cp", "--abi=cp311"]
    kinds = ["--abi=abi3", "--abi=none", "--python-version=3.11"]
    kinds += [f"--platform={name}" for name in PLATFORMS]
    command = [sys.executable, "-m", "pip", "install", *fixed, *wheel, *kinds]
    return [*command, f"--target={target}", "-r", str(lock)]


def _settle(made: Path, place: Path) -> None:
    """Another process may have been faster: its folder holds the same."""
    try:
        made.rename(place)
    except OSError:
        if not place.is_dir():
            raise


def members(root: Path) -> Iterator[tuple[str, Path]]:
    """(name in the archive, file) of all that belongs on a host."""
    library = wheels(root / LOCK)
    for file in _files(library):
        yield file.relative_to(library).as_posix(), file
    for part in OURS:
        for file in _files(root / part):
            yield file.relative_to(root).as_posix(), file


def _files(place: Path) -> Iterator[Path]:
    found = place.rglob("*") if place.is_dir() else [place]
    kept = (path for path in found if path.is_file() and path.suffix != ".pyc")
    yield from (path for path in kept if path.parts[-2] != "bin")


def archive(root: Path) -> bytes:
    """The tar file's bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, file in sorted(members(root)):
            row = tarfile.TarInfo(name)
            row.size, row.mode = file.stat().st_size, 0o644
            with file.open("rb") as content:
                tar.addfile(row, content)
    return out.getvalue()


def main(root: str, out: str) -> int:
    """Write OUT.tar if it differs from what is there."""
    made, place = archive(Path(root).resolve()), Path(out)
    if not place.exists() or place.read_bytes() != made:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}.{os.getpid()}")
        draft.write_bytes(made)
        shutil.move(draft, place)
        sys.stdout.write("changed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
