"""`up` interrupted at random moments and run again, and two at once: never more open than planned.

BULKHEAD_INTERRUPTIONS=30 tries thirty moments instead of six.
"""

import signal
import subprocess
import sys
import time
from random import Random

import pytest
from blueprint_cases import estate_of, loaded, tenant, text_of
from failing_cases import Up, disk, fill, leftovers
from region_cases import kill

from bulkhead.blueprint import expand
from bulkhead.cli.main import main
from bulkhead.environments.claim import claim
from bulkhead.environments.lab import Lab
from bulkhead.network.names import canonical
from infra.accounts import ACCOUNTS
from infra.lab.region import launch

SEED = 6
WAYS = ("kill -9", "ctrl-c", "kill -9", "terminate", "region too", "full disk")
SIGNALS = {"ctrl-c": signal.SIGINT, "terminate": signal.SIGTERM}
OPEN = ("opened", "weakened", "model-vs-packets")
"""What no moment excuses; that something is not there yet is what an interruption means."""
STEPS = 130
"""Calls within which an interruption falls; the estate takes some 180."""


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    """One flat tenant with a plant, and its plan."""
    acme = tenant("acme", "flat", 2)
    acme["sites"][0]["gateways"][0]["address"] = "198.51.100.10"  # one that the lab has
    found = text_of(estate_of(acme))
    path = tmp_path_factory.mktemp("estate") / "estate.yaml"
    path.write_text(found)
    return path, expand(loaded(found))


def differences(lab, plan, seed):
    standing = lab.standing()
    found = claim(plan, standing.deployed(), lambda f: standing.observe(f, None), seed=seed)
    assert found.observed is not None
    return found.differences


def interrupted(up, way, random, place):
    """Interrupt it in that way at a moment drawn; what it said, and its exit code."""
    # From where the lab stands now: each `up` begins where the one before was interrupted.
    assert up.reached(up.calls() + random.randint(1, STEPS // 5)), up.said()
    if way == "full disk":
        try:
            while up.process.poll() is None:
                fill(place.parent)
                time.sleep(0.05)
            return up.process.returncode, up.said()
        finally:
            (place.parent / "ballast").unlink()
    code = up.interrupt(SIGNALS.get(way, signal.SIGKILL))
    if way == "region too":
        region = launch.running(place / "lab")
        assert region is not None
        kill(region)
    return code, up.said()


def test_up_interrupted_at_random_moments_opens_nothing_and_is_finished_by_the_next(
    tmp_path, estate, interruptions, capsys
):
    """Each begins where the last one was interrupted; now and then one is let through to the end.

    After each the rules that the API holds and what packets do are compared with the plan.
    """
    path, plan = estate
    random, tried = Random(SEED), []
    with disk(tmp_path / "disk", "256m") as room:
        place = room / "state"
        lab = Lab(place)
        try:
            for number in range(interruptions):
                way = WAYS[number % len(WAYS)]
                up = Up(path, place)
                try:
                    code, said = interrupted(up, way, random, place)
                finally:
                    up.end()
                assert code != 0, (way, said)
                assert "Traceback" not in said, said
                tried.append((way, up.calls(), said.splitlines()[-1:]))
                if way == "ctrl-c":
                    assert "what was done so far is kept" in said
                if way == "full disk":
                    assert "No space left" in said, said
                if way == "region too":
                    assert main(["status", "--state", str(place)]) == 3
                    assert "nothing passes between its hosts" in capsys.readouterr().err
                    launch.start(lab.state)
                found = differences(lab, plan, number)
                assert not [str(row) for row in found if row.kind in OPEN], tried
                assert found, f"{way}: this was to interrupt an `up` before its end"
                if number % 6 == 5:
                    assert main(["up", str(path), "--state", str(place)]) == 0
                    assert not [str(row) for row in differences(lab, plan, number)], tried
                    # Raises if two things bear one name: an orphan and its second making would.
                    canonical(lab.standing().deployed(), {i: a for a, i in ACCOUNTS.items()})
                    assert main(["down", "--state", str(place)]) == 0
                    assert leftovers(lab) == [], tried
        finally:
            lab.down()
        assert leftovers(lab) == []
    assert {way for way, *_ in tried} == set(WAYS[: len(tried)])


def test_of_two_ups_at_once_one_works_and_the_other_says_who_does(tmp_path, estate):
    path, _plan = estate
    first = Up(path, tmp_path)
    try:
        assert first.reached(1), first.said()
        second = subprocess.run(
            [sys.executable, "-m", "bulkhead.cli.main", "up", path, "--state", tmp_path],
            capture_output=True,
            text=True,
            check=False,
        )
        down = subprocess.run(
            [sys.executable, "-m", "bulkhead.cli.main", "down", "--state", tmp_path],
            capture_output=True,
            text=True,
            check=False,
        )
        for late in (second, down):
            assert late.returncode == 3, late.stderr
            assert (
                f"another command works on this lab (up, process {first.process.pid})"
                in late.stderr
            )
            assert "wait for it to end" in late.stderr
        assert first.process.poll() is None, "the first was not disturbed"
    finally:
        first.end()
        Lab(tmp_path).down()
