"""Bare hosts, in which nothing runs: network and packets are verified, the rest cannot be had."""

from bulkhead.environments.verifying import Where, verify


def test_networks_alone_are_verified_by_api_and_packets(lab, example):
    found = verify(Where(environment="lab", state=lab.state.parent), example)
    verdicts = {row.control: row.verdict for row in found.results}
    seen = {name for name, word in verdicts.items() if word in ("pass", "accepted")}
    network = {"zone-boundaries", "declared-ways", "routes", "default-groups", "packets"}
    assert seen == network
    assert set(verdicts.values()) == {"pass", "accepted", "not observed"}
    unseen = [
        (result.control, row)
        for result in found.results
        for row in result.observations
        if row.verdict == "not observed"
    ]
    assert all(row.absent for _, row in unseen)
    silent = {control for control, row in unseen if "bare networks" not in row.because}
    assert silent == {"mesh-authorisation", "mesh-bypass"}  # the example has no mesh
    assert not found.failing
