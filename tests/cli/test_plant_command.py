"""`bulkhead plant` as a user meets it."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from bulkhead.blueprint import expand, load
from bulkhead.cli import plant_view
from bulkhead.cli.main import main
from bulkhead.environments.plant import Reading, Watch, readings
from bulkhead.errors import WrongInput
from bulkhead.wire.telemetry import SIGNALS

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "estate.yaml")
QUICK = ("--interval", "0.01")


def reading(**more):
    values = {"vibration": 0.8, "temperature": 40.0, "motor_current": 12.0}
    given = {"at": 28_800.0, "site": "acme/lyon", "device": "mill-1", "values": values}
    return Reading(**{**given, **more})


def test_without_a_terminal_one_plain_table_is_printed(capsys):
    assert main(["plant", EXAMPLE]) == 0
    said = capsys.readouterr().out
    assert said.count("day 0, 08:00:00") == 1
    for word in ("acme/lyon/mill-1", "borealis/tromso/blower-1", "vibration", "mm/s", "sound"):
        assert word in said
    assert "\x1b" not in said


def test_a_table_for_each_update_until_the_time_is_over(capsys):
    assert main(["plant", EXAMPLE, *QUICK, "--for", "0.02", "--speed", "360000"]) == 0
    said = capsys.readouterr().out
    assert [said.count(f"day 0, {hour}:00:00") for hour in ("08", "09", "10", "11")] == [1, 1, 1, 0]


def test_json_is_one_line_for_each_machine_and_update(capsys):
    arguments = ["--json", *QUICK, "--for", "0.01", "--site", "acme/lyon", "--start", "1"]
    assert main(["plant", EXAMPLE, *arguments]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["device"], row["at"]) for row in rows] == [
        ("lathe-1", 3600.0),
        ("mill-1", 3600.0),
        ("lathe-1", 3600.01),
        ("mill-1", 3600.01),
    ]
    for row in rows:
        assert set(row["values"]) == set(SIGNALS)
        assert row["zone"] in ("A", "B", "C", "D")
        assert row["controller"] == {"mill-1": "run", "lathe-1": ""}[row["device"]]


def test_the_same_seed_prints_the_same_and_another_does_not(capsys):
    said = []
    for seed in ("3", "3", "4"):
        assert main(["plant", EXAMPLE, "--seed", seed, "--json"]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] != said[2]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--site", "acme/nowhere"], "acme/lyon, borealis/tromso"),
        (["--speed", "0"], "--speed: 0 is not usable"),
        (["--interval", "nan"], "--interval: nan is not usable"),
        (["--for", "-1"], "--for: -1 is not usable"),
        (["--start", "-1"], "--start"),
    ],
)
def test_what_means_nothing_is_exit_2_with_what_is_allowed(capsys, arguments, word):
    assert main(["plant", EXAMPLE, *arguments]) == 2
    said = capsys.readouterr()
    assert word in said.err
    assert not said.out


def test_a_bearing_that_is_not_known_is_exit_2_and_names_its_machine(capsys, tmp_path):
    text = Path(EXAMPLE).read_text().replace("Rexnord ZA-2115", "Rexnord 1")
    (tmp_path / "estate.yaml").write_text(text)
    assert main(["plant", str(tmp_path / "estate.yaml")]) == 2
    assert "acme/lyon/mill-1 spindle-001" in capsys.readouterr().err


def test_speed_is_for_sim_alone(monkeypatch):
    plan = expand(load(Path(EXAMPLE)))
    from bulkhead.environments.plant import feeds

    monkeypatch.setattr(feeds, "FEEDS", {"lab": lambda: lambda _plan, _watch: iter(())})
    assert list(readings(plan, "lab", Watch())) == []
    with pytest.raises(WrongInput, match="do not accelerate"):
        readings(plan, "lab", Watch(speed=2.0))
    with pytest.raises(WrongInput, match="allowed: lab"):
        readings(plan, "sim", Watch())


def test_a_fault_in_what_is_read_is_told_in_the_table():
    row = next(plant_view.View().rows([reading(controller="trip", zone="D")], styled=True))
    said = " ".join(row)
    assert "no value" in said  # acoustic emission is missing
    assert "[bold red]D[/]" in said
    assert "[bold red]trip[/]" in said
    assert "not seen" in said  # the bearing, where nobody can look into it


def test_the_live_table_shows_each_whole_update_with_sparklines(monkeypatch):
    screen = io.StringIO()

    def console(**more):
        return Console(file=screen, force_terminal=True, width=200, **more)

    monkeypatch.setattr("rich.console.Console", console)
    told = [
        reading(at=float(at), device=device, last=device == "mill-2", zone="A")
        for at in (1, 2)
        for device in ("mill-1", "mill-2")
    ]
    plant_view.live(told, "a test")
    said = screen.getvalue()
    assert "day 0, 00:00:02 (a test)" in said
    assert "▁▁" in said
    assert "acme/lyon/mill-2" in said


@pytest.mark.parametrize(("width", "sparks"), [(200, 16), (140, 8), (100, 0)])
def test_a_narrow_terminal_has_shorter_sparklines_or_none(width, sparks):
    view = plant_view.View(plant_view.sparks(width))
    for _ in range(20):
        row = next(view.rows([reading()], styled=True))
    assert row[1].count("▁") == sparks
    assert "0.80" in row[1]


def test_an_update_is_whole_at_its_last_reading_or_when_time_goes_on():
    def endless():
        yield reading(at=1.0)
        yield reading(at=1.0, last=True)
        raise AssertionError("the update was whole before")

    at, update = next(plant_view.updates(endless()))
    assert (at, len(update)) == (1.0, 2)
    told = [reading(at=1.0), reading(at=2.0), reading(at=2.0)]
    assert [(at, len(update)) for at, update in plant_view.updates(told)] == [(1.0, 1), (2.0, 2)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([5.0, 5.0], "▁▁"),
        ([50.0, 51.0], "▁▂"),  # a small change does not look large
        ([0.0], "▁"),
    ],
)
def test_a_sparkline_shows_the_shape_of_the_run(values, expected):
    assert plant_view.sparkline(values) == expected
