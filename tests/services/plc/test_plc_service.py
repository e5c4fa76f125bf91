"""The controller as a process, asked as anybody asks: by Modbus TCP."""

import socket
import stat
import subprocess
import sys

import pytest
from broker_fixture import until
from plc_process import CONFIG, DEVICE, PlcProcess, feel

from bulkhead.wire import field, registers
from bulkhead.wire.field import Lines, Outputs
from bulkhead.wire.registers import RUN, SPEED

HOT = {"mill-1": {"temperature": 100.0}}


@pytest.fixture(scope="module")
def plc(tmp_path_factory):
    with PlcProcess(tmp_path_factory.mktemp("plc"), "mill-1", "lathe-1") as running:
        yield running


def test_what_its_wires_say_is_read_by_anybody(plc):
    assert plc.inputs().lines is Lines.SILENT, "nobody knows yet"
    feel(plc.wires, {"mill-1": {"vibration": 2.5}, "lathe-1": {"temperature": 41.5}})
    until(lambda: plc.inputs().lines is Lines.LIVE, "the scan is taken")
    found = plc.inputs()
    assert found.scan == 1
    assert [dict(row.values) for row in found.devices] == [
        {"vibration": 2.5},
        {"temperature": 41.5},
    ]


def test_bytes_that_are_no_scan_change_nothing(plc):
    feel(plc.wires, {"mill-1": {"vibration": 3.0}})
    until(lambda: plc.inputs().devices[0].values == {"vibration": 3.0}, "the scan is taken")
    before = plc.inputs().scan
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.sendto(b"rubbish", str(plc.wires))
    until(lambda: "no scan of the wires: not JSON" in plc.log.read_text(), "it is said")
    assert plc.inputs().scan == before


def test_its_terminals_are_closed_to_others(plc):
    mode = plc.wires.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_anybody_writes_within_the_bounds_and_nobody_beyond(plc):
    with plc.client() as client:
        assert not client.write_register(SPEED, 1500).isError()
        assert client.read_holding_registers(SPEED, count=1).registers == [1500]
        trip = registers.limit(0, "temperature", "trip")
        assert client.write_register(trip, 1201).exception_code == 3
        assert client.write_registers(trip - 1, [800, 1201]).exception_code == 3
        assert not client.write_registers(trip - 1, [700, 1200]).isError()
        assert client.read_holding_registers(trip - 1, count=2).registers == [700, 1200]


def test_other_functions_and_addresses_are_refused(plc):
    with plc.client() as client:
        assert client.read_coils(0, count=1).exception_code == 1
        assert client.write_coil(0, True).exception_code == 1
        assert client.mask_write_register(address=RUN, and_mask=0, or_mask=0).exception_code == 1
        assert client.write_register(9, 1).exception_code == 2
        assert client.read_input_registers(registers.size(2) * 17 - 1, count=2).exception_code == 2


def test_bytes_that_are_no_modbus_do_not_stop_it(plc):
    with socket.create_connection(("127.0.0.1", plc.port), timeout=5) as there:
        there.sendall(b"\x00\x01\x00\x00\xff\xff" + b"\xff" * 600)
    with socket.create_connection(("127.0.0.1", plc.port), timeout=5) as there:
        there.sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert plc.inputs().running


def test_it_trips_by_itself_and_says_so(tmp_path):
    with PlcProcess(tmp_path, "mill-1") as plc:
        feel(plc.wires, HOT)
        until(lambda: not plc.inputs().running, "it stops")
        assert plc.inputs().tripped == (0, "temperature")
        assert "tripped and stopped: temperature of mill-1 is 100 degC" in plc.log.read_text()
        assert outputs(plc) == Outputs(running=False, speed=2000)
        with plc.client() as client:
            assert client.write_register(RUN, 1).exception_code == 3
        assert plc.stop() == 0


def outputs(plc):
    return field.decode_outputs(plc.outputs.read_text())


def test_its_machines_are_told_what_anybody_writes(tmp_path):
    with PlcProcess(tmp_path, "mill-1") as plc:
        until(plc.outputs.exists, "the terminals are there")
        assert outputs(plc) == Outputs(running=True, speed=2000)
        with plc.client() as client:
            assert not client.write_registers(RUN, [0, 900]).isError()
            assert outputs(plc) == Outputs(running=False, speed=900)


def test_wires_that_fall_silent_have_no_value_and_wires_taken_off_are_unused(tmp_path):
    with PlcProcess(tmp_path, "mill-1") as plc:
        feel(plc.wires, {"mill-1": {"vibration": 2.5}})
        until(lambda: plc.inputs().lines is Lines.LIVE, "they speak")
        until(lambda: plc.inputs().lines is Lines.SILENT, "they are silent")
        assert plc.inputs().devices[0].values == {}
        feel(plc.wires, None)
        until(lambda: plc.inputs().lines is Lines.UNUSED, "they are taken off")


def run(*arguments):
    argv = [sys.executable, "-m", "bulkhead.services.plc", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


GOOD = CONFIG.format(
    port=502, wires="/w", outputs="/o", devices=DEVICE.format("a") + DEVICE.format("b")
)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("port = 502", "port = 0", "port is 0"),
        ('"/w"', '"w"', "wires is 'w'"),
        ('"/o"', '"o"', "outputs is 'o'"),
        ("speed = 2000", "speed = 7000", "speed is 7000"),
        ("speed = 2000", "rpm = 7000", "rpm is not known"),
        ('id = "b"', 'id = "a"', "have an id twice"),
        ('["vibration", "temperature"]', '["speed"]', "signals has 'speed'"),
        ("[[devices]]", "[devices", "cannot be read"),
    ],
)
def test_a_wrong_file_ends_it_with_2_and_names_what_is_wrong(tmp_path, old, new, named):
    assert old in GOOD
    file = tmp_path / "plc.toml"
    file.write_text(GOOD.replace(old, new))
    for arguments in ([str(file)], ["--check", str(file)]):
        done = run(*arguments)
        assert done.returncode == 2
        assert named in done.stderr
        assert "Traceback" not in done.stderr


def test_a_good_file_is_good_and_a_port_that_is_taken_is_named(tmp_path, plc):
    file = tmp_path / "plc.toml"
    file.write_text(GOOD)
    assert run("--check", str(file)).returncode == 0
    text = GOOD.replace("/w", f"{tmp_path}/wires").replace("/o", f"{tmp_path}/outputs")
    text = text.replace("502", str(plc.port))
    file.write_text(text)
    done = run(str(file))
    assert done.returncode == 1
    assert f"127.0.0.1:{plc.port}" in done.stderr
    assert "Traceback" not in done.stderr
    file.write_text(GOOD.replace("/w", f"{tmp_path}/none/wires"))
    done = run(str(file))
    assert done.returncode == 1
    assert "no terminals can be made" in done.stderr
