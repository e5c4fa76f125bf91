"""Who should issue workload identities: SPIRE, a vault's PKI, or the authority that we have.

    python benchmarks/svid_rate.py [COUNT]

Issues COUNT (default 400) X.509 certificates of an hour with a SPIFFE id each, for the forty
workloads of ten tenants in turns, and prints for each issuer: certificates per second, memory of
what must run (issuer, and agent on each host), what attests a workload, and how it renews. Needs
`spire-server` and `spire-agent` 1.13, and `bao` 2.4, on PATH; what is not there is skipped and
says so. Everything runs on loopback and in a temporary directory. A rate is not compared with
another machine's: all are of this run, one after the other.

Each is asked as a host would ask it: the vault and our authority sign a request for a key that was
made before; SPIRE's agent makes keys and requests itself, so its rate holds that as well.
"""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bulkhead.trust.local import local
from bulkhead.wire.certificates import Profile, spiffe_id

DOMAIN, HOUR, COUNT = "lyon", 3600, 400
ROLES = ("ingest/broker", "ingest/ingest", "processing/inference", "storage/historian")
WORKLOADS = [f"tenant-{number:02}/{role}" for number in range(10) for role in ROLES]
VAULT = ("127.0.0.1", 18200)
TOKEN = "benchmark"
PATIENCE = 120.0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def request() -> str:
    """A signing request for a new key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "workload")])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def workloads(count: int) -> list[str]:
    return [WORKLOADS[number % len(WORKLOADS)] for number in range(count)]


def memory(pid: int) -> float:
    """MB that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def process(*words: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        running = subprocess.Popen(words, stdout=out, stderr=out)
        try:
            yield running
        finally:
            running.kill()
            running.wait()


def until(holds: Callable[[], bool], what: str, log: Path) -> None:
    """Wait; RuntimeError with the log's end where it does not come."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} in vain: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.05)  # another program's state: it can only be asked again


def told(name: str, count: int, seconds: float, *rest: str) -> None:
    """rest: what must run, what attests, how it renews."""
    runs, attests, renews = rest
    say(f"{name}: {count / seconds:.0f} certificates/s ({count} in {seconds:.2f} s); {runs}")
    say(f"    attests: {attests}")
    say(f"    renews: {renews}")


def ours(room: Path, count: int) -> None:
    """The lab's present authority, in this process."""
    authority = local(room / "trust").x509("acme/workload")
    authority.anchor()
    csr, names = request(), workloads(count)
    begun = time.perf_counter()
    for name in names:
        profile = Profile(
            name=name.replace("/", "."), kind="workload", usages=("server", "client"),
            uris=(spiffe_id(DOMAIN, name),), lifetime=HOUR,
        )  # fmt: skip
        authority.issue(csr, profile)
    told(
        "bulkhead.trust", count, time.perf_counter() - begun,
        "nothing runs on a host; the authority lives in the run that configures",
        "the run itself: SSH with a host key that is known, root on the host, name by the plan",
        "by the next run (a third of the lifetime before its end)",
    )  # fmt: skip


def vault(room: Path, count: int) -> None:
    """A vault's PKI, asked over HTTP by one client on one connection."""
    log = room / "bao.log"
    words = ("bao", "server", "-dev", f"-dev-root-token-id={TOKEN}", "-dev-no-store-token")
    at = f"-dev-listen-address={VAULT[0]}:{VAULT[1]}"
    with process(*words, at, log=log) as server:
        until(lambda: answers(VAULT), "the vault was waited for", log)
        ask = client()
        ask("sys/mounts/pki", {"type": "pki", "config": {"max_lease_ttl": "87600h"}})
        ask("pki/root/generate/internal", {"common_name": "acme", "key_type": "ec"})
        role = {"allow_any_name": True, "enforce_hostnames": False, "key_type": "ec"}
        role |= {"allowed_uri_sans": f"spiffe://{DOMAIN}/*", "max_ttl": "1h", "no_store": True}
        ask("pki/roles/workload", role)
        csr, names = request(), workloads(count)
        begun = time.perf_counter()
        for name in names:
            asked = {"csr": csr, "uri_sans": spiffe_id(DOMAIN, name), "ttl": "1h"}
            ask("pki/sign/workload", asked | {"common_name": name.replace("/", ".")})
        seconds = time.perf_counter() - begun
        told(
            "OpenBao PKI", count, seconds,
            f"vault {memory(server.pid):.0f} MB; on a host a client that renews (its own agent "
            "is the same program)",
            "a token that somebody must bring to the host first (AppRole, or AWS IAM)",
            "the client asks again; nothing reaches out to it",
        )  # fmt: skip


def answers(address: tuple[str, int]) -> bool:
    way = http.client.HTTPConnection(*address, timeout=2)
    try:
        way.request("GET", "/v1/sys/health")
        return way.getresponse().status == 200
    except OSError:
        return False
    finally:
        way.close()


def client() -> Callable[[str, Mapping[str, object]], None]:
    way = http.client.HTTPConnection(*VAULT, timeout=30)

    def ask(path: str, body: Mapping[str, object]) -> None:
        way.request("POST", f"/v1/{path}", json.dumps(body), {"X-Vault-Token": TOKEN})
        answer = way.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{path}: {answer.status} {text.decode(errors='replace')}")

    return ask


SERVER = """
server {{ bind_address = "127.0.0.1" bind_port = "18081" trust_domain = "{domain}"
  data_dir = "{room}/server" log_level = "WARN" socket_path = "{room}/server.sock"
  default_x509_svid_ttl = "1h" ratelimit {{ signing = false attestation = false }} }}
plugins {{
  DataStore "sql" {{ plugin_data {{ database_type = "sqlite3"
    connection_string = "{room}/store.sqlite3" }} }}
  KeyManager "memory" {{ plugin_data {{}} }}
  NodeAttestor "join_token" {{ plugin_data {{}} }}
}}
"""
AGENT = """
agent {{ server_address = "127.0.0.1" server_port = "18081" trust_domain = "{domain}"
  data_dir = "{room}/agent" log_level = "WARN" socket_path = "{room}/agent.sock"
  insecure_bootstrap = true
  experimental {{ sync_interval = "500ms" }} }}
plugins {{
  KeyManager "memory" {{ plugin_data {{}} }}
  NodeAttestor "join_token" {{ plugin_data {{}} }}
  WorkloadAttestor "unix" {{ plugin_data {{}} }}
}}
"""


def spire(room: Path, count: int) -> None:
    """SPIRE: server and one agent, which asks for all of them as they are registered.

    Twice as many, for they are issued in batches and shown when all are there; an agent keeps
    a thousand at most.
    """
    many = 2 * count
    for name, text in {"server": SERVER, "agent": AGENT}.items():
        (room / name).mkdir()
        (room / f"{name}.conf").write_text(text.format(room=room, domain=DOMAIN))
    socket = f"-socketPath={room}/server.sock"

    def server_says(*words: str) -> str:
        done = subprocess.run(
            ["spire-server", *words, socket], capture_output=True, text=True, check=False
        )
        return done.stdout if done.returncode == 0 else ""

    logs = room / "server.log", room / "agent.log"
    with ExitStack() as stack:
        words = ("spire-server", "run", "-config", f"{room}/server.conf")
        server = stack.enter_context(process(*words, log=logs[0]))
        until(lambda: "healthy" in server_says("healthcheck"), "SPIRE was waited for", logs[0])
        agent_id = f"spiffe://{DOMAIN}/host"
        token = json.loads(
            server_says("token", "generate", "-spiffeID", agent_id, "-output", "json")
        )["value"]
        joined = ("-config", f"{room}/agent.conf", "-joinToken", token)
        agent = stack.enter_context(process("spire-agent", "run", *joined, log=logs[1]))
        until(lambda: held(room) is not None, "its agent was waited for", logs[1])
        server_says("entry", "create", "-data", str(entries(room, agent_id, many)))
        begun = time.perf_counter()
        until(lambda: (held(room) or 0) >= many, "all were waited for", logs[1])
        seconds = time.perf_counter() - begun
        told(
            "SPIRE",
            many,
            seconds,
            f"server {memory(server.pid):.0f} MB, agent {memory(agent.pid):.0f} MB on each host; "
            "at least: the agent may take half a second to ask",
            "the host by a join token, a TPM or AWS's own document; the workload by the kernel's "
            "word on the process that asks (uid, path, unit)",
            "the agent, at half of the lifetime, by itself; it tells the workload",
        )


def entries(room: Path, parent: str, count: int) -> Path:
    uid = f"unix:uid:{os.getuid()}"
    kind, _, value = uid.partition(":")
    rows = [
        {
            "spiffe_id": spiffe_id(DOMAIN, f"{name}/{number}"),
            "parent_id": parent,
            "selectors": [{"type": kind, "value": value}],
            "x509_svid_ttl": HOUR,
        }
        for number, name in enumerate(workloads(count))
    ]
    path = room / "entries.json"
    path.write_text(json.dumps({"entries": rows}))
    return path


def held(room: Path) -> int | None:
    """How many certificates the agent gives a workload; None where it does not answer yet."""
    done = subprocess.run(
        ["spire-agent", "api", "fetch", "x509", "-silent", "-output", "json",
         "-socketPath", f"{room}/agent.sock"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return len(json.loads(done.stdout).get("svids", []))
    return 0 if "no identity issued" in done.stdout + done.stderr else None


PARTS: dict[str, tuple[tuple[str, ...], Callable[[Path, int], None]]] = {
    "bulkhead.trust": ((), ours),
    "OpenBao PKI": (("bao",), vault),
    "SPIRE": (("spire-server", "spire-agent"), spire),
}


def main(count: int) -> int:
    for name, (programs, measure) in PARTS.items():
        missing = [row for row in programs if shutil.which(row) is None]
        if missing:
            say(f"{name}: skipped: {' and '.join(missing)} not on PATH")
            continue
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), count)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
