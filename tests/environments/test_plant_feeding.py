"""The feeder and real terminals, without machines: its relays run here instead of on hosts."""

import select
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.environments.plant import wires as plant_wires
from bulkhead.environments.plant.wires import Feeder, check_interval, drive
from bulkhead.errors import MissingHere, WrongInput
from bulkhead.services.wires import Wires
from bulkhead.wire import field
from bulkhead.wire.field import Lines

PLAN = expand(load(Path(__file__).parents[2] / "examples" / "estate.yaml"))
ACME_PLC, ACME_GATEWAY = "acme/lyon/ot/plc-1", "acme/lyon/ai/gw-1"
PLC, GATEWAY = "borealis/tromso/ot/plc-1", "borealis/tromso/ai/gw-1"
ENDS = (ACME_GATEWAY, ACME_PLC, GATEWAY, PLC)
RELAY = Path(plant_wires.__file__).with_name("wires_relay.py")


@pytest.fixture
def hosts(tmp_path, monkeypatch):
    """Hosts whose relays run here; a change of folder tells their terminals apart."""
    monkeypatch.setattr(field, "SOCKETS", {"gateway": "wires", "plc": "wires"})
    monkeypatch.setattr(field, "OUTPUTS", "outputs")
    for host in ENDS:
        (tmp_path / host).mkdir(parents=True)
    return SimpleNamespace(
        plan=PLAN,
        machines=frozenset(ENDS),
        state=tmp_path,
        missing=lambda host: "",
        as_root=lambda host: ["env", f"--chdir={tmp_path / host}"],
    )


@pytest.fixture
def ends(tmp_path, hosts):
    """The terminals of every host."""
    made = {host: Wires(tmp_path / host / "wires") for host in ENDS}
    yield made
    for wires in made.values():
        wires.close()


def heard(wires):
    return [row.values for row in wires.scans()]


def test_a_value_goes_to_the_host_that_its_device_is_wired_to(hosts, ends):
    readings = [
        ("borealis/tromso", "blower-1.spindle-002", "temperature", 51.5),
        ("borealis/tromso", "crane-1.spindle-001", "vibration", 1.25),
        ("acme/lyon", "mill-1", "vibration", 2.0),
        ("acme/lyon", "mill-9", "vibration", 2.0),
    ]
    with Feeder(hosts) as feeder:
        fed = feeder.feed(readings)
    assert fed.put == {PLC: 1, GATEWAY: 1, ACME_PLC: 1, ACME_GATEWAY: 0}
    assert fed.refused == {}
    assert fed.unknown == (("acme/lyon", "mill-9"),)
    assert heard(ends[PLC]) == [{"blower-1.spindle-002": {"temperature": 51.5}}]
    assert heard(ends[GATEWAY]) == [{"crane-1.spindle-001": {"vibration": 1.25}}]
    assert heard(ends[ACME_PLC]) == [{"mill-1.spindle-001": {"vibration": 2.0}}]
    assert heard(ends[ACME_GATEWAY]) == [{}], "its wires are live, and all dead"


def test_a_machines_value_is_that_of_each_of_its_spindles(hosts, ends):
    with Feeder(hosts) as feeder:
        feeder.feed([("borealis/tromso", "blower-1", "temperature", 51.5)])
    both = {f"blower-1.spindle-00{n}": {"temperature": 51.5} for n in (1, 2)}
    assert heard(ends[PLC]) == [both]


def test_what_a_controller_tells_its_machines_comes_back(hosts, ends, tmp_path):
    file = tmp_path / PLC / "outputs"
    with Feeder(hosts) as feeder:
        assert feeder.feed([]).told == {}
        file.write_text(field.encode_outputs(field.Outputs(running=False, speed=900)) + "\n")
        assert feeder.feed([]).told == {PLC: field.Outputs(running=False, speed=900)}
        file.write_text("rubbish")
        assert feeder.feed([]).refused == {}
        file.unlink()
        assert feeder.feed([]).told == {}


def test_scans_come_in_order_and_once(hosts, ends):
    series = [[("acme/lyon", "lathe-1", "vibration", float(n))] for n in range(3)]
    fed = list(drive(hosts, series, interval=0.5))
    assert [row.put[ACME_GATEWAY] for row in fed] == [1, 1, 1]
    assert [row["lathe-1.spindle-001"]["vibration"] for row in heard(ends[ACME_GATEWAY])] == [
        0,
        1,
        2,
    ]


def test_closing_takes_the_wires_off(hosts, ends):
    with Feeder(hosts) as feeder:
        feeder.feed([])
        assert heard(ends[PLC]) == [{}]
        assert ends[PLC].lines is Lines.LIVE
    assert heard(ends[PLC]) == []
    assert ends[PLC].lines is Lines.UNUSED


def test_whoever_stops_reading_fed_scans_takes_the_wires_off(hosts, ends):
    feeding = drive(hosts, iter(lambda: [], None), interval=0.5)
    next(feeding)
    feeding.close()
    assert heard(ends[GATEWAY]) == [{}]
    assert ends[GATEWAY].lines is Lines.UNUSED


def test_a_killed_feeder_takes_the_wires_off(tmp_path, ends):
    """The relay's input ends with the process that held its other end."""
    program = (
        "import subprocess, sys, time; p = subprocess.Popen("
        f"[sys.executable, {str(RELAY)!r}, 'wires', 'null', ''], stdin=-1, stdout=-1);"
        "p.stdin.write(b'{}\\n'); p.stdin.flush(); p.stdout.readline(); print('fed', flush=True);"
        "time.sleep(60)"
    )
    feeder = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=tmp_path / PLC
    )
    assert feeder.stdout.readline() == b"fed\n"
    assert heard(ends[PLC]) == [{}]
    feeder.send_signal(signal.SIGKILL)
    feeder.wait()
    feeder.stdout.close()
    assert select.select([ends[PLC]], [], [], 10)[0]
    assert heard(ends[PLC]) == []
    assert ends[PLC].lines is Lines.UNUSED


def test_a_host_whose_service_is_away_is_named_and_the_others_are_fed(hosts, ends, tmp_path):
    ends[PLC].close()
    with Feeder(hosts) as feeder:
        fed = feeder.feed([("borealis/tromso", "crane-1", "vibration", 1.0)])
        assert set(fed.refused) == {PLC}
        assert "refused" in fed.refused[PLC]
        assert fed.put[GATEWAY] == 1
        ends[PLC] = Wires(tmp_path / PLC / "wires")
        assert feeder.feed([]).refused == {}
    assert heard(ends[PLC]) == [{}]


def test_a_host_whose_relay_ended_gets_another(hosts, ends):
    with Feeder(hosts) as feeder:
        feeder.feed([])
        relay = feeder._relays[PLC]
        relay._process.kill()
        relay._process.wait()
        assert feeder.feed([]).refused == {}
        assert len(heard(ends[PLC])) == 2


def test_a_host_that_does_not_run_or_cannot_be_entered_is_named(hosts, ends):
    hosts.missing = lambda host: "no host runs here" if host == GATEWAY else ""
    hosts.as_root = lambda host: ["/no/such/program"] if host == PLC else ["env", "--chdir=/"]
    with Feeder(hosts) as feeder:
        fed = feeder.feed([])
    assert "/no/such/program" in fed.refused[PLC]
    assert "no host runs here" in fed.refused[GATEWAY]


@pytest.mark.parametrize("interval", [0.4, 2.6, 0.0, float("nan")])
def test_an_interval_that_gateways_would_not_follow_is_refused(hosts, interval):
    with pytest.raises(WrongInput, match=r"0\.5 to 2\.5"):
        check_interval(interval)
    with pytest.raises(WrongInput, match="--interval"):
        next(drive(hosts, [[]], interval=interval))


def test_bare_hosts_have_no_wires(hosts):
    hosts.machines = frozenset()
    with pytest.raises(MissingHere, match="--hosts machines"):
        Feeder(hosts)
