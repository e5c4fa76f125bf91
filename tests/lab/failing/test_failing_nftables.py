"""Without nftables there is no network at all: `up` says what is missing, and makes nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from failing_cases import EXAMPLE, leftovers

from bulkhead.environments.lab import Lab
from infra.lab.fabric import nft
from infra.lab.region.state import lab_id

UP = [sys.executable, "-m", "bulkhead.cli.main", "up", str(EXAMPLE), "--hosts", "bare", "--state"]


def library() -> Path:
    """Where this machine keeps libnftables, as its own processes see it."""
    nft.library()
    rows = Path("/proc/self/maps").read_text().splitlines()
    return Path(next(row.split()[-1] for row in rows if "libnftables" in row))


def without_the_library(command):
    """Run it where the library's file is empty: in a mount namespace of its own."""
    masked = f'mount --bind /dev/null {library()} && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", masked, "sh", *command]


def without_the_right(command):
    """Run it where the kernel refuses to load any rule: as root without CAP_NET_ADMIN."""
    return ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin", *command]


BROKEN = {without_the_library: "apt install libnftables1", without_the_right: "refuses the rules"}


def run(command, state):
    return subprocess.run([*command, str(state)], capture_output=True, text=True, check=False)


def namespaces(state):
    return [name for name in os.listdir("/run/netns") if name.startswith(f"bh-{lab_id(state)}-")]


@pytest.mark.parametrize("broken", BROKEN)
def test_up_without_nftables_says_what_is_missing_and_makes_nothing(tmp_path, broken):
    lab = Lab(tmp_path)
    done = run(broken(UP), tmp_path)
    assert namespaces(lab.state) == []
    assert done.returncode == 3, (done.stdout, done.stderr)
    assert "packet rules in a namespace is missing" in done.stderr
    assert "a kernel with nf_tables" in done.stderr
    assert "Traceback" not in done.stderr
    lab.down()
    assert leftovers(lab) == []


@pytest.mark.parametrize("broken", BROKEN)
def test_a_region_without_nftables_does_not_start_and_makes_nothing(tmp_path, broken):
    """It does not rely on the command's having looked before."""
    done = run(broken([sys.executable, "-m", "infra.lab.region", "--state"]), tmp_path)
    assert done.returncode == 3, (done.stdout, done.stderr)
    assert BROKEN[broken] in done.stdout
    assert "Traceback" not in done.stderr
    assert namespaces(tmp_path) == []
