"""Lynis, another's yardstick: its hardening index of a plain host and of one with the baseline."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from baseline_checks import GOOD

from infra.lab import image
from infra.lab.image import recipe

PLAIN, HARDENED = "acme.ingest.plain-1", "acme.ingest.hard-1"
GAIN = 10
"""What the role is worth at least, in points of the index (0 to 100)."""


@pytest.fixture(scope="module")
def hosts(bench):
    """What debootstrap makes, and a host with the role."""
    base = image.cache() / f"base-{recipe.base_digest()}" / "root"
    bench.host(PLAIN, "10.213.0.71", root=base)
    bench.host(HARDENED, "10.213.0.72")
    made = bench.play("baseline", HARDENED, GOOD)
    assert not made.failed, made.stdout
    bench.machine(PLAIN).await_ready(60)
    yield PLAIN, HARDENED
    bench.remove(PLAIN)
    bench.remove(HARDENED)


@pytest.fixture(scope="module")
def lynis(tmp_path_factory):
    """Debian's package of Lynis as a tar file: brought to the hosts here, never in the image."""
    room = tmp_path_factory.mktemp("lynis")
    subprocess.run(["apt-get", "-qq", "download", "lynis"], cwd=room, check=True, timeout=120)
    (package,) = room.glob("lynis_*.deb")
    with (room / "lynis.tar").open("wb") as tar:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=tar, check=True)
    return room / "lynis.tar"


def index(bench, host, lynis):
    """Lynis' hardening index of a host, and the tests that warn."""
    entered = bench.machine(host).entered()
    with lynis.open("rb") as tar:
        subprocess.run(
            [*entered, "tar", "-xC", "/", "./usr", "./etc"], stdin=tar, check=True, timeout=60
        )
    # PKGS-7392 asks the mirror, which no host reaches: advisories are told in advisories.json.
    words = "echo skip-test=PKGS-7392 >/etc/lynis/custom.prf && chown -R root: /etc/lynis"
    words += " /usr/share/lynis && lynis audit system --quiet --no-colors"
    subprocess.run([*entered, "sh", "-c", words], capture_output=True, timeout=240, check=False)
    report = bench.run(host, "cat /var/log/lynis-report.dat", check=True).stdout.splitlines()
    (found,) = [line for line in report if line.startswith("hardening_index=")]
    warnings = [line.partition("=")[2] for line in report if line.startswith("warning[]=")]
    return int(found.partition("=")[2]), warnings


def test_the_index_rises_and_nothing_warns(bench, hosts, lynis, capsys):
    with ThreadPoolExecutor() as pool:
        before, after = pool.map(lambda host: index(bench, host, lynis), hosts)
    with capsys.disabled():
        print(f"\nLynis hardening index: {before[0]} before, {after[0]} after the baseline")
    assert after[0] >= before[0] + GAIN
    assert after[1] == []
