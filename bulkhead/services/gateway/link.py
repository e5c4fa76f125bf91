"""One MQTT session over TLS 1.3, driven from one thread: nothing happens outside `wait`.

Paho is used by its external event loop, so that a session needs no thread and its end is seen
where it matters. A Link is one session; a new session is a new Link.
"""

import contextlib
import logging
import os
import select
import ssl
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from bulkhead.services.gateway.config import Broker, Tls
from bulkhead.services.gateway.edge import Message

CONNECT_S = 5.0
log = logging.getLogger(__name__)


class LinkDown(Exception):
    """There is no session; the text says why, for a log."""


class _Named(ssl.SSLContext):
    """Verifies one name, whatever address was dialled."""

    expected = ""

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        """Wrap with the expected name in place of the address."""
        return super().wrap_socket(*args, **options | {"server_hostname": self.expected})


def context(tls: Tls, name: str) -> ssl.SSLContext:
    """TLS 1.3 alone, own certificate, the broker's by anchor, name and revocation list.

    Read anew for each session, so that renewed files need no restart.
    Raises LinkDown, naming the file, for what cannot be read.
    """
    made = _Named(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.expected = name
    made.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    try:
        made.load_verify_locations(tls.anchors)
        made.load_verify_locations(tls.revocations)
        made.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ValueError) as error:
        files = ", ".join(map(str, (tls.anchors, tls.revocations, tls.certificate, tls.key)))
        raise LinkDown(f"one of {files} cannot be used: {error}") from None
    return made


class Link:
    """A session that begins when made; `heard(topic, payload)` is called from within `wait`.

    Raises LinkDown where no connection comes about within CONNECT_S (twice that with TLS).
    """

    def __init__(  # noqa: PLR0913 (each is a part of one CONNECT)
        self,
        *,
        client_id: str,
        broker: Broker,
        tls: Tls,
        keepalive: int,
        will: Message,
        subscriptions: list[str],
        heard: Callable[[str, bytes], None],
    ) -> None:
        self._topics, self._pause = subscriptions, keepalive / 4
        self.granted = False
        """Whether the broker has accepted the session."""
        self._why = ""
        self._client = client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id, clean_session=True, reconnect_on_failure=False
        )
        client.connect_timeout = CONNECT_S
        client.tls_set_context(context(tls, broker.name))
        client.will_set(will.topic, will.payload, qos=will.qos, retain=False)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = lambda _client, _data, message: heard(
            message.topic, bytes(message.payload)
        )
        try:
            client.connect(broker.address, broker.port, keepalive=keepalive)
        except (OSError, ValueError) as error:
            raise LinkDown(f"{broker.address}:{broker.port}: {error}") from None

    def wait(self, timeout: float, wake: int) -> None:
        """Handle what comes until `timeout` (s), or until the descriptor `wake` is readable.

        Raises LinkDown once the session is over.
        """
        socket: Any = self._client.socket()
        if socket is None:
            raise LinkDown(self._why or "closed")
        writers = [socket] if self._client.want_write() else []
        pause = 0.0 if socket.pending() else min(max(timeout, 0.0), self._pause)
        readable, writable, _ = select.select([socket, wake], writers, [], pause)
        if wake in readable:
            with contextlib.suppress(BlockingIOError):
                os.read(wake, 4096)
        if socket in readable or socket.pending():
            self._check(self._client.loop_read())
        if writable:
            self._check(self._client.loop_write())
        self._check(self._client.loop_misc())

    def publish(self, message: Message) -> mqtt.MQTTMessageInfo:
        """Hand a message to the connection. Raises LinkDown where there is none."""
        info = self._client.publish(message.topic, message.payload, qos=message.qos)
        self._check(info.rc)
        return info

    def crowded(self) -> bool:
        """Whether the connection does not take more now."""
        return self._client.want_write()

    def leave(self, last: Message, wake: int, patience: float = 2.0) -> None:
        """Say a last message, see it acknowledged for at most `patience` (s), and disconnect."""
        with contextlib.suppress(LinkDown):
            if self.granted:
                info = self.publish(last)
                end = time.monotonic() + patience
                while not info.is_published() and time.monotonic() < end:
                    self.wait(0.2, wake)
            self._client.disconnect()
            self.wait(0.0, wake)

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _p: Any) -> None:
        if code.is_failure:
            self._why = f"the broker says: {code}"
            return
        self.granted = True
        log.info("a session began")
        client.subscribe([(topic, 1) for topic in self._topics])

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, code: Any, _p: Any) -> None:
        hint = "" if self.granted else " before the session began: is this certificate refused?"
        self._why = self._why or f"closed{hint} ({code})"
        self.granted = False

    def _check(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkDown(self._why or mqtt.error_string(code))
