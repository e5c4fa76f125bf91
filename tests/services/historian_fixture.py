"""A PostgreSQL of our own on loopback, configured by the files of role historian."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import jinja2
import psycopg
import pytest
import yaml
from certificates_fixture import give, refresh
from ports_fixture import free_port

ROLE = Path(__file__).parents[2] / "roles" / "historian"
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
TENANTS = ("acme", "borealis")
KINDS = ("ingest", "inference")
BIN = Path("/usr/lib/postgresql/15/bin")


def client_name(tenant: str, kind: str) -> str:
    zone = {"ingest": "ingest", "inference": "processing"}[kind]
    return f"{tenant}.{zone}.{kind}-1"


VARIABLES = {
    "historian_tenants": TENANTS,
    "historian_clients": [
        {"name": client_name(tenant, kind), "tenant": tenant, "kind": kind}
        for tenant in TENANTS
        for kind in KINDS
    ],
    "historian_peers": ["127.0.0.0/8"],
    "historian_connections": 40,
    "historian_shared_buffers": "64MB",
    "historian_issuer": "/CN=%s/workload authority",
}


def rendered(name: str, variables: Mapping[str, object] = VARIABLES) -> str:
    """A template of the role, as Ansible renders it."""
    loader = jinja2.FileSystemLoader(ROLE / "templates")
    environment = jinja2.Environment(
        loader=loader,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template(name).render(DEFAULTS | dict(variables))


class Historian:
    """A cluster below `folder`. As root, the server runs as `postgres`: it refuses root."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.durable = durable
        self.folder, self.data, self.tls = folder, folder / "data", folder / "tls"
        self.trust, self.port = folder / "trust", free_port()
        self.anchors = [f"{tenant}/workload" for tenant in TENANTS]
        self.env = {
            **os.environ,
            "PGHOST": str(folder),
            "PGPORT": str(self.port),
            "BULKHEAD_SCHEMA": str(ROLE / "files" / "schema"),
            "BULKHEAD_WANTED": str(folder / "historian.sql"),
        }
        if os.getuid() != 0:
            self.env["PGUSER"] = "postgres"

    def command(self, *argv: str | Path) -> str:
        """Run as the server's account; its output."""
        prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        done = subprocess.run(
            [*prefix, *map(str, argv)],
            env=self.env,
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def make(self) -> None:
        self.own()
        # Its own data is thrown away: no test here pulls the plug of the machine.
        options = ["--auth=peer", "--username=postgres", "--locale=C.UTF-8", "--no-sync"]
        self.command(BIN / "initdb", *options, "--encoding=UTF8", "-D", self.data)
        conf = rendered("bulkhead.conf.j2").replace("/etc/bulkhead/tls", str(self.tls))
        conf = conf.replace("'syslog'", "'stderr'").replace("'*'", "'127.0.0.1'")
        own = f"port = {self.port}\nunix_socket_directories = '{self.folder}'\n"
        own += "" if self.durable else "fsync = off\n"
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(conf + own)
        # Without root the account that runs the tests is the superuser's peer.
        ident = rendered("pg_ident.conf.j2")
        (self.data / "pg_hba.conf").write_text(self.hba())
        (self.data / "pg_ident.conf").write_text(ident + f"tests {self.account()} postgres\n")
        (self.folder / "historian.sql").write_text(rendered("historian.sql.j2"))
        give(
            self.tls,
            self.trust,
            service="historian",
            name="acme.storage.historian-1",
            authority="acme/workload",
            anchors=self.anchors,
            usages=("server",),
        )
        self.own()

    def hba(self) -> str:
        return rendered("pg_hba.conf.j2").replace("         peer", "  peer map=tests")

    def account(self) -> str:
        return "postgres" if os.getuid() == 0 else os.environ["USER"]

    def own(self) -> None:
        """Files made by root are handed to the server's account."""
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "postgres:postgres", self.folder], check=True)
            self.folder.chmod(0o755)

    def start(self) -> None:
        log = self.folder / "server.log"
        self.command(BIN / "pg_ctl", "start", "-w", "-s", "-D", self.data, "-l", log)

    def stop(self, mode: str = "immediate") -> None:
        self.command(BIN / "pg_ctl", "stop", "-w", "-s", "-m", mode, "-D", self.data)

    def reload(self) -> None:
        self.command(BIN / "pg_ctl", "reload", "-s", "-D", self.data)

    def settle(self, *flags: str) -> list[str]:
        """What bulkhead-historian-settle says that it changed."""
        return self.command(ROLE / "files" / "bulkhead-historian-settle", *flags).splitlines()

    def sql(self, query: str) -> list[list[str]]:
        """Rows, as text, of the superuser's query on the socket."""
        options = ["--no-psqlrc", "-qtA", "--field-separator=\t", "--dbname=historian"]
        out = self.command("psql", *options, "--set=ON_ERROR_STOP=1", "--command", query)
        return [line.split("\t") for line in out.splitlines()]

    def client(self, tenant: str, kind: str, authority: str = "", name: str = "") -> Path:
        """A folder with the files of one client; authority and name may be another's."""
        authority = authority or f"{tenant}/workload"
        folder = self.folder / "clients" / f"{tenant}-{kind}-{authority.replace('/', '-')}"
        if not (folder / f"{kind}.pem").exists():
            give(
                folder,
                self.trust,
                service=kind,
                name=name or client_name(tenant, kind),
                authority=authority,
                anchors=self.anchors,
            )
        return folder

    def connect(self, tenant: str, kind: str, **other: str) -> psycopg.Connection:
        folder = self.client(tenant, kind, other.get("authority", ""))
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname="historian",
            user=other.get("user", f"{tenant}_{kind}"),
            sslmode="verify-full",
            sslcert=str(folder / f"{kind}.pem"),
            sslkey=str(folder / f"{kind}.key"),
            sslrootcert=str(folder / f"{kind}-ca.pem"),
        )

    def refresh(self) -> None:
        """New revocation lists, and the server told of them."""
        refresh(self.tls, self.trust, service="historian", anchors=self.anchors)
        self.own()
        self.reload()

    def empty(self) -> None:
        """No rows of telemetry."""
        self.sql(
            "TRUNCATE bulkhead.measurements, bulkhead.nodes, bulkhead.checkpoints, bulkhead.gaps,"
            " bulkhead.quarantine, bulkhead.predictions"
        )


@contextmanager
def historian(*, durable: bool = False) -> Iterator[Historian]:
    """A running, settled historian of two tenants; nothing of it is left afterwards."""
    if not BIN.is_dir():
        pytest.skip("PostgreSQL 15 is not here: apt-get install postgresql-15")
    folder = Path(tempfile.mkdtemp(prefix="bulkhead-historian-"))
    made = Historian(folder, durable=durable)
    try:
        made.make()
        made.start()
        try:
            made.settle()
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder)
