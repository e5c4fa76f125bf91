"""Starting, finding, ending and reaching a lab's region from another process."""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bulkhead.errors import BulkheadError, MissingHere, Problem, WrongInput
from infra.accounts import ACCOUNTS, account_id
from infra.ending import end
from infra.lab.api.accounts import Credentials, assumed, root
from infra.lab.region import state as files
from infra.lab.region.state import RegionInfo

PATIENCE = 20.0
"""Seconds that a region has to end by itself before it is killed."""


def start(state: Path, region: str = "eu-central-1", packets: str = "fabric") -> RegionInfo:
    """The region of `state`: the one that runs, else a new process of its own session.

    Returns when it answers. Raises BulkheadError with the region's own words where it cannot start.
    """
    state = state.resolve()
    found = running(state)
    if found is not None:
        return found
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "infra.lab.region", "--state", str(state)]
    command += ["--region", region, "--packets", packets, "--ready-fd", str(writer)]
    (state / files.LOG).touch(mode=0o600)
    with open(state / files.LOG, "ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[writer],
            start_new_session=True,
            env=os.environ | {"PYTHONHASHSEED": "0"},
        )
    os.close(writer)
    with open(reader) as ready:
        said = ready.read()
    return _started(process, state, said)


def _started(process: "subprocess.Popen[bytes]", state: Path, said: str) -> RegionInfo:
    if not said:
        code = process.wait()
        tail = (state / files.LOG).read_text(errors="replace").splitlines()[-5:]
        what = f"the lab's region ended with {code} before it served; its last words:"
        raise BulkheadError(Problem(str(state / files.LOG), "\n    ".join([what, *tail])))
    value = json.loads(said)
    if "problems" not in value:
        # The process outlives us and is no child to wait for; keep Python from warning of it.
        process.returncode = 0
        return RegionInfo(**value)
    process.wait()
    kinds = {kind.exit_code: kind for kind in (BulkheadError, WrongInput, MissingHere)}
    raise kinds[value["exit_code"]](*(Problem(**each) for each in value["problems"]))


def running(state: Path) -> RegionInfo | None:
    """The region that serves on `state`, if its process is alive."""
    info = files.read_info(state.resolve())
    return info if info is not None and files.alive(info.pid, info.started) else None


def stop(state: Path, forget: bool = False) -> None:
    """End the region of `state` and remove from the machine all that bears the lab's name.

    Works after a kill -9 at any moment, and again where nothing is left. forget: also remove the
    journal, the keys, the flow logs and the hosts' disks, so that the next lab of this directory
    starts empty.
    """
    state = state.resolve()
    if not state.exists():
        return
    held = files.holder(state)
    if held is not None:
        pid, started = held
        end(pid, PATIENCE, meant=lambda: files.alive(pid, started))
    with _claimed(state):
        _remove(files.lab_id(state))
        gone = [files.INFO, files.CONTROL]
        if forget:
            gone += [files.JOURNAL, files.LAB, files.SECRET, files.FLOWS, files.OLDER_FLOWS]
        for name in gone:
            (state / name).unlink(missing_ok=True)
        if forget:
            shutil.rmtree(state / files.HOSTS, ignore_errors=True)


@contextlib.contextmanager
def _claimed(state: Path) -> Any:
    """Hold the lock, waiting for a process that is just ending, so that none starts meanwhile."""
    with open(os.open(state / files.LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove(lab: str) -> None:
    if os.geteuid() != 0:
        return
    from infra.lab.fabric import remove

    remove(lab)


def credentials(state: Path, accounts: Iterable[str] = ()) -> dict[str, Credentials]:
    """The key pairs of the lab by account alias: platform's is the root key.

    accounts: ids of tenants' own accounts, which stand for themselves.
    """
    held = files.secret(state.resolve())
    own = {account: account for account in accounts if account not in ACCOUNTS.values()}
    keys = {alias: assumed(held, account) for alias, account in (ACCOUNTS | own).items()}
    return keys | {"platform": root(held)}


def clients(info: RegionInfo, service: str = "ec2") -> Mapping[str, Any]:
    """A boto3 client of `service` for each account that the region has; safe for threads.

    By alias; a tenant's own account by its id.
    """
    from infra.lab.region import control

    said = control.ask(Path(info.state), do="status")
    return _clients(info, service, tuple(said["accounts"]))


@cache
def _clients(info: RegionInfo, service: str, accounts: tuple[str, ...]) -> Mapping[str, Any]:
    """Made once for a running region, in one session: making them costs more than most calls."""
    import boto3

    session = boto3.session.Session(region_name=info.region)
    return MappingProxyType(
        {
            alias: session.client(
                service,  # type: ignore[call-overload]
                endpoint_url=info.endpoint,
                aws_access_key_id=held.access_key,
                aws_secret_access_key=held.secret_key,
                aws_session_token=held.session_token,
            )
            for alias, held in credentials(Path(info.state), accounts).items()
        }
    )


def apis(info: RegionInfo) -> list[Any]:
    """What bulkhead.network.read reads: a BotoApi for each account of the lab."""
    from bulkhead.network.boto import BotoApi

    return [BotoApi(client, account_id(alias)) for alias, client in clients(info).items()]
