"""The loop's rarer turns, in this process: lost answers, poison, what the file and the host say."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from broker_fixture import until
from ingest_fixture import Ingest
from said import BORN_AND, NODE, device_data, value

from bulkhead.services.ingest.__main__ import main
from bulkhead.services.ingest.config import BadConfig, load
from bulkhead.services.ingest.historian import Historian
from bulkhead.services.ingest.service import Service


@pytest.fixture
def config(tmp_path, broker, historian):
    return load(Ingest(tmp_path / "ingest", broker, historian).file)


@pytest.fixture
def service(config):
    """A service whose broker is never reached; messages are put into its queue."""
    made = Service(replace(config, broker=replace(config.broker, port=1)))
    made.step()
    assert made._historian.connected
    yield made
    made.stopping = True
    made.run()


def put(service: Service, *messages) -> None:
    for message in messages:
        service._inbox.put(message)
    service.step()


def state(historian) -> list[list[str]]:
    return historian.sql(
        "SELECT (SELECT count(*) FROM bulkhead.measurements), batch, stored, seq,"
        " (SELECT count(*) FROM bulkhead.gaps) FROM bulkhead.nodes, bulkhead.checkpoints"
    )


def test_a_commit_whose_answer_was_lost_counts_once(historian, service, monkeypatch):
    write = Historian.write

    def lose_the_answer(self, number, batch):
        write(self, number, batch)
        monkeypatch.undo()
        raise psycopg.OperationalError("the connection was lost")

    monkeypatch.setattr(Historian, "write", lose_the_answer)
    put(service, *BORN_AND, device_data(2))
    assert not service._historian.connected
    until(lambda: service.step() or service._historian.connected, "connected again")
    put(service, device_data(3, value("temperature", 20.0)))
    assert state(historian) == [["2", "2", "2", "3", "0"]]


def test_a_batch_that_was_not_committed_is_committed_later(historian, service, monkeypatch):
    def fail(self, number, batch):
        monkeypatch.undo()
        raise psycopg.OperationalError("the connection was lost")

    monkeypatch.setattr(Historian, "write", fail)
    put(service, *BORN_AND, device_data(2))
    assert state(historian) == []
    until(lambda: service.step() or state(historian), "it is committed")
    assert state(historian) == [["1", "1", "1", "2", "0"]]


def test_two_of_one_name_do_not_overwrite_each_others_state(historian, service):
    """An older process that hangs, and wakes up when a newer one has written."""
    put(service, *BORN_AND, device_data(2))
    historian.sql("UPDATE bulkhead.checkpoints SET batch = 7")
    historian.sql("UPDATE bulkhead.nodes SET seq = 40")
    put(service, device_data(3, value("temperature", 20.0)))
    assert not service._historian.connected
    until(lambda: service.step() or state(historian)[0][1] == "8", "it is written as the eighth")
    assert state(historian) == [["2", "8", "1", "40", "0"]]


def test_what_the_historian_will_never_take_stops_nothing(historian, service, monkeypatch):
    """A check of the table that ingest does not know of."""
    table = "bulkhead.measurements"
    historian.sql(f"ALTER TABLE {table} ADD CONSTRAINT odd CHECK (value <> 13)")
    try:
        put(service, *BORN_AND, device_data(2, value(number=13.0)))
        service.step()
        put(service, device_data(3))
    finally:
        historian.sql(f"ALTER TABLE {table} DROP CONSTRAINT odd")
    assert state(historian) == [["1", "2", "1", "3", "0"]]
    assert historian.sql("SELECT reason FROM bulkhead.quarantine") == [["historian"]]


def test_counters_are_what_happened(service):
    put(service, *BORN_AND, device_data(2), device_data(3), device_data(5, value("odd")))
    counters = service.counters
    assert (counters.messages, counters.stored, counters.repeated) == (5, 1, 1)
    assert (counters.batches, counters.gaps) == (1, 1)
    assert service._judge.refused == {"unknown signal": 1}
    assert service._judge.nodes[NODE].stored == 1


WRONG = {
    "tenant": ('tenant = "acme"', 'tenant = "ac/me"', "not a name"),
    "another tenant's name": ('name = "acme.', 'name = "borealis.', "no name of tenant"),
    "an unknown key": ("[limits]", "[limits]\nspeed = 3", "does not know speed"),
    "a port in words": ("address =", 'port = "x"\naddress =', "ValueError|TOMLDecodeError"),
    "a limit of nothing": ("[limits]", "[limits]\nqueue = 0", "more than 0"),
    "no broker": ("[broker]", "[other]", "KeyError: 'broker'"),
    "no TOML": ("tenant =", "tenant ==", "TOMLDecodeError"),
}


@pytest.mark.parametrize(("old", "new", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_configuration_is_refused_by_name(
    tmp_path, broker, historian, old, new, said, capfd
):
    file = Ingest(tmp_path, broker, historian).file
    assert main(["--check", str(file)]) == 0
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(BadConfig, match=said):
        load(file)
    assert main(["--check", str(file)]) == 2
    assert str(file) in capfd.readouterr().err


def test_no_configuration_and_no_arguments_are_refused(capfd):
    assert main([]) == 2
    assert main([str(Path("/nowhere"))]) == 2
    assert "usage" in capfd.readouterr().err
