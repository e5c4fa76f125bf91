"""Endpoints and the transit gateway, from a blueprint to the plan."""

from blueprint_cases import data, estate_of, planned, refused, tenant, text_of

from bulkhead.plan import ends, meeting

OBJECTS = {
    "name": "objects",
    "from": ["ingest.ingest", "storage.historian"],
    "to": "audit.logstore",
    "by": "endpoint",
    "service": "s3",
    "protocol": "tcp",
    "port": 443,
    "authenticate": "tls-server",
    "mediator": "audit.logstore",
    "reason": "Logs are put where nobody deletes them.",
}


def with_objects(**change):
    estate = data()
    row = {key: value for key, value in (OBJECTS | change).items() if value is not None}
    return text_of(estate | {"conduits": [*estate["conduits"], row]})


def managed(how, *tenants, **quotas):
    estate = estate_of(*tenants, **quotas)
    return text_of(estate | {"shared": estate["shared"] | {"management": how}})


def test_each_network_that_asks_has_one_endpoint_with_a_group_and_an_address_of_its_own():
    plan = planned(with_objects())
    assert [row.id for row in plan.endpoints] == [
        "borealis/ingest/endpoint-s3",
        "borealis/storage/endpoint-s3",
        "shared/flat/endpoint-s3",
    ]
    addresses = [(row.subnet, row.address) for row in ends(plan)]
    assert len(set(addresses)) == len(addresses)
    for row in plan.endpoints:
        assert (row.service, row.serves, row.port) == ("s3", "shared/audit/logstore", 443)
        assert [group.network for group in plan.groups if group.id == row.group] == [row.network]


def test_a_conduit_to_a_service_joins_hosts_with_their_own_networks_endpoint_alone():
    plan = planned(with_objects())
    networks = {group.id: group.network for group in plan.groups}
    led = [row for row in plan.conduits if row.endpoint]
    assert len(led) == 3
    for row in led:
        assert len({networks[group] for group in (*row.sources, *row.targets)}) == 1
    assert plan.peerings == planned(text_of(data())).peerings


def test_an_address_of_an_endpoint_stays_when_another_conduit_comes():
    before = {row.id: row.address for row in planned(with_objects()).endpoints}
    more = with_objects(**{"from": ["ingest.ingest", "storage.historian", "processing"]})
    after = {row.id: row.address for row in planned(more).endpoints}
    assert {name: after[name] for name in before} == before


def test_an_endpoint_needs_a_service_and_a_service_an_endpoint():
    assert "names no service" in refused(with_objects(service=None))[0].what
    assert "no endpoint leads to it" in refused(with_objects(by=None))[0].what


def test_an_endpoint_is_asked_at_443_and_from_the_providers_side():
    assert any("another service" in row.what for row in refused(with_objects(port=9000)))
    plant = with_objects(**{"from": "ai.gateway"})
    assert any("no endpoint of the provider's" in row.what for row in refused(plant))


def test_a_blueprint_may_ask_for_a_transit_gateway():
    plan = planned(managed("transit", tenant("a", "segmented", 5), tenant("b", "segmented", 6)))
    homes = {row.id: row for row in plan.networks}
    assert {row.network for row in plan.attachments if row.plane} <= {
        "shared/admin",
        "shared/egress",
    }
    assert {homes[row.network].stack for row in plan.attachments if not row.plane} == {"a", "b"}
    for peering in plan.peerings:
        assert frozenset((peering.requester, peering.accepter)) not in meeting(plan)
        accounts = {homes[end].account for end in (peering.requester, peering.accepter)}
        assert (
            "audit" in accounts or homes[peering.accepter].stack == homes[peering.requester].stack
        )


def test_spokes_meet_the_plane_and_never_each_other():
    plan = planned(managed("transit", tenant("a", "segmented", 5), tenant("b", "segmented", 6)))
    plane = {row.network for row in plan.attachments if row.plane}
    assert all(len(pair & plane) == 1 for pair in meeting(plan))


def test_tenants_beyond_the_quota_of_peerings_meet_the_plane_by_a_transit_gateway():
    """But for the audit account's network, which its own account would have to share."""
    tenants = [tenant(f"t{block}", "segmented", block) for block in range(5, 8)]
    kept = [row for row in data()["conduits"] if "audit" not in str((row["from"], row["to"]))]

    def expanded(limit, read=planned, **shared):
        estate = estate_of(*tenants, peerings_per_vpc=limit)
        estate |= {"conduits": kept, "shared": estate["shared"] | shared}
        return read(text_of(estate))

    assert not expanded(9).attachments
    plan = expanded(8)
    assert [row.network for row in plan.attachments if row.plane] == ["shared/egress"]
    assert len([row for row in plan.attachments if not row.plane]) == 9
    over = expanded(8, refused, management="peering")
    assert any("shared/egress would need 9 active VPC peering" in row.what for row in over)


def test_more_tenants_change_neither_routes_nor_rules_of_the_plane_but_by_their_own_stacks():
    from infra.specs.project import specs

    one, two = tenant("a", "segmented", 5), tenant("b", "segmented", 6)
    before = specs(planned(managed("transit", one)), standins=False)["shared"]
    after = specs(planned(managed("transit", one, two)), standins=False)["shared"]
    assert before.attachments == after.attachments != ()
    assert before.transits == after.transits
