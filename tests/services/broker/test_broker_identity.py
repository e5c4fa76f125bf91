"""Who may connect to a tenant's broker, and what the certificate's name allows."""

import ssl

import pytest
from mqtt_peer import Peer

GW, OTHER = "acme.lyon.ai.gw-1", "acme.lyon.ai.gw-2"
OWN = f"spBv1.0/acme/DDATA/{GW}/mill-1"
STATE = "spBv1.0/STATE/acme.ingest"


def reaches_ingest(broker, sender, topic):
    """Whether what `sender` says arrives at ingest; a marker after it proves that it could."""
    with Peer(broker, "ingest") as ingest, Peer(broker, "gateway") as marker:
        ingest.subscribe("#")
        sender.say(topic, b"tried")
        marker.say(OWN, b"marker")
        return ingest.hear(lambda m: m.payload in (b"tried", b"marker")).payload == b"tried"


def test_a_gateway_of_the_tenant_is_admitted_and_heard(acme):
    with Peer(acme, "gateway") as gateway, Peer(acme, "ingest") as ingest:
        assert gateway.accepted
        ingest.subscribe("spBv1.0/acme/#")
        gateway.say(OWN, b"value")
        assert ingest.hear().payload == b"value"


@pytest.mark.parametrize(
    "topic",
    [
        f"spBv1.0/acme/DDATA/{OTHER}/mill-1",
        f"spBv1.0/acme/NBIRTH/{OTHER}",
        f"spBv1.0/acme/NDEATH/{OTHER}",
        f"spBv1.0/acme/NCMD/{GW}",
        f"spBv1.0/acme/DCMD/{GW}/mill-1",
        "spBv1.0/borealis/DDATA/borealis.tromso.ai.gw-1/mill-1",
        f"spBv1.0/acme/DDATA/{GW}/mill-1/more",
        f"spBv1.0/acme/DDATA/{GW}",
        STATE,
        "anything",
    ],
)
def test_a_gateway_is_heard_under_its_own_name_alone(acme, topic):
    with (
        Peer(acme, "gateway", acme.client("gateway", name=OTHER)) as idle,
        Peer(acme, "inference") as second,
        Peer(acme, "ingest") as ingest,
    ):
        assert idle.accepted
        assert second.accepted
        ingest.subscribe("#")
        with Peer(acme, "gateway") as gateway:
            gateway.say(topic, b"tried")
            gateway.say(OWN, b"marker")
        assert ingest.hear(lambda m: m.payload in (b"tried", b"marker")).payload == b"marker"


def test_ingest_alone_commands_nodes_and_says_its_state(acme):
    with Peer(acme, "gateway") as gateway, Peer(acme, "ingest") as ingest:
        gateway.subscribe(f"spBv1.0/acme/NCMD/{GW}", STATE, f"spBv1.0/acme/DCMD/{GW}/mill-1")
        with Peer(acme, "inference") as inference:
            inference.say(f"spBv1.0/acme/NCMD/{GW}", b"from inference")
            inference.say(STATE, b"from inference")
        ingest.say(f"spBv1.0/acme/DCMD/{GW}/mill-1", b"a device command")
        ingest.say(f"spBv1.0/acme/NCMD/{GW}", b"a node command")
        ingest.say(STATE, b"state")
        assert [gateway.hear().payload for _ in "ab"] == [b"a node command", b"state"]


def test_a_gateway_hears_neither_other_gateways_nor_their_commands(acme):
    with Peer(acme, "gateway", acme.client("gateway", name=OTHER)) as spy:
        spy.subscribe("#", "spBv1.0/acme/#", f"spBv1.0/acme/NCMD/{GW}")
        with Peer(acme, "gateway") as gateway, Peer(acme, "ingest") as ingest:
            ingest.subscribe("spBv1.0/acme/#")
            gateway.say(OWN, b"secret")
            assert ingest.hear().payload == b"secret"
            ingest.say(f"spBv1.0/acme/NCMD/{GW}", b"rebirth")
        assert spy.heard.empty()


def test_inference_hears_data_and_says_nothing(acme):
    with Peer(acme, "inference") as inference:
        inference.subscribe("spBv1.0/acme/#")
        with Peer(acme, "gateway") as gateway:
            gateway.say(OWN, b"value")
        assert inference.hear().payload == b"value"
        assert not reaches_ingest(acme, inference, f"spBv1.0/acme/DDATA/{GW}/mill-1x")


def test_a_name_that_no_acl_has_is_admitted_to_nothing(acme):
    with Peer(acme, "gateway", acme.client("gateway", name="acme.lyon.ai.gw-9")) as nobody:
        assert nobody.accepted
        assert not reaches_ingest(acme, nobody, "spBv1.0/acme/DDATA/acme.lyon.ai.gw-9/mill-1")


def test_the_client_id_is_the_certificates_name_whatever_is_asked(acme):
    with (
        Peer(acme, "gateway", client_id="x") as first,
        Peer(acme, "gateway", acme.client("gateway", name=OTHER), client_id=GW) as other,
    ):
        assert first.accepted
        assert other.accepted
        assert not first.gone.is_set()
        with Peer(acme, "gateway", client_id="y") as second:
            assert second.accepted
            assert first.gone.wait(5)
        assert not other.gone.is_set()


def test_no_certificate_is_refused(acme, tmp_path):
    assert not Peer(acme, "gateway", tmp_path).accepted


@pytest.mark.parametrize("authority", ["borealis/device", "borealis/workload", "shared/workload"])
def test_a_name_of_another_authority_is_refused(acme, authority):
    for kind in ("gateway", "ingest"):
        assert not Peer(acme, kind, acme.client(kind, authority=authority)).accepted


def test_tls_1_2_is_refused(acme):
    assert not Peer(acme, "gateway", tls=ssl.TLSVersion.TLSv1_2).accepted
    assert Peer(acme, "gateway").accepted


def test_a_name_of_another_tenant_neither_speaks_nor_disconnects(acme, spare):
    """Borealis's authority gives out a certificate that bears acme's gateway's name."""
    other = spare("borealis")
    with Peer(acme, "gateway") as real, Peer(acme, "ingest") as ingest:
        ingest.subscribe("#")
        forged = other.client("gateway", name=GW)
        assert not Peer(acme, "gateway", forged, client_id=GW).accepted
        with Peer(other, "gateway", forged, client_id=GW) as stranger:
            assert stranger.accepted
            stranger.say(OWN, b"forged")
        real.say(OWN, b"real")
        assert ingest.hear().payload == b"real"
        assert not real.gone.is_set()


def test_sabotage_tenants_that_share_a_process_speak_for_and_disconnect_each_other(spare):
    """Why each tenant has a process: with both authorities in one, the name alone counts."""
    names = ("acme/device", "acme/workload", "borealis/device", "borealis/workload")
    shared = spare("acme", anchors=names)
    with Peer(shared, "gateway") as real, Peer(shared, "ingest") as ingest:
        ingest.subscribe("#")
        forged = shared.client("gateway", authority="borealis/device")
        with Peer(shared, "gateway", forged) as stranger:
            assert stranger.accepted
            assert real.gone.wait(5)
            stranger.say(OWN, b"forged")
            assert ingest.hear().payload == b"forged"


def test_an_oversized_message_ends_its_session(acme):
    with Peer(acme, "gateway") as gateway:
        gateway.say(OWN, b"x" * 200_000, qos=0)
        assert gateway.gone.wait(5)
