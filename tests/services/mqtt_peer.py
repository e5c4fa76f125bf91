"""A client of a broker that a test plays: connects, says, hears."""

import queue
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt
from broker_fixture import Broker
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE = 30.0


class Peer:
    """One session of KIND with the files in `folder`; `accepted` says whether it came about."""

    def __init__(
        self,
        broker: Broker,
        kind: str,
        folder: Path | None = None,
        *,
        client_id: str = "any",
        tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        will: tuple[str, bytes] | None = None,
    ) -> None:
        folder = folder or broker.client(kind)
        self.heard: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
        self._answered, self._acknowledged = threading.Event(), threading.Event()
        self.gone = threading.Event()
        self.accepted = False
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id, reconnect_on_failure=False
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = context.maximum_version = tls
        context.load_verify_locations(broker.tls / "broker-ca.pem")
        if (folder / f"{kind}.pem").exists():
            context.load_cert_chain(folder / f"{kind}.pem", folder / f"{kind}.key")
        self._client.tls_set_context(context)
        if will:
            self._client.will_set(*will, qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = lambda _client, _data, message: self.heard.put(message)
        self._client.on_subscribe = lambda *_: self._acknowledged.set()
        try:
            self._client.connect("localhost", broker.port, keepalive=60)
        except OSError:
            return
        self._client.loop_start()
        assert self._answered.wait(PATIENCE)

    def _on_connect(self, _client, _data, _flags, code, _properties) -> None:
        self.accepted = not code.is_failure
        self._answered.set()

    def _on_disconnect(self, *_: object) -> None:
        self.gone.set()
        self._answered.set()

    def subscribe(self, *topics: str) -> "Peer":
        self._acknowledged.clear()
        self._client.subscribe([(topic, 1) for topic in topics])
        assert self._acknowledged.wait(PATIENCE)
        return self

    def say(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish; with QoS 1 the broker has it when this returns."""
        info = self._client.publish(topic, payload, qos, retain)
        if qos:
            info.wait_for_publish(PATIENCE)
            assert info.is_published()

    def hear(self, wanted: Callable[[mqtt.MQTTMessage], bool] = lambda _: True) -> mqtt.MQTTMessage:
        """The next message that is wanted; others before it are passed over."""
        while True:
            message = self.heard.get(timeout=PATIENCE)
            if wanted(message):
                return message

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def vanish(self) -> None:
        """End the connection without a word, as a killed process does."""
        self._client.loop_stop()
        self._client.socket().close()

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
