"""Killed at any moment, ingest loses nothing that was acknowledged and doubles nothing."""

import random
import signal
import time

import pytest
from broker_fixture import until
from gateway_process import GatewayProcess

KILLS = 10


@pytest.fixture
def gateway(tmp_path, broker):
    made = GatewayProcess(tmp_path / "gateway", broker, interval=10)
    yield made
    made.stop()


def stored(historian) -> list[tuple[str, str, int, float]]:
    rows = historian.sql(
        "SELECT device, signal, round(extract(epoch FROM at) * 1000)::bigint, value"
        " FROM bulkhead.measurements WHERE tenant = 'acme'"
    )
    return [(device, signal, int(at), float(value)) for device, signal, at, value in rows]


def complete(historian, gateway) -> set:
    """Wait until every value taken up to now is stored; those values."""
    wanted = gateway.taken()
    assert wanted
    until(lambda: not wanted - set(stored(historian)), "all taken values are stored", 30)
    return wanted


def test_a_killed_ingest_loses_nothing_acknowledged_and_doubles_nothing(historian, ingest, gateway):
    moments, acknowledged = random.Random(4), set()
    until(lambda: stored(historian), "the first values are stored")
    for _ in range(KILLS):
        time.sleep(moments.uniform(0.0, 0.5))  # the moment itself is what is tried
        ingest.kill()
        now = set(stored(historian))
        assert acknowledged <= now
        acknowledged = now
        ingest.start()
        if moments.random() < 0.7:
            ingest.online()
    ingest.online()
    wanted = complete(historian, gateway)
    rows = stored(historian)
    assert len(rows) == len(set(rows)) == len({row[:3] for row in rows})
    assert set(rows) <= gateway.taken()
    assert wanted >= acknowledged
    assert historian.sql("SELECT count(*) FROM bulkhead.quarantine WHERE reason <> 'not born'") == [
        ["0"]
    ]


CRASHER = """
import os, sys
from bulkhead.services.ingest import __main__, historian
def die(*_): os.kill(os.getpid(), 9)
whole, part = historian.Historian.write, historian.Historian._write
def before(self, number, batch):
    return die() if batch.values else whole(self, number, batch)
def within(self, cursor, number, batch):
    fresh = part(self, cursor, number, batch)
    return die() if batch.values else fresh
def after(self, number, batch):
    fresh = whole(self, number, batch)
    return die() if batch.values else fresh
historian.Historian.{point} = {moment}
sys.exit(__main__.main(sys.argv[1:]))
"""
MOMENTS = [("write", "before"), ("_write", "within"), ("write", "after")]


@pytest.mark.parametrize(("point", "moment"), MOMENTS)
def test_death_just_before_within_and_just_after_a_commit(
    historian, ingest, gateway, point, moment
):
    """`before` and `within` must leave nothing of the batch, `after` all of it."""
    until(lambda: stored(historian), "the first values are stored")
    ingest.kill()
    acknowledged = set(stored(historian))
    ingest.start("-c", CRASHER.replace("{point}", point).replace("{moment}", moment))
    assert ingest.died() == -signal.SIGKILL
    fresh = set(stored(historian)) - acknowledged
    assert bool(fresh) is (moment == "after")
    ingest.start()
    ingest.online()
    complete(historian, gateway)
    assert acknowledged | fresh <= set(stored(historian))


def test_without_its_key_the_table_would_hold_values_twice(historian, ingest, gateway):
    """The sabotage of the test above: identity is what makes a second sending harmless."""
    key = "bulkhead.measurements DROP CONSTRAINT measurements_pkey"
    columns = "tenant, node, device, signal, at"
    until(lambda: len(stored(historian)) > 100, "values are stored")
    historian.sql(f"ALTER TABLE {key}")
    try:
        ingest.kill()
        ingest.start()
        until(lambda: len(rows := stored(historian)) > len(set(rows)), "values are doubled")
    finally:
        gateway.stop()
        ingest.stop()
        historian.empty()
        historian.sql(f"ALTER TABLE bulkhead.measurements ADD PRIMARY KEY ({columns})")


def test_what_is_stored_agrees_with_the_gateways_count(historian, ingest, gateway):
    """Once counts came with nothing on its way, nothing is lost."""
    until(lambda: stored(historian), "the first values are stored")
    ingest.kill()
    ingest.start()
    complete(historian, gateway)
    losses = "SELECT taken IS NOT NULL, lost FROM bulkhead.nodes WHERE tenant = 'acme'"
    until(lambda: historian.sql(losses) == [["t", "0"]], "no losses", 15)
