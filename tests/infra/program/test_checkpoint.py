"""A state file torn by a crash: the one before takes its place, and nothing is thrown away."""

import pytest

from infra.program.checkpoint import mend


@pytest.mark.parametrize("torn", [b"", b'{"version": 3, "checkpoint": {"sta', b"\0" * 64])
def test_a_torn_state_gives_way_to_the_one_before(tmp_path, torn):
    (tmp_path / "shared.json").write_bytes(torn)
    (tmp_path / "shared.json.bak").write_text('{"version": 3}')
    assert mend(tmp_path, "shared")
    assert (tmp_path / "shared.json").read_text() == '{"version": 3}'
    assert (tmp_path / "shared.json.torn").read_bytes() == torn


def test_a_whole_state_is_left_alone(tmp_path):
    (tmp_path / "shared.json").write_text('{"version": 4}')
    (tmp_path / "shared.json.bak").write_text('{"version": 3}')
    assert not mend(tmp_path, "shared")
    assert (tmp_path / "shared.json").read_text() == '{"version": 4}'


@pytest.mark.parametrize("before", [None, b"{"])
def test_without_any_whole_state_the_stack_starts_anew(tmp_path, before):
    (tmp_path / "shared.json").write_bytes(b"")
    if before is not None:
        (tmp_path / "shared.json.bak").write_bytes(before)
    assert mend(tmp_path, "shared")
    assert not (tmp_path / "shared.json").exists()


def test_a_stack_that_never_was_needs_no_mending(tmp_path):
    assert not mend(tmp_path, "shared")
