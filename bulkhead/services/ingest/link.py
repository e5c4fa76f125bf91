"""One connection to the broker, from CONNECT to its end: subscription, STATE, rebirth requests.

A new connection is a new Link, since its will must bear the time of its own CONNECT (Sparkplug
3.0, section 6.4.27). Callbacks run in paho's thread: they only put what they heard into a queue.
"""

import contextlib
import queue
import ssl
import time
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from bulkhead.services.ingest.config import Config, Tls
from bulkhead.services.ingest.pace import Bucket
from bulkhead.services.ingest.rows import Message
from bulkhead.wire import sparkplug, state, topics
from bulkhead.wire.state import HostState
from bulkhead.wire.topics import Kind, Topic

KEEPALIVE = 15
CONNECT_TIMEOUT = 5.0


@dataclass(slots=True)
class Inbox:
    """Messages that wait, `room` at most; what does not fit is counted and left to come back.

    One thread puts. Nothing blocks it: it must answer the broker's pings.
    """

    room: int
    overflow: int = 0
    _waiting: "queue.SimpleQueue[Message | None]" = field(default_factory=queue.SimpleQueue)

    def put(self, message: Message) -> None:
        """Add a message, or count it as one too many."""
        if self._waiting.qsize() < self.room:
            self._waiting.put(message)
        else:
            self.overflow += 1

    def wake(self) -> None:
        """End a `get` that waits: something else than a message happened."""
        self._waiting.put(None)

    def get(self, timeout: float) -> Message | None:
        """The next message, waiting up to `timeout` seconds; None: none came, or wake."""
        try:
            return self._waiting.get(timeout=max(timeout, 0.0))
        except queue.Empty:
            return None

    def __len__(self) -> int:
        """How many wait."""
        return self._waiting.qsize()


@dataclass(slots=True)
class Link:
    """`ready`: subscribed, so that nothing said from now on is missed. `over`: the end came."""

    config: Config
    inbox: Inbox
    ready: bool = False
    over: str = ""
    online: bool | None = None
    _again: Bucket = field(default_factory=lambda: Bucket(rate=0.2, burst=3))
    _since: int = field(init=False)
    _client: mqtt.Client = field(init=False)

    def __post_init__(self) -> None:
        """Prepare; nothing is sent before `open`."""
        self._since = time.time_ns() // 1_000_000
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.config.name,
            clean_session=True,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        self._client.tls_set_context(context(self.config.tls, self.config.broker.name))
        self._client.will_set(self._topic(), self._state(False), qos=1, retain=True)
        self._client.connect_timeout = CONNECT_TIMEOUT
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._heard
        self._client.on_disconnect = self._ended

    def open(self) -> None:
        """Connect. Raises OSError (of which ssl.SSLError is one) when the broker is not there."""
        broker = self.config.broker
        self._client.connect(broker.address, broker.port, keepalive=KEEPALIVE)
        self._client.loop_start()

    def say(self, online: bool) -> None:
        """STATE, retained, with the time of this CONNECT; once for each change."""
        if self.online is not online:
            self.online = online
            self._client.publish(self._topic(), self._state(online), qos=1, retain=True)

    def ask_birth(self, node: str) -> None:
        """NCMD Node Control/Rebirth; a node that is not there does not hear it."""
        topic = Topic(tenant=self.config.tenant, kind=Kind.NCMD, node=node)
        request = sparkplug.rebirth_request(time.time_ns() // 1_000_000)
        self._client.publish(str(topic), request, qos=0)

    def close(self) -> None:
        """Say offline, wait until the broker has it, and leave."""
        if not self.over and self._client.is_connected():
            self.online = False
            said = self._client.publish(self._topic(), self._state(False), qos=1, retain=True)
            # If the connection ends meanwhile, the will says the same.
            with contextlib.suppress(RuntimeError, ValueError):
                said.wait_for_publish(timeout=2.0)
        self._client.disconnect()
        self._client.loop_stop()
        self.over = self.over or "closed"

    def _topic(self) -> str:
        return str(topics.StateTopic(host=topics.primary_host(self.config.tenant)))

    def _state(self, online: bool) -> bytes:
        return state.encode(HostState(online=online, timestamp=self._since))

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _p: Any) -> None:
        if code.is_failure:
            self._end(f"refused by the broker: {code}")
            client.disconnect()
            return
        client.subscribe([(topics.everything(self.config.tenant), 1), (self._topic(), 1)])

    def _subscribed(self, client: mqtt.Client, _d: Any, _mid: int, codes: Any, _p: Any) -> None:
        if any(code.is_failure for code in codes):
            self._end("the broker refuses the subscription")
            client.disconnect()
            return
        self.ready = True
        self.inbox.wake()

    def _heard(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        # paho decodes a topic when it is asked for it, and lets the error of bad UTF-8 out.
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "?"
        if topic == self._topic():
            self._own_state(message)
            return
        now = time.time_ns() // 1_000_000
        self.inbox.put(
            Message(
                topic=topic, payload=bytes(message.payload), retained=message.retain, received=now
            )
        )

    def _own_state(self, message: mqtt.MQTTMessage) -> None:
        """An older connection's will may come late; the retained word must be ours again."""
        try:
            heard = state.decode(bytes(message.payload))
        except sparkplug.Malformed:
            heard = None
        ours = HostState(online=bool(self.online), timestamp=self._since)
        # A second host of the same name would contradict for ever: hence the bound.
        if heard != ours and self.online is not None and self._again.take(time.monotonic()):
            self._client.publish(self._topic(), state.encode(ours), qos=1, retain=True)

    def _ended(self, _client: mqtt.Client, _d: Any, _flags: Any, code: Any, _p: Any) -> None:
        self._end(f"the connection ended: {code}")

    def _end(self, why: str) -> None:
        self.over = self.over or why
        self.ready, self.online = False, None
        self.inbox.wake()


class _Named(ssl.SSLContext):
    """Verifies one name, whatever address was dialled."""

    expected = ""

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        """Wrap with the expected name in place of the address."""
        return super().wrap_socket(*args, **options | {"server_hostname": self.expected})


def context(tls: Tls, name: str) -> ssl.SSLContext:
    """TLS 1.3, mutual, with the anchors' revocation lists. Raises OSError for files unfit."""
    made = _Named(ssl.PROTOCOL_TLS_CLIENT)
    made.expected = name
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_verify_locations(tls.anchors)
    made.load_verify_locations(tls.revocations)
    made.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    made.load_cert_chain(tls.certificate, tls.key)
    return made
