"""What a host gets as /opt/bulkhead/lib: our services, six locked wheels, and nothing else."""

import importlib.util
import io
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
BUNDLE = PROJECT / "roles" / "services" / "files" / "bundle.py"
LOCK = PROJECT / "bulkhead" / "services" / "requirements.lock"
WHEELS = {"google", "paho", "psycopg", "psycopg_binary", "psycopg_binary.libs", "pymodbus"}
ROW = re.compile(r"^([a-z0-9-]+(?:\[[a-z]+\])?==\S+)((?: \\\n +--hash=\S+)+)", re.MULTILINE)


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("bundle") / "lib.tar"
    command = [sys.executable, str(BUNDLE), str(PROJECT), str(file)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == "changed\n"
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == ""
    return file


@pytest.fixture(scope="module")
def names(archive) -> list[str]:
    with tarfile.open(archive) as tar:
        return tar.getnames()


def test_the_lock_is_a_part_of_the_projects_own():
    whole = dict(ROW.findall((PROJECT / "requirements.lock").read_text()))
    ours = dict(ROW.findall(LOCK.read_text()))
    assert {row.partition("=")[0] for row in ours} == {
        "paho-mqtt", "protobuf", "psycopg", "psycopg-binary", "pymodbus", "typing-extensions",
    }  # fmt: skip
    assert all(whole[row].split() == hashes.split() for row, hashes in ours.items())


def test_nothing_but_services_wire_and_locked_wheels_is_in_it(names):
    tops = {name.partition("/")[0] for name in names}
    tops = {top for top in tops if not top.endswith(".dist-info")}
    assert tops == WHEELS | {"bulkhead", "typing_extensions.py"}
    ours = {"/".join(name.split("/")[:2]) for name in names if name.startswith("bulkhead/")}
    assert ours == {
        "bulkhead/__init__.py", "bulkhead/errors.py", "bulkhead/services", "bulkhead/wire",
    }  # fmt: skip


def test_services_start_with_it_alone(archive, tmp_path):
    """Isolated from this environment: an import of anything else of ours, or of a cloud, fails."""
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    services = ("ingest.__main__", "gateway.service", "plc.service")
    names = [f"bulkhead.services.{name}" for name in services]
    program = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; " + "; ".join(
        f"import {name}" for name in names
    )
    loaded = "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    command = [str(Path(sys.base_prefix) / "bin" / "python3"), "-I", "-S", "-c"]
    done = subprocess.run(
        [*command, f"{program}; {loaded}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    foreign = {"pulumi", "boto3", "botocore", "grpc", "pydantic", "cryptography", "ansible", "moto"}
    assert not foreign & set(done.stdout.split())


def test_the_archives_bytes_depend_on_its_content_alone(archive):
    spec = importlib.util.spec_from_file_location("bundle", BUNDLE)
    bundle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bundle)
    made = bundle.archive(PROJECT)
    assert made == archive.read_bytes()
    with tarfile.open(fileobj=io.BytesIO(made)) as tar:
        assert {(row.mtime, row.uid, row.mode) for row in tar} == {(0, 0, 0o644)}
