import subprocess
import sys

import pytest
from plant_gateway import CONFIGURATION, DEFAULTS

from bulkhead.errors import WrongInput
from bulkhead.services.gateway.config import load

GOOD = CONFIGURATION.format(
    tenant="acme", node="acme.lyon.ai.gw-1", state="/s", port=8883, name="b", tls="/t", **DEFAULTS
)


def loaded(tmp_path, text):
    file = tmp_path / "gateway.toml"
    file.write_text(text)
    return load(file)


def test_a_whole_file_is_read(tmp_path):
    settings = loaded(tmp_path, GOOD)
    assert settings.broker.port == 8883
    assert [device.id for device in settings.devices] == ["mill-1", "lathe-1"]
    assert settings.capacity == 500_000


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('tenant = "acme"', "", "tenant is missing"),
        ('tenant = "acme"', 'tenant = "a/b"', "tenant is 'a/b'"),
        ('tenant = "acme"', 'tenant = "STATE"', "names cannot stand in a topic"),
        ('id = "mill-1"', 'id = "mill:1"', "names cannot stand in a topic"),
        ('id = "mill-1"', 'id = "lathe-1"', "devices have an id twice"),
        ("port = 8883", "port = 0", "broker.port is 0"),
        ("port = 8883", 'port = "8883"', "broker.port is '8883'"),
        ("port = 8883", "port = true", "broker.port is True"),
        ('key = "/t/gateway.key"', 'key = "gateway.key"', "tls.key is 'gateway.key'"),
        ("seed = 7", "sed = 7", "telemetry.sed is not known here"),
        ("[broker]", "[[broker]]", "broker is list"),
        ('signals = ["vibration"]', 'signals = ["speed"]', "devices[1].signals has 'speed'"),
        ('signals = ["vibration"]', "signals = []", "devices[1].signals is []"),
        ('signals = ["vibration"]', 'signals = "vibration"', "devices[1].signals is 'vibration'"),
        ("[broker]", "[broker", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named_with_its_value(tmp_path, old, new, named):
    assert old in GOOD
    with pytest.raises(WrongInput) as caught:
        loaded(tmp_path, GOOD.replace(old, new))
    assert named in str(caught.value)
    assert str(tmp_path / "gateway.toml") in str(caught.value)


def run(*arguments):
    argv = [sys.executable, "-m", "bulkhead.services.gateway", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_a_wrong_file_ends_the_service_with_2_and_no_traceback(tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(GOOD)
    bad.write_text(GOOD.replace("port = 8883", "port = 0"))
    assert run("--check", str(good)).returncode == 0
    for arguments in ([str(bad)], ["--check", str(bad)], [], [str(tmp_path / "none.toml")]):
        done = run(*arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


def test_a_state_directory_that_is_not_there_is_named(tmp_path):
    file = tmp_path / "gateway.toml"
    file.write_text(GOOD.replace('state = "/s"', f'state = "{tmp_path}/none"'))
    done = run(str(file))
    assert done.returncode == 1
    assert f"{tmp_path}/none" in done.stderr
    assert "Traceback" not in done.stderr
