"""A MinIO of a test's own on loopback, with TLS from an authority of ours; ended at the end."""

import os
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bulkhead.services.objectstore.client import Store
from bulkhead.services.objectstore.config import Config, Kept, Putter, opened
from bulkhead.services.objectstore.settle import settle
from bulkhead.trust.local import local
from bulkhead.wire.certificates import Profile
from infra.lab.tools import MINIO, find

NAME = "shared.audit.logstore-1"
PUTTER = "shared.audit.shipper-1"
BUCKET = "example-logs-90d"


@dataclass
class Minio:
    """room: its files. process: the running server."""

    room: Path
    port: int
    process: subprocess.Popen | None = None

    @property
    def config(self) -> Config:
        return Config(
            address="127.0.0.1",
            port=self.port,
            name=NAME,
            anchors=self.room / "anchors.pem",
            root=self.room / "root",
            buckets=(Kept(name=BUCKET, days=90), Kept(name="example-logs-365d", days=365)),
            putters=(Putter(name=PUTTER, prefixes=(f"{BUCKET}/acme/events/",)),),
        )

    def issue(self, name: str, usage: str) -> tuple[Path, Path]:
        """(certificate, key) of a name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject)
        csr = request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
        profile = Profile(
            name=name,
            kind="workload",
            usages=(usage,),
            names=(name,),
            addresses=("127.0.0.1",),
            lifetime=3600,
        )
        leaf = local(self.room / "trust").x509("shared/workload").issue(csr, profile)
        pem, secret = self.room / f"{name}-{usage}.pem", self.room / f"{name}-{usage}.key"
        pem.write_text(leaf)
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        secret.write_bytes(text)
        return pem, secret

    def start(self) -> None:
        certs = self.room / "certs"
        (certs / "CAs").mkdir(parents=True, exist_ok=True)
        anchor = local(self.room / "trust").x509("shared/workload").anchor()
        (self.room / "anchors.pem").write_text(anchor)
        (certs / "CAs" / "anchors.pem").write_text(anchor)
        if not (certs / "public.crt").exists():
            pem, key = self.issue(NAME, "server")
            (certs / "public.crt").symlink_to(pem)
            (certs / "private.key").symlink_to(key)
            text = "MINIO_ROOT_USER=bulkhead-root\nMINIO_ROOT_PASSWORD=only-for-this-test\n"
            (self.room / "root").write_text(text)
        rows = dict(row.split("=") for row in (self.room / "root").read_text().split())
        self.process = subprocess.Popen(
            [
                *(find(MINIO), "server", "--quiet", "--certs-dir", certs),
                *("--address", f"127.0.0.1:{self.port}", self.room / "data"),
            ],
            env={
                **{name: os.environ[name] for name in ("PATH", "HOME")},
                **rows,
                "SSL_CERT_FILE": str(self.room / "anchors.pem"),
                "SSL_CERT_DIR": str(self.room / "nowhere"),
                "MINIO_IDENTITY_TLS_ENABLE": "on",
                "MINIO_BROWSER": "off",
                "MINIO_UPDATE": "off",
            },
            stdout=(self.room / "minio.log").open("ab"),
            stderr=subprocess.STDOUT,
        )
        self._await()

    def _await(self) -> None:
        end = time.monotonic() + 60
        while not opened(self.config).send("GET").ok:
            assert self.process.poll() is None, (self.room / "minio.log").read_text()
            assert time.monotonic() < end, (self.room / "minio.log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def bearer(self, name: str) -> Store:
        """A connection that shows a certificate of that name."""
        pem, key = self.issue(name, "client")
        tls = ssl.create_default_context(cafile=self.room / "anchors.pem")
        tls.load_cert_chain(pem, key)
        return Store("127.0.0.1", self.port, name=NAME, tls=tls)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="session")
def minio(tmp_path_factory):
    """A settled store; skipped, with the reason, where the program was not built."""
    if find(MINIO) is None:
        pytest.skip("minio is not built here: python -m infra.lab.tools")
    made = Minio(tmp_path_factory.mktemp("minio"), free_port())
    made.start()
    try:
        settle(opened(made.config), made.config)
        yield made
    finally:
        made.stop()
