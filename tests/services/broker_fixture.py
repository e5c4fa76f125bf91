"""Real brokers on loopback: the role's templates, mosquitto, certificates of our authorities."""

import re
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import jinja2
import pytest
import yaml
from certificates_fixture import give, refresh, revoke
from ports_fixture import free_port

ROLE = Path(__file__).parents[2] / "roles" / "broker"
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
CHECK = ROLE / "files" / "bulkhead-broker-check"
CANARY = ROLE / "files" / "bulkhead-broker-canary"
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
NAMES = {
    "gateway": "{}.lyon.ai.gw-1",
    "ingest": "{}.ingest.ingest-1",
    "inference": "{}.processing.inference-1",
}


def rendered(name: str, **variables: object) -> str:
    """A template of the role, as Ansible renders it."""
    loader = jinja2.FileSystemLoader(ROLE / "templates")
    environment = jinja2.Environment(
        loader=loader,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template(name).render(DEFAULTS | variables)


def until(holds: Callable[[], object], what: str, within: float = 30.0) -> object:
    """What a condition gives once it holds; it is asked anew every 10 ms."""
    end = time.monotonic() + within
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {within} s: {what}"
        time.sleep(0.01)
    return found


class Broker:
    """One tenant's broker process below `folder`. `replace` edits its configuration's lines."""

    def __init__(
        self,
        folder: Path,
        trust: Path,
        tenant: str,
        *,
        anchors: Sequence[str] = (),
        replace: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.folder, self.trust, self.tenant = folder, trust, tenant
        self.port = free_port()
        self.name = f"{tenant}.ingest.broker-1"
        self.anchors = list(anchors) or [f"{tenant}/device", f"{tenant}/workload"]
        self.tls = folder / "tls"
        self.conf, self.log = folder / f"{tenant}.conf", folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.renew()
        self._configure(replace)

    def _configure(self, replace: tuple[tuple[str, str], ...]) -> None:
        clients = [{"name": name.format(self.tenant), "kind": kind} for kind, name in NAMES.items()]
        clients.append({"name": f"{self.tenant}.lyon.ai.gw-2", "kind": "gateway"})
        tenant = {"tenant": self.tenant, "port": self.port, "clients": clients}
        (self.folder / f"{self.tenant}.acl").write_text(
            rendered("tenant.acl.j2", broker_tenant=tenant)
        )
        conf = rendered(
            "tenant.conf.j2",
            broker_tenant=tenant,
            broker_service="broker",
            broker_max_connections=64,
            broker_memory_limit=1 << 28,
        )
        conf = conf.replace("/etc/bulkhead/tls", str(self.tls)).replace(" 0.0.0.0", " 127.0.0.1")
        conf = conf.replace("/etc/bulkhead/broker", str(self.folder))
        for old, new in replace:
            assert old in conf, old
            conf = conf.replace(old, new)
        self.conf.write_text(conf)

    def renew(self) -> None:
        """A new key and certificate for the broker."""
        authority = f"{self.tenant}/workload"
        give(
            self.tls,
            self.trust,
            service="broker",
            name=self.name,
            authority=authority,
            anchors=self.anchors,
            usages=("server", "client"),
        )

    def start(self) -> None:
        """Start, and wait until it accepts connections."""
        assert MOSQUITTO
        draft = self.folder / "running.conf"  # as root mosquitto would change its account
        draft.write_text(self.conf.read_text() + "user root\n")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", draft], stderr=log, stdout=log)
        until(self._listens, f"mosquitto listens:\n{self.log.read_text()}")

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        return bool(self.served())

    def served(self) -> str:
        """The certificate that is served now, PEM; empty where nothing is."""
        try:
            return ssl.get_server_certificate(("127.0.0.1", self.port), timeout=2)
        except OSError:
            return ""

    def reload(self) -> None:
        """A new certificate, SIGHUP, and wait until it was obeyed."""
        self.renew()
        self.obey()

    def obey(self) -> None:
        """SIGHUP, and wait until the certificate that lies on disk, a new one, is served."""
        wanted = (self.tls / "broker.pem").read_text()
        wanted = wanted[: wanted.index("-----END CERTIFICATE-----")]
        self.hup()
        until(lambda: self.served().startswith(wanted), "the new certificate is served")

    def hup(self) -> None:
        """SIGHUP; it is obeyed some time later."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def refresh(self) -> None:
        """The revocation lists as they are now; a reload reads them."""
        refresh(self.tls, self.trust, service="broker", anchors=self.anchors)

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the process."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(10)
            self._process = None

    def client(self, kind: str, *, authority: str = "", name: str = "") -> Path:
        """A folder with KIND's files, of its own authority unless another is named."""
        name = name or NAMES[kind].format(self.tenant)
        own = f"{self.tenant}/{'device' if kind == 'gateway' else 'workload'}"
        authority = authority or own
        folder = self.folder.parent / "clients" / f"{name}--{authority.replace('/', '-')}"
        if not (folder / f"{kind}.pem").exists():
            anchors = [f"{self.tenant}/workload"]
            give(folder, self.trust, service=kind, name=name, authority=authority, anchors=anchors)
        return folder

    def revoke(self, kind: str) -> None:
        """Revoke a client's own certificate; the broker does not know yet."""
        authority = f"{self.tenant}/{'device' if kind == 'gateway' else 'workload'}"
        revoke(self.client(kind), self.trust, service=kind, authority=authority)

    def tool(self, script: Path, *more: str) -> subprocess.CompletedProcess[str]:
        """Run one of the role's scripts on this broker's configuration."""
        argv = ["/usr/bin/python3", str(script), str(self.conf), *more]
        return subprocess.run(argv, capture_output=True, text=True, check=False)


def needs_mosquitto() -> None:
    """Skip, saying how to get it."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not here: apt-get install mosquitto")


@contextmanager
def broker(folder: Path, trust: Path, tenant: str = "acme", **more: object) -> Iterator[Broker]:
    """A running broker of a tenant; ended afterwards."""
    needs_mosquitto()
    made = Broker(folder, trust, tenant, **more)  # type: ignore[arg-type]
    made.start()
    try:
        yield made
    finally:
        made.stop()


def logged(broker: Broker, pattern: str) -> bool:
    """Whether the broker's log has a line that matches."""
    return re.search(pattern, broker.log.read_text()) is not None
