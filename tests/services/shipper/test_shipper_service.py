"""The shipper: what sources hold is at the store once, in order; what stands in its way is said."""

import json

from store_peer import Peer

from bulkhead.services.shipper.service import Shipper, Source, of_folder
from bulkhead.services.shipper.spool import Spool


class Bench:
    """A shipper over a folder, and a store in this process."""

    def __init__(self, room, limit=1 << 20):
        self.room, self.limit, self.peer, self.said = room, limit, Peer(), []
        (room / "hosts").mkdir()
        self.start()

    def start(self):
        self.shipper = Shipper(
            Spool(self.room / "spool", self.limit),
            lambda: of_folder(self.room / "hosts", {"acme": "logs-90/acme/events/"}, "logs-90/x/"),
            lambda: self.peer,
            status=self.room / "status.json",
            say=self.said.append,
            most=100,
        )

    def log(self, host, text):
        with (self.room / "hosts" / f"{host}.log").open("a") as file:
            file.write(text)

    @property
    def status(self):
        return json.loads((self.room / "status.json").read_text())


def test_lines_arrive_under_their_tenants_prefix(tmp_path):
    bench = Bench(tmp_path)
    bench.log("acme.ingest.broker-1", "one\ntwo\n")
    bench.log("shared.admin.bastion-1", "three\n")
    bench.shipper.step()
    assert bench.peer.of("logs-90/acme/events/acme.ingest.broker-1/") == b"one\ntwo\n"
    assert bench.peer.of("logs-90/x/shared.admin.bastion-1/") == b"three\n"
    assert (bench.status["objects"], bench.status["waiting"], bench.status["faults"]) == (2, 0, {})


def test_a_store_that_is_away_loses_nothing_and_is_said_once(tmp_path):
    bench = Bench(tmp_path)
    bench.peer.away = True
    for number in range(3):
        bench.log("acme.a", f"{number}\n")
        bench.shipper.step()
    assert bench.peer.objects == {}
    assert "the store takes nothing" in bench.status["faults"]["store"]
    assert bench.status["waiting"] == 3
    assert len(bench.said) == 1
    bench.peer.away = False
    bench.start()
    bench.shipper.step()
    assert bench.peer.of("logs-90/acme/events/acme.a/") == b"0\n1\n2\n"
    assert (bench.status["faults"], bench.status["waiting"]) == ({}, 0)


def test_an_answer_that_was_lost_puts_nothing_twice(tmp_path):
    bench = Bench(tmp_path)
    bench.peer.deaf = True
    bench.log("acme.a", "one\n")
    bench.shipper.step()
    bench.peer.deaf = False
    bench.start()
    bench.shipper.step()
    assert [len(rows) for rows in bench.peer.objects.values()] == [1]
    assert (bench.status["repeated"], bench.status["waiting"]) == (1, 0)


def test_a_full_spool_stops_reading_says_so_and_goes_on_when_the_store_returns(tmp_path):
    bench = Bench(tmp_path, limit=1000)
    bench.peer.away = True
    text = "".join(f"{number:04d} a line of the log\n" for number in range(100))
    bench.log("acme.a", text)
    bench.shipper.step()
    assert "the spool is full" in bench.status["faults"]["spool"]
    assert bench.status["waiting_bytes"] <= 1000
    bench.peer.away = False
    bench.shipper.step()
    assert bench.peer.of("logs-90/acme/events/acme.a/").decode() == text
    assert bench.status["faults"] == {}
    assert "spool: well again" in bench.said


def test_what_is_refused_to_one_stream_holds_up_no_other(tmp_path):
    bench = Bench(tmp_path)
    bench.peer.forbidden = ("logs-90/x/",)
    bench.log("acme.a", "one\n")
    bench.log("zeta.b", "two\n")
    bench.log("zeta.c", "three\n")
    bench.shipper.step()
    assert bench.peer.of("logs-90/acme/") == b"one\n"
    assert bench.status["waiting"] == 2
    assert "the store refuses it" in bench.status["faults"]["zeta.b"]


def test_a_batch_that_is_split_goes_to_each_its_own_once(tmp_path):
    flows, peer = tmp_path / "flow.log", Peer()
    flows.write_text("a 1\nb 2\na 3\n")

    def parts(lines):
        rows = lines.splitlines(keepends=True)
        kept = {name: [row for row in rows if row.startswith(name)] for name in (b"a", b"b")}
        return {f"l/{name.decode()}/": b"".join(found) for name, found in kept.items()}

    row = Source(stream="flow", path=flows, prefix="l/", parts=parts)
    peer.forbidden = ("l/b/",)
    shipper = Shipper(
        Spool(tmp_path / "spool", 1 << 20),
        lambda: [row],
        lambda: peer,
        status=tmp_path / "status.json",
        say=lambda _words: None,
    )
    shipper.step()
    assert (peer.of("l/a/"), peer.of("l/b/")) == (b"a 1\na 3\n", b"")
    peer.forbidden = ()
    shipper.step()
    assert (peer.of("l/a/"), peer.of("l/b/")) == (b"a 1\na 3\n", b"b 2\n")
