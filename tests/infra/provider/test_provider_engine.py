"""The provider under the real engine: every type at once, and an engine killed in the middle."""

import os
import select
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from provider_program import every_type, needed_engine, stack
from pulumi.automation import CommandError

from infra.lab.provider import faults, types

pytestmark = pytest.mark.lab


@pytest.fixture
def folder(tmp_path, monkeypatch):
    needed_engine()
    monkeypatch.setenv("PATH", os.environ["PATH"])
    return tmp_path


def aws_types(deployed) -> Counter:
    resources = deployed.deployment["resources"]
    return Counter(entry["type"] for entry in resources if entry["type"].startswith("aws:"))


def test_every_type_goes_up_stays_the_same_is_refreshed_and_goes_down(region, folder):
    empty = region.census()
    estate = stack(folder, every_type(region.url))
    first = estate.up()
    made = aws_types(estate.export_stack())
    audit = region.assumed("222222222222")
    assert [vpc["CidrBlock"] for vpc in audit.describe_vpcs()["Vpcs"]] == ["10.2.0.0/16"]
    assert region.census()["active peering"] == 2
    assert sorted(made) == types.tokens()
    assert first.outputs["tags"].value == {"bulkhead:id": "host", "estate": "example"}
    assert first.outputs["interface"].value.startswith("eni-")
    assert not first.outputs["name"].value.startswith("sg-")
    assert "the digest" not in (folder / "state").joinpath(
        ".pulumi/stacks/estate/dev.json"
    ).read_text("utf-8")

    again = estate.up()
    assert set(again.summary.resource_changes) == {"same"}
    estate.refresh()
    after_refresh = estate.up()
    assert set(after_refresh.summary.resource_changes) == {"same"}
    estate.destroy()
    assert region.census() == empty
    assert audit.describe_vpcs()["Vpcs"] == []


@pytest.mark.parametrize("token", ["aws:ec2/securityGroup:SecurityGroup", "aws:ec2/route:Route"])
def test_a_provider_killed_between_call_and_answer_leaves_no_orphan(
    region, folder, monkeypatch, token
):
    monkeypatch.setenv(faults.VARIABLE, f"{token}@made")
    with pytest.raises(CommandError):
        stack(folder, every_type(region.url)).up()
    monkeypatch.delenv(faults.VARIABLE)
    half = region.census()
    estate = stack(folder, every_type(region.url))
    lost = aws_types(estate.export_stack())[token]
    assert (lost, bool(half["group" if "Group" in token else "route"])) == (0, True)
    estate.up()
    whole = region.census()
    estate.destroy()
    estate.up()
    assert region.census() == whole


def _child(parent: int, name: str) -> int | None:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = path.read_text("utf-8").rpartition(") ")
        except OSError:
            continue
        if head.endswith(f"({name}") and int(tail.split()[1]) == parent:
            return int(head.split()[0])
    return None


def _providers(home: Path) -> set[int]:
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if b"infra.lab.provider" in words and str(home).encode() in words:
            found.add(int(path.parent.name))
    return found


def _ended(pid: int, within: float) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ready, _, _ = select.select([handle], [], [], within)
    os.close(handle)
    return bool(ready)


DRIVER = """
import sys; sys.path.insert(0, {here!r})
from pathlib import Path
from provider_program import every_type, stack
stack(Path({folder!r}), every_type({url!r}, 40)).up(on_output=lambda line: print(line, flush=True))
"""


def test_an_engine_killed_in_the_middle_leaves_no_orphan_and_no_provider(region, folder):
    empty = region.census()
    source = DRIVER.format(here=str(Path(__file__).parent), folder=str(folder), url=region.url)
    driver = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)
    made = 0
    for line in driver.stdout:
        made += "IngressRule" in line and "created" in line
        if made == 5:
            break
    engine = _child(driver.pid, "pulumi")
    providers = _providers(folder / "home")
    os.kill(engine, signal.SIGKILL)
    driver.communicate()
    half = region.census()
    assert providers
    assert all(_ended(pid, 30) for pid in providers)

    estate = stack(folder, every_type(region.url, 40))
    estate.cancel()
    estate.up()
    whole = region.census()
    assert half["rule"] < whole["rule"]
    estate.destroy()
    assert region.census() == empty
    assert set(stack(folder, every_type(region.url, 40)).up().summary.resource_changes) == {
        "create"
    }
    assert region.census() == whole
