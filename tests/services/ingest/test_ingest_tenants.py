"""A tenant's rows on a shared historian: reached by its own clients, with its own certificates."""

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

TABLES = {
    "measurements": "('{0}', 'n', 'd', 'vibration', now(), 1, false)",
    "nodes": "('{0}', 'n', 0, 0, true, 1, '{{}}', now(), 0, 0, 0, 0, 0, 0, 0)",
    "checkpoints": "('{0}', 'w', 1)",
    "gaps": "(DEFAULT, '{0}', 'n', 1, now(), now())",
    "quarantine": "(DEFAULT, '{0}', 't', 'r', 'd', 0, '')",
}


def insert(table: str, tenant: str) -> str:
    return f"INSERT INTO bulkhead.{table} VALUES {TABLES[table].format(tenant)}"


@pytest.fixture
def rows(historian):
    """One row of each tenant in every table."""
    for tenant in ("acme", "borealis"):
        with historian.connect(tenant, "ingest") as client:
            for table in TABLES:
                client.execute(insert(table, tenant))
    return historian


def seen(client: psycopg.Connection, table: str) -> set[str]:
    return {row[0] for row in client.execute(f"SELECT tenant FROM bulkhead.{table}").fetchall()}


@pytest.mark.parametrize("table", TABLES)
def test_another_tenants_rows_are_neither_seen_nor_made(rows, table):
    with rows.connect("acme", "ingest") as client:
        assert seen(client, table) == {"acme"}
        with pytest.raises(InsufficientPrivilege, match="row-level security"):
            client.execute(insert(table, "borealis"))


@pytest.mark.parametrize("table", TABLES)
def test_without_row_security_they_would_be(rows, table):
    rows.sql(f"ALTER TABLE bulkhead.{table} DISABLE ROW LEVEL SECURITY")
    try:
        with rows.connect("acme", "ingest") as client:
            assert seen(client, table) == {"acme", "borealis"}
    finally:
        rows.sql(f"ALTER TABLE bulkhead.{table} ENABLE ROW LEVEL SECURITY")


@pytest.mark.parametrize("table", TABLES)
def test_a_name_signed_by_another_tenants_authority_sees_none(rows, table):
    with rows.connect("acme", "ingest", authority="borealis/workload") as impostor:
        assert seen(impostor, table) == set()


def test_by_name_alone_it_would_see_them(rows):
    """The sabotage of the test above: the issuer is what tells the two apart."""
    rows.sql(
        "UPDATE bulkhead.tenants SET issuer = '/CN=borealis/workload authority'"
        " WHERE tenant = 'acme'"
    )
    try:
        with rows.connect("acme", "ingest", authority="borealis/workload") as impostor:
            assert seen(impostor, "measurements") == {"acme"}
    finally:
        assert rows.settle() == ["tenant acme"]


@pytest.mark.parametrize(
    "query",
    [
        "UPDATE bulkhead.measurements SET value = 0",
        "DELETE FROM bulkhead.measurements",
        "TRUNCATE bulkhead.measurements",
        "DELETE FROM bulkhead.quarantine",
        "UPDATE bulkhead.gaps SET missed = 1",
        "SELECT * FROM bulkhead.tenants",
        "SELECT * FROM bulkhead.measurements_borealis",
        "SET ROLE bulkhead_owner",
        "SELECT bulkhead.settle_tenant('x', 'y')",
        "CREATE TABLE bulkhead.mine (x int)",
        "CREATE TABLE public.mine (x int)",
        "COPY bulkhead.measurements TO PROGRAM 'cat'",
    ],
)
def test_ingest_may_add_and_nothing_else(rows, query):
    with rows.connect("acme", "ingest") as client, pytest.raises(InsufficientPrivilege):
        client.execute(query)


def test_inference_reads_measurements_and_adds_predictions(rows):
    own = "('acme', 'n', 'd', 'm', now(), 5, 4, 6)"
    with rows.connect("acme", "inference") as client:
        assert seen(client, "measurements") == {"acme"}
        client.execute(f"INSERT INTO bulkhead.predictions VALUES {own}")
    for query in (insert("measurements", "acme"), "SELECT * FROM bulkhead.quarantine"):
        with (
            rows.connect("acme", "inference") as client,
            pytest.raises(InsufficientPrivilege, match="permission denied"),
        ):
            client.execute(query)
    with (
        rows.connect("acme", "inference") as client,
        pytest.raises(InsufficientPrivilege, match="row-level security"),
    ):
        client.execute(f"INSERT INTO bulkhead.predictions VALUES {own.replace('acme', 'borealis')}")


@pytest.mark.parametrize(
    "user", ["postgres", "bulkhead_owner", "borealis_ingest", "acme_inference"]
)
def test_a_certificate_is_nobody_elses_role(historian, user):
    with pytest.raises(psycopg.OperationalError):
        historian.connect("acme", "ingest", user=user)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_the_table_itself_takes_finite_values_alone(historian, value):
    row = f"('acme', 'n', 'd', 'vibration', now(), '{value}', false)"
    with (
        historian.connect("acme", "ingest") as client,
        pytest.raises(psycopg.errors.CheckViolation),
    ):
        client.execute(f"INSERT INTO bulkhead.measurements VALUES {row}")


def test_quarantine_keeps_its_newest_rows_alone(historian):
    fill = "SELECT 'acme', 't', 'r', n::text, 0, '' FROM generate_series(1, 10050) AS n"
    columns = "tenant, topic, reason, detail, size, payload"
    with historian.connect("acme", "ingest") as client:
        client.execute(f"INSERT INTO bulkhead.quarantine ({columns}) {fill}")
        kept = client.execute(
            "SELECT count(*), min(detail::int) FROM bulkhead.quarantine"
        ).fetchone()
    assert kept == (10000, 51)
