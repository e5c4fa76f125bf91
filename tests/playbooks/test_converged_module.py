"""The mark: it holds for one digest and a while, and a run that was cut off is remembered."""

import os
import time

import pytest
from module_runs import plugin, run


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Marks and notes of a host, whose units are all well."""
    module = plugin("modules", "converged")
    for name in ("MARK", "BEGUN", "INTERRUPTED"):
        monkeypatch.setattr(module, name, str(tmp_path / name.lower()))
    monkeypatch.setattr(module, "failed_units", lambda _module: "")
    return tmp_path


def asked(digest="one", **more):
    """Whether a host is converged, as the playbook asks."""
    return run("converged", {"digest": digest, "state": "asked"} | more)


def done(digest="one"):
    """The end of a run."""
    return run("converged", {"digest": digest, "state": "done"})


def test_a_mark_holds_for_its_digest_alone(room):
    assert not asked()["converged"]
    done()
    assert asked()["converged"]
    assert not asked("two")["converged"]
    assert not (room / "mark").exists()


def test_a_mark_holds_a_while(room):
    done()
    os.utime(room / "mark", (time.time() - 100, time.time() - 100))
    assert asked(max_age=200)["converged"]
    assert not asked(max_age=50)["converged"]


def test_no_digest_is_never_converged(room):
    done("")
    assert not asked("")["converged"]


def test_a_run_that_was_cut_off_is_remembered_until_one_ends(room):
    assert not asked()["interrupted"]
    assert asked()["interrupted"]
    done()
    assert sorted(os.listdir(room)) == ["mark"]
    assert not asked("two")["interrupted"]


def test_a_check_notes_nothing(room):
    result = run("converged", {"digest": "one", "state": "asked"}, check=True)
    assert not result["converged"]
    run("converged", {"digest": "one", "state": "done"}, check=True)
    assert os.listdir(room) == []


def test_a_host_with_a_failed_unit_is_not_marked(room, monkeypatch):
    module = plugin("modules", "converged")
    monkeypatch.setattr(module, "failed_units", lambda _module: "broker.service")
    assert "broker.service" in done()["msg"]
    assert not (room / "mark").exists()


def test_forced_a_host_is_configured_whatever_its_mark_says(room):
    done()
    assert not asked(force=True)["converged"]
