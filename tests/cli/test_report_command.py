"""`bulkhead report`: what it writes and prints, and what `probe` leaves for it."""

import json
from pathlib import Path

import pytest

from bulkhead.cli.main import main

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "estate.yaml")
AT = ("--at", "2026-11-26T19:30:00Z")


def report(tmp_path, *arguments):
    return main(["report", EXAMPLE, "--state", str(tmp_path), *arguments])


def test_a_report_of_nothing_says_so_and_is_written_none_the_less(capsys, tmp_path):
    assert report(tmp_path) == 0
    told = capsys.readouterr().out
    assert "not observed: The claim in lab" in told
    assert f"wrote {tmp_path / 'report.html'}" in told
    assert "nothing was observed yet" in (tmp_path / "report.html").read_text()


def test_probe_leaves_its_claim_for_the_report(capsys, tmp_path):
    assert main(["probe", EXAMPLE, "--env", "sim", "--state", str(tmp_path)]) == 0
    assert report(tmp_path, "--json") == 0
    told = json.loads(capsys.readouterr().out.partition("no difference\n")[2])
    assert told["overall"] == "held"
    assert "The claim in sim: intent = model" in told["verdicts"][0]["said"]


def test_probe_keeps_nothing_of_what_it_only_thought(tmp_path):
    change = "open tcp 8883 into borealis/ingest/broker from 0.0.0.0/0"
    command = ["probe", EXAMPLE, "--env", "sim", "--state", str(tmp_path), "--what-if", change]
    assert main(command) == 1
    assert not (tmp_path / "claim").exists()


def test_the_same_files_and_moment_make_the_same_bytes(tmp_path):
    assert report(tmp_path, *AT, "--out", str(tmp_path / "one.html")) == 0
    assert report(tmp_path, *AT, "--out", str(tmp_path / "two.html")) == 0
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert "2026-11-26 19:30:00 UTC" in (tmp_path / "one.html").read_text()


def test_the_topology_is_written_as_a_picture_of_its_own(tmp_path):
    assert report(tmp_path, "--topology", str(tmp_path / "walls" / "map.svg")) == 0
    assert (tmp_path / "walls" / "map.svg").read_text().startswith("<?xml")


def test_open_shows_the_file_that_was_written(monkeypatch, tmp_path):
    shown = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    assert report(tmp_path, "--open") == 0
    assert shown == [(tmp_path / "report.html").as_uri()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--at", "yesterday"), "is no moment"),
        (("--out", "/proc/x/report.html"), "cannot be written"),
    ],
)
def test_wrong_input_is_refused_with_a_remedy(capsys, tmp_path, arguments, said):
    assert report(tmp_path, *arguments) == 2
    assert said in capsys.readouterr().err


def test_a_moment_with_a_zone_is_told_in_utc(tmp_path):
    assert report(tmp_path, "--at", "2026-11-26T20:30:00+01:00") == 0
    assert "2026-11-26 19:30:00 UTC" in (tmp_path / "report.html").read_text()
