"""Brokers and historians as models: what mosquitto and PostgreSQL do as these roles set them up.

Each answers the layer of the service that stops an attempt which the network let through, or
None. The contract suite of the actions holds the models and the real ones to the same answers.
"""

from bulkhead.plan import Host
from bulkhead.wire.certificates import dotted
from bulkhead.wire.topics import PUBLISHED, BadTopic, Kind, StateTopic, Topic, parse, primary_host

Stop = tuple[str, str]
"""A layer, and why it stops."""


def broker_stops(source: Host, broker: Host, topic: str) -> list[Stop]:
    """The stops that a message meets, in order; a broker trusts its own tenant's authorities."""
    stops = []
    if source.tenant != broker.tenant:
        stops.append(("tls", "its certificate is of an authority that the broker does not trust"))
    if not _may_write(source, topic):
        stops.append(("broker-acl", f"{dotted(source.id)} may not write {topic}"))
    return stops


def _may_write(source: Host, text: str) -> bool:
    """Gateways write their own data; ingest writes its STATE and commands to gateways."""
    try:
        topic = parse(text)
    except BadTopic:
        return False
    if isinstance(topic, StateTopic):
        return source.role == "ingest" and topic.host == primary_host(source.tenant)
    return topic.tenant == source.tenant and _writes(source, topic)


def _writes(source: Host, topic: Topic) -> bool:
    if source.role == "gateway":
        return topic.kind in PUBLISHED and topic.node == dotted(source.id)
    return source.role == "ingest" and topic.kind == Kind.NCMD


def historian_stops(source: Host, historian: Host, tenant: str) -> list[Stop]:
    """The stops that a query meets, in order: roles/historian trusts its tenants' workloads."""
    stops = []
    if source.tenant != historian.tenant or source.role == "gateway":
        stops.append(
            ("tls", "its certificate is of an authority that the historian does not trust")
        )
    if tenant != source.tenant:
        stops.append(("row-security", f"rows of {tenant} are not shown to {source.tenant}"))
    return stops
