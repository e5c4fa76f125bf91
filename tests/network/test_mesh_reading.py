"""A sidecar's configuration and maps, read: who would be let through, and what decided."""

from pathlib import Path

import pytest
from jinja2 import Environment

from bulkhead.errors import WrongInput
from bulkhead.network.mesh import Sidecar, passage, sidecar

ROLE = Path(__file__).parents[2] / "roles" / "sidecar"
ROOM = "/etc/bulkhead/sidecar"
BROKER, INGEST, OTHER = (
    f"spiffe://lyon/{name}" for name in ("acme/ingest/broker", "acme/ingest/ingest", "b/x/y")
)
SETS = {
    f"{ROOM}/allowed-8883.map": [f"{INGEST} acme.ingest.ingest"],
    f"{ROOM}/devices-8883.lst": ["198.51.100.7/32"],
    f"{ROOM}/denied.lst": [],
}


def text(devices=("198.51.100.7/32",)):
    """What the role's own template writes."""
    environment = Environment(trim_blocks=True, keep_trailing_newline=True)
    environment.filters["regex_replace"] = lambda value, *_: value.partition("//")[2].partition(
        "/"
    )[2]
    template = environment.from_string((ROLE / "templates" / "haproxy.cfg.j2").read_text())
    return template.render(
        sidecar_room=ROOM,
        sidecar_identity=BROKER,
        sidecar_address="10.2.0.10",
        sidecar_connections=64,
        sidecar_idle=60,
        sidecar_inbound=[{"port": 8883, "allowed": [INGEST], "devices": list(devices)}],
        sidecar_outbound=[],
    )


def read(config=None, **sets) -> Sidecar:
    held = {**SETS, **{f"{ROOM}/{name.replace('_', '-', 1)}": row for name, row in sets.items()}}
    return sidecar(text() if config is None else config, held)


def test_the_roles_own_text_is_read_whole():
    way = read().inbound[8883]
    assert (way.address, way.asked, way.verified) == ("10.2.0.10", True, True)
    assert (way.listed, way.devices) == ({INGEST}, ("198.51.100.7/32",))
    assert read(text(())).inbound[8883].address == "10.2.0.10"


@pytest.mark.parametrize(
    ("identity", "source", "port", "allowed", "why"),
    [
        (INGEST, "10.2.0.9", 8883, True, "on the map"),
        (BROKER, "10.2.0.9", 8883, False, "not on the map"),
        (OTHER, "10.9.0.9", 8883, False, "not on the map"),
        (None, "10.2.0.9", 8883, False, "no identity"),
        (None, "198.51.100.7", 8883, True, "a device's address"),
        (INGEST, "10.2.0.9", 5432, False, "serves no port"),
    ],
)
def test_who_is_let_through(identity, source, port, allowed, why):
    found = passage(read(), identity, port, source)
    assert found.allowed is allowed
    assert why in found.why


def test_a_denied_identity_is_not_let_through_although_it_is_listed():
    config = {**SETS, f"{ROOM}/denied.lst": [INGEST]}
    found = passage(sidecar(text(), config), INGEST, 8883)
    assert (found.allowed, found.why) == (False, f"{INGEST} is denied on this host")


def test_without_the_rule_that_asks_everybody_is_let_through():
    config = text().replace(
        "  tcp-request content reject unless { var(sess.server) -m found }\n", ""
    )
    assert passage(read(config), OTHER, 8883).allowed


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("verify required", "verify required crt-ignore-err all", True),
        (" crl-file /etc/bulkhead/tls/sidecar-crl.pem", "", True),
        ("verify required", "verify optional", True),
        # Nobody is asked who it is: then nobody is on the map.
        ("verify required", "verify none", False),
    ],
)
def test_what_verifies_less_is_seen(old, new, allowed):
    found = read(text().replace(old, new))
    assert not found.inbound[8883].verified
    assert passage(found, BROKER, 8883).allowed is allowed


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config.replace("reject unless {", "accept if TRUE {"),
        lambda config: config.replace(" if device\n", "\n"),
        lambda config: config.replace("default_backend hall-", "default_backend device-"),
        lambda config: config + "\nfrontend other\n  bind 10.2.0.10:9999\n",
        lambda config: config + "\nlisten other\n  bind 10.2.0.10:9999\n",
        lambda config: config.replace("frontend in-", "frontend gone-"),
        lambda config: config.replace("allowed-8883.map", "elsewhere.map"),
    ],
)
def test_what_is_not_understood_is_refused_and_never_left_out(change):
    with pytest.raises(WrongInput):
        read(change(text()))
