"""The module `files`: everything valid or nothing written, and nothing touched twice."""

import getpass
import grp
import os
import stat

import pytest
from module_runs import plugin, run

ME, MINE = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name


def row(path, content="new\n", **more):
    """A file of the account that runs the tests."""
    return {"path": str(path), "content": content, "owner": ME, "group": MINE} | more


def mode(path):
    """Permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_written_with_its_mode_and_not_again(tmp_path):
    target = tmp_path / "one.conf"
    first = run("files", {"files": [row(target, mode="0640")]})
    assert (first["changed"], first["paths"]) == (True, [str(target)])
    assert (target.read_text(), mode(target)) == ("new\n", 0o640)
    inode = target.stat().st_ino
    again = run("files", {"files": [row(target, mode="0640")]})
    assert (again["changed"], target.stat().st_ino) == (False, inode)


def test_a_mode_alone_is_mended(tmp_path):
    target = tmp_path / "key"
    run("files", {"files": [row(target, mode="0600")]})
    target.chmod(0o644)
    assert run("files", {"files": [row(target, mode="0600")]})["changed"]
    assert mode(target) == 0o600


def test_no_file_is_written_unless_all_are_valid(tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("old\n")
    rows = [row(good, validate="grep -q new %s"), row(bad, "broken\n", validate="grep -q new %s")]
    result = run("files", {"files": rows})
    assert result["failed"]
    assert f"{bad}: refused by grep" in result["msg"]
    assert (good.read_text(), bad.exists()) == ("old\n", False)


def test_a_check_sees_the_draft_and_its_words_name_the_real_path(tmp_path):
    target = tmp_path / "sudoers"
    result = run("files", {"files": [row(target, validate="sh -c 'echo wrong in $0; exit 1' %s")]})
    assert result["msg"].endswith(f"wrong in {target}")


def test_check_mode_tells_and_writes_nothing(tmp_path):
    target, gone = tmp_path / "deep" / "one", tmp_path / "gone"
    gone.write_text("x")
    arguments = {
        "files": [row(target, validate="no-such-program %s")],
        "directories": [row(tmp_path / "deep", mode="0750") | {"content": None}],
        "absent": [str(gone)],
    }
    del arguments["directories"][0]["content"]
    result = run("files", arguments, check=True, diff=True)
    assert result["paths"] == [str(tmp_path / "deep"), str(target), str(gone)]
    assert (target.exists(), gone.exists()) == (False, True)
    assert result["diff"][0]["after"] == "new\n"


def test_without_check_mode_a_missing_checker_is_an_error(tmp_path):
    target = tmp_path / "one"
    assert run("files", {"files": [row(target, validate="no-such-program %s")]})["failed"]
    assert not target.exists()


def test_in_check_mode_an_account_may_be_yet_to_come(tmp_path):
    rows = [row(tmp_path / "one") | {"owner": "nobody-yet"}]
    assert run("files", {"files": rows}, check=True)["changed"]
    refused = run("files", {"files": rows})
    assert refused["failed"]
    assert "nobody-yet" in refused["msg"]
    assert not (tmp_path / "one").exists()


def test_a_secret_is_not_shown_in_a_diff(tmp_path):
    rows = [row(tmp_path / "key", "hidden", secret=True)]
    assert "hidden" not in str(run("files", {"files": rows}, diff=True)["diff"])


def test_a_directory_holds_only_what_is_named(tmp_path):
    kept, stranger = tmp_path / "kept", tmp_path / "stranger"
    stranger.write_text("x")
    result = run("files", {"files": [row(kept)], "only": [str(tmp_path)]})
    assert sorted(os.listdir(tmp_path)) == ["kept"]
    assert str(stranger) in result["paths"]
    assert not run("files", {"files": [row(kept)], "only": [str(tmp_path)]})["changed"]


def test_a_link_is_replaced_and_never_followed(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("mine")
    link.symlink_to(real)
    assert run("files", {"files": [row(link)]})["changed"]
    assert (real.read_text(), link.is_symlink()) == ("mine", False)


def test_a_reader_never_sees_a_part(tmp_path, monkeypatch):
    target = tmp_path / "one"
    target.write_text("old\n")
    files = plugin("modules", "files")

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(files.os, "fsync", full)
    assert "no space left" in run("files", {"files": [row(target)]})["msg"]
    assert os.listdir(tmp_path) == ["one"]
    assert target.read_text() == "old\n"


def test_after_an_interrupted_run_everything_counts_as_changed(tmp_path, monkeypatch):
    target, note = tmp_path / "one", tmp_path / "interrupted"
    run("files", {"files": [row(target)]})
    monkeypatch.setattr(plugin("modules", "files"), "INTERRUPTED", str(note))
    assert not run("files", {"files": [row(target)]})["changed"]
    note.touch()
    assert run("files", {"files": [row(target)]})["changed"]


@pytest.mark.parametrize("path", ["relative/path", "etc"])
def test_a_relative_path_is_refused(path):
    assert "not an absolute path" in run("files", {"files": [row(path)]})["msg"]


def test_a_file_where_a_directory_belongs_is_refused(tmp_path):
    (tmp_path / "one").write_text("x")
    wanted = {"path": str(tmp_path / "one"), "owner": ME, "group": MINE}
    assert "no directory" in run("files", {"directories": [wanted]})["msg"]
