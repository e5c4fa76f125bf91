"""bulkhead-historian-settle: says what it changes, changes it once, and only where it may."""

import shutil

import pytest
from certificates_fixture import refresh, revoke
from historian_fixture import ROLE, VARIABLES, rendered


@pytest.fixture
def wanted(historian):
    """Sets what is wanted; put back afterwards."""
    file = historian.folder / "historian.sql"

    def write(**other):
        file.write_text(rendered("historian.sql.j2", VARIABLES | other))

    yield write
    write()
    historian.settle()


def test_settled_is_settled(historian):
    assert historian.settle("--check") == []
    assert historian.settle() == []


def test_a_check_says_what_would_change_and_changes_nothing(historian, wanted):
    more = [*VARIABLES["historian_clients"], {"name": "c", "tenant": "corvus", "kind": "ingest"}]
    wanted(historian_tenants=["acme", "borealis", "corvus"], historian_clients=more)
    new = ["tenant corvus", "partition measurements_corvus", "role corvus_ingest",
           "client corvus_ingest", "limits of corvus_ingest"]  # fmt: skip
    assert historian.settle("--check") == new
    assert historian.settle("--check") == new
    assert historian.settle() == new
    assert historian.settle() == []


def test_a_client_no_longer_wanted_is_shut_out_and_let_in_again(historian, wanted):
    session = historian.connect("borealis", "ingest")
    wanted(historian_clients=[row for row in VARIABLES["historian_clients"]
                              if row["name"] != "borealis.ingest.ingest-1"])  # fmt: skip
    assert historian.settle() == ["closed borealis_ingest"]
    with pytest.raises(Exception, match=r"terminating|closed"):
        session.execute("SELECT 1")
    with pytest.raises(Exception, match="not permitted to log in"):
        historian.connect("borealis", "ingest")
    wanted()
    assert historian.settle() == ["client borealis_ingest", "limits of borealis_ingest"]
    historian.connect("borealis", "ingest").close()


@pytest.mark.parametrize(
    ("widened", "said"),
    [
        ("ALTER ROLE acme_ingest BYPASSRLS", "limits of acme_ingest"),
        ("ALTER ROLE acme_ingest SUPERUSER", "limits of acme_ingest"),
        ("GRANT pg_read_all_data TO acme_ingest", "acme_ingest is no longer pg_read_all_data"),
    ],
)
def test_a_role_that_was_widened_is_narrowed(historian, widened, said):
    historian.sql(widened)
    assert historian.settle() == [said]
    assert historian.settle() == []


def test_a_schema_file_that_was_applied_may_not_change(historian, tmp_path_factory):
    folder = historian.folder / "altered"
    shutil.copytree(ROLE / "files" / "schema", folder)
    with (folder / "002_telemetry.sql").open("a") as file:
        file.write("-- another comment\n")
    historian.own()
    kept, historian.env["BULKHEAD_SCHEMA"] = historian.env["BULKHEAD_SCHEMA"], str(folder)
    try:
        with pytest.raises(AssertionError, match="002_telemetry was applied with another content"):
            historian.settle()
    finally:
        historian.env["BULKHEAD_SCHEMA"] = kept
        shutil.rmtree(folder)


def test_files_that_postgresql_could_not_read_are_refused_before_it_does(historian):
    file = historian.data / "pg_hba.conf"
    sound = file.read_text()
    file.write_text(sound + "hostssl nonsense\n")
    try:
        with pytest.raises(AssertionError, match=r"pg_hba.conf:\d+: "):
            historian.settle("--check")
    finally:
        file.write_text(sound)


def proof(historian) -> dict[str, object]:
    """The names in bulkhead-historian-prove, for the files of this historian."""
    source = (ROLE / "files" / "bulkhead-historian-prove").read_text()
    names = {"__name__": "proof"}
    exec(source.replace("/etc/bulkhead/tls", str(historian.tls)), names)
    return names


def test_a_revoked_session_is_recognised_as_the_server_names_it(historian):
    folder = historian.client("borealis", "inference")
    with historian.connect("borealis", "inference"):
        revoke(folder, historian.trust, service="inference", authority="borealis/workload")
        refresh(historian.tls, historian.trust, service="historian", anchors=historian.anchors)
        query = "SELECT issuer_dn, client_serial FROM pg_stat_ssl WHERE client_serial IS NOT NULL"
        (live,) = historian.sql(query)
        assert tuple(live) in set(proof(historian)["revoked"]())
    shutil.rmtree(folder)
    historian.refresh()
