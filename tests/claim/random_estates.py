"""Random estates as blueprints: other tenants, tiers, sites, counts and conduits each time."""

from random import Random

from blueprint_cases import estate_of, loaded, tenant, text_of

from bulkhead.blueprint import expand
from bulkhead.blueprint.tiers import tiers
from bulkhead.plan import Plan

EXTRAS = (
    ("ingest.ingest", "processing.inference"),
    ("processing.inference", "ingest.ingest"),
    ("ingest.broker", "storage.historian"),
    ("storage", "processing"),
    ("processing", "storage"),
    ("ingest", "ingest"),
    ("admin.bastion", "egress.proxy"),
    ("processing", "egress.proxy"),
    ("storage", "audit.logstore"),
)
"""Ends between which a conduit of any service is within the rules."""


TIERS = tuple(tiers())


def random_plan(seed: int) -> Plan:
    """The plan of a random estate; the same for the same seed."""
    return expand(loaded(text_of(random_estate(Random(seed)))))


def random_estate(random: Random) -> dict[str, object]:
    """One to three tenants on any tier, with some of the example's conduits and some others."""
    blocks = random.sample(range(2, 200), random.randint(1, 3))
    tenants = [
        tenant(
            f"t{number}",
            random.choice(TIERS),
            block,
            sites=random.sample((1, 2, 3), random.randint(1, 2)),
            extra=random.randint(0, 2),
        )
        for number, block in enumerate(blocks)
    ]
    for site in (site for each in tenants for site in each["sites"]):
        site["conduit"] = random.choice(("firewall", "firewall", "diode"))
    estate = estate_of(*tenants)
    kept = [row for row in estate["conduits"] if random.random() < 0.75]
    if all(site["conduit"] == "diode" for each in tenants for site in each["sites"]):
        kept = [row for row in kept if row["name"] != "poll"]  # no site could carry it
    chosen = random.sample(EXTRAS, random.randint(0, 4))
    extras = [_conduit(random, number, *ends) for number, ends in enumerate(chosen)]
    estate |= {"conduits": kept + extras + _services(random)}
    return estate | {"shared": estate["shared"] | {"management": random.choice(MANAGEMENT)}}


MANAGEMENT = ("peering", "transit")
"""How the shared plane meets tenants' networks."""


def _services(random: Random) -> list[dict[str, object]]:
    """Now and then a way to S3 through endpoints, for some zones."""
    asking = random.sample(("ingest", "processing", "storage.historian", "admin"), 2)
    if random.random() < 0.4:
        return []
    return [
        {
            "name": "objects",
            "from": asking,
            "to": "audit.logstore",
            "by": "endpoint",
            "service": "s3",
            "protocol": "tcp",
            "port": 443,
            "authenticate": "tls-server",
            "mediator": "audit.logstore",
            "reason": "Drawn at random.",
        }
    ]


def _conduit(random: Random, number: int, source: str, target: str) -> dict[str, object]:
    protocol = random.choice(("tcp", "udp", "icmp"))
    first = random.randint(1, 60000)
    last = random.choice((first, first + random.randint(1, 5000)))
    ports = {} if protocol == "icmp" else {"port": f"{first}-{last}" if last > first else first}
    mediator = target if "." in target else f"{target}.{MEDIATORS[target]}"
    return {
        "name": f"extra-{number}",
        "from": source,
        "to": target,
        "protocol": protocol,
        "authenticate": "mtls",
        "mediator": mediator,
        "reason": "Drawn at random.",
        **ports,
    }


MEDIATORS = {"ingest": "broker", "processing": "inference", "storage": "historian"}
