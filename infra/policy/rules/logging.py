"""What happens is written down, everywhere, and cannot be changed unnoticed."""

from collections.abc import Iterator

from infra.policy.graph import PREMISES, Allowed, Graph, Resource, Rule


def _trail(resource: Resource, _: Allowed) -> Iterator[str]:
    own = resource.properties
    wanted = {
        "isMultiRegionTrail": "sees one region alone",
        "enableLogFileValidation": "cannot show that its files are whole",
        "kmsKeyId": "is not encrypted with a key of ours",
    }
    for name, why in wanted.items():
        if not own.get(name):
            yield why
    if own.get("includeGlobalServiceEvents") is False:
        yield "does not see IAM, which is global"
    if own.get("enableLogging") is False:
        yield "is switched off"


def _flows(graph: Graph, _: Allowed) -> Iterator[tuple[Resource, str]]:
    logged = [(row.name, row.properties) for row in graph.of("FlowLog")]
    whole = {name for name, own in logged if own.get("trafficType") == "ALL"}
    whole |= {str(own.get("vpcId")) for name, own in logged if name in whole}
    for network in graph.of("Vpc"):
        mine = {network.name, str(network.properties.get("id", network.name))}
        if network.account != PREMISES and not whole & mine:
            yield network, "has no flow log of all its traffic"


RULES = (
    Rule(
        name="whole-trail",
        sentence="A trail sees every region, and its files can be validated.",
        kinds=("Trail",),
        each=_trail,
    ),
    Rule(
        name="flow-logs",
        sentence="Every network of the estate has a flow log of all its traffic.",
        whole=_flows,
    ),
)
