"""A state file torn by a crash: the one before takes its place, and nothing is thrown away."""

from pathlib import Path

import pytest

from infra.program.checkpoint import mend, stacks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The stacks' folder of a backend at `tmp_path`."""
    folder = stacks(tmp_path, "bulkhead")
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("torn", [b"", b'{"version": 3, "checkpoint": {"sta', b"\0" * 64])
def test_a_torn_state_gives_way_to_the_one_before(tmp_path, folder, torn):
    (folder / "shared.json").write_bytes(torn)
    (folder / "shared.json.bak").write_text('{"version": 3}')
    assert mend(tmp_path, "bulkhead") == ["shared"]
    assert (folder / "shared.json").read_text() == '{"version": 3}'
    assert (folder / "shared.json.torn").read_bytes() == torn


def test_a_whole_state_is_left_alone(tmp_path, folder):
    (folder / "shared.json").write_text('{"version": 4}')
    (folder / "shared.json.attrs").write_text('{"md5": "x"}')
    (folder / "shared.json.bak").write_text('{"version": 3}')
    assert mend(tmp_path, "bulkhead") == []
    assert (folder / "shared.json").read_text() == '{"version": 4}'
    assert (folder / "shared.json.attrs").exists()


@pytest.mark.parametrize("before", [None, b"{"])
def test_without_any_whole_state_the_stack_starts_anew(tmp_path, folder, before):
    (folder / "shared.json").write_bytes(b"")
    if before is not None:
        (folder / "shared.json.bak").write_bytes(before)
    assert mend(tmp_path, "bulkhead") == ["shared"]
    assert not (folder / "shared.json").exists()


@pytest.mark.parametrize("of", ["shared.json", "shared.json.bak"])
def test_torn_attributes_are_dropped_and_the_state_beside_them_stays(tmp_path, folder, of):
    (folder / "shared.json").write_text('{"version": 4}')
    (folder / f"{of}.attrs").write_bytes(b"")
    assert mend(tmp_path, "bulkhead") == []
    assert (folder / "shared.json").read_text() == '{"version": 4}'
    assert not (folder / f"{of}.attrs").exists()


def test_a_stack_that_never_was_needs_no_mending(tmp_path):
    assert mend(tmp_path, "bulkhead") == []
