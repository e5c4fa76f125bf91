"""Run in a namespace: what a broker answers to one client, or what its ingest hears.

usage: mqtt_try.py try ADDRESS PORT TLS [CERTIFICATE KEY]      prints `admitted` or `refused: WHY`
       mqtt_try.py ingest ADDRESS PORT NAME TENANT CERTIFICATE KEY ANCHOR COUNT
"""

import queue
import socket
import ssl
import sys
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from bulkhead.wire import sparkplug, state, topics

CONNECT = b"\x10\x12\x00\x04MQTT\x04\x02\x00\x0a\x00\x06canary"
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def attempt(address: str, port: str, version: str, *pair: str) -> str:
    """One handshake and one CONNECT."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = VERSIONS[version]
    if pair:
        context.load_cert_chain(*pair)
    raw = socket.create_connection((address, int(port)), timeout=5)  # no broker: an error
    try:
        with raw, context.wrap_socket(raw) as secured:
            secured.sendall(CONNECT)
            answer = secured.recv(4)
    except (ssl.SSLError, ConnectionError) as error:
        return f"refused: {error}"
    return "admitted" if answer == b"\x20\x02\x00\x00" else f"refused: {answer!r}"


def listen(
    address: str, port: str, name: str, tenant: str, pem: str, key: str, anchor: str, count: str
) -> list[str]:
    """As the tenant's ingest: say online, and tell the first COUNT messages of its nodes."""
    context = ssl.create_default_context(cafile=anchor)
    context.load_cert_chain(pem, key)
    heard: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "ingest")
    client.tls_set_context(context)
    client.tls_insecure_set(True)
    context.check_hostname = False  # the address is dialled; the anchor is checked
    client.on_message = lambda _client, _data, message: heard.put(message)
    client.on_connect = lambda one, *_: one.subscribe(topics.everything(tenant), 1)
    own = str(topics.StateTopic(host=topics.primary_host(tenant)))
    online = state.HostState(online=True, timestamp=time.time_ns() // 1_000_000)
    client.on_subscribe = lambda one, *_: one.publish(own, state.encode(online), 1, retain=True)
    client.connect(address, int(port))
    client.loop_start()
    lines = []
    for _ in range(int(count)):
        message = heard.get(timeout=20)
        metrics = sparkplug.decode(message.payload).metrics
        lines.append(f"{message.topic} {' '.join(str(metric.name) for metric in metrics)}")
    client.publish(own, b"", 1, retain=True).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()
    return lines


if __name__ == "__main__":
    if sys.argv[1] == "try":
        print(attempt(*sys.argv[2:]))
    else:
        print("\n".join(listen(*sys.argv[2:])))
