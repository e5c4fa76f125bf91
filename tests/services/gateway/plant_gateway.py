"""A gateway as a process of its own, and a host that listens to it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from broker_fixture import NAMES, Broker
from mqtt_peer import Peer

from bulkhead.wire import sparkplug, state, topics
from bulkhead.wire.sparkplug import Payload
from bulkhead.wire.topics import Kind, Topic

CONFIGURATION = """
tenant = "{tenant}"
node = "{node}"
state = "{state}"

[broker]
address = "127.0.0.1"
port = {port}
name = "{name}"

[tls]
certificate = "{tls}/gateway.pem"
key = "{tls}/gateway.key"
anchors = "{tls}/gateway-ca.pem"
revocations = "{tls}/gateway-crl.pem"

[telemetry]
seed = 7
interval_ms = {interval_ms}
keepalive_s = 5
recent_s = {recent_s}
drain_per_s = {drain_per_s}

[[devices]]
id = "mill-1"
signals = ["vibration", "temperature", "motor_current", "acoustic_emission"]

[[devices]]
id = "lathe-1"
signals = ["vibration"]
"""
DEFAULTS = {"interval_ms": 20, "recent_s": 60, "drain_per_s": 20_000}


class Gateway:
    """`start` and `stop` as often as a test likes; its state lies in `folder`."""

    def __init__(self, folder: Path, broker: Broker, **more: object) -> None:
        self.folder, self.broker = folder, broker
        self.node = NAMES["gateway"].format(broker.tenant)
        folder.mkdir(parents=True, exist_ok=True)
        self.file, self.log = folder / "gateway.toml", folder / "log"
        values = {
            "tenant": broker.tenant,
            "node": self.node,
            "state": folder,
            "port": broker.port,
            "name": broker.name,
            "tls": broker.client("gateway"),
        }
        self.file.write_text(CONFIGURATION.format(**values | DEFAULTS | more))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Gateway":
        argv = [sys.executable, "-m", "bulkhead.services.gateway", str(self.file)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(argv, stderr=log, stdout=log, env=os.environ)
        return self

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(15)
        self._process = None
        return code

    def hup(self) -> None:
        """SIGHUP."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def __enter__(self) -> "Gateway":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.stop(signal.SIGKILL)


class Host(Peer):
    """The tenant's ingest, as far as gateways see it; hears everything of the tenant."""

    def __init__(self, broker: Broker) -> None:
        self.since = time.time_ns() // 1_000_000
        self._topic = str(topics.StateTopic(host=topics.primary_host(broker.tenant)))
        super().__init__(broker, "ingest", will=(self._topic, self._state(False)))
        assert self.accepted
        self.tenant = broker.tenant
        self.subscribe(topics.everything(broker.tenant))

    def _state(self, online: bool) -> bytes:
        return state.encode(state.HostState(online=online, timestamp=self.since))

    def tell(self, online: bool) -> "Host":
        self.say(self._topic, self._state(online), retain=True)
        return self

    def ask_rebirth(self, node: str) -> None:
        topic = Topic(tenant=self.tenant, kind=Kind.NCMD, node=node)
        self.say(str(topic), sparkplug.rebirth_request(1))

    def next(self) -> tuple[Topic, Payload]:
        """The next message of the tenant's nodes."""
        message = self.hear(lambda m: "/NCMD/" not in m.topic)
        topic = topics.parse(message.topic)
        assert isinstance(topic, Topic)
        return topic, sparkplug.decode(message.payload)

    def await_(
        self, kind: Kind, wanted: Callable[[Payload], bool] = lambda _: True
    ) -> tuple[Topic, Payload]:
        """The next message of a kind that is wanted; others are passed over."""
        while True:
            topic, payload = self.next()
            if topic.kind is kind and wanted(payload):
                return topic, payload
