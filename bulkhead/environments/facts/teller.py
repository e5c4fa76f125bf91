"""Runs on a host as root and tells, in one JSON document, what it is like. Needs nothing of ours.

What is asked comes on standard input, a JSON object: users (accounts that sshd is asked about),
units, connect (TLS servers to meet), mark (a word for the journal), outward (names that nobody
listed, to be asked for; absent where the host has no way out), store (whether to try the store of
logs here); or await ({LABEL: WORD}), files ({LABEL: FILE}, where they differ) and seconds, which
tells when each word stood in the log store's file. Contents of keys and hashes of passwords are
never told. Each part is {"ok": …} or {"error": WORDS}; one that fails stops no other.
"""

import grp
import json
import os
import pwd
import socket
import ssl
import struct
import subprocess
import sys
import syslog
import threading
import time
from collections.abc import Callable
from typing import Any

Asked = dict[str, Any]
HOSTS = "/var/log/bulkhead/hosts"
RECORDINGS = "/var/log/bulkhead/sessions"
OBJECTS, SHIPPER = "/etc/bulkhead/objectstore.toml", "/etc/bulkhead/shipper.toml"
SETTINGS = (
    "ActiveState,User,NoNewPrivileges,ProtectSystem,PrivateTmp,CapabilityBoundingSet,"
    "SystemCallFilter,ConditionResult,MainPID"
)
PATIENCE = 5.0
"""Seconds that a TLS server has to answer."""
CHOOSING = 8.0
"""Seconds that chrony has, once it has sources, to choose one: it asks each four times first."""
SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def ran(*words: str, codes: tuple[int, ...] = (0,)) -> str:
    """What a command says; OSError if it ends otherwise."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode not in codes:
        raise OSError(f"{words[0]}: {done.stderr.strip()[-300:] or done.returncode}")
    return done.stdout


def sshd(asked: Asked) -> dict[str, Any]:
    """What sshd would do for a session of each account."""
    found = {}
    for user in asked["users"]:
        text = ran("/usr/sbin/sshd", "-T", "-C", f"user={user},host=h,addr=127.0.0.1")
        rows = (line.partition(" ") for line in text.splitlines())
        found[user] = {name.lower(): value for name, _, value in rows}
    return found


def accounts(_asked: Asked) -> list[dict[str, Any]]:
    """Every account; sudo is asked about those that have a shell."""
    passwords = {}
    with open("/etc/shadow") as file:
        for line in file:
            name, secret = line.split(":")[:2]
            passwords[name] = "none" if not secret else "locked" if secret[0] in "!*" else "set"
    members: dict[str, list[str]] = {}
    for group in grp.getgrall():
        for name in group.gr_mem:
            members.setdefault(name, []).append(group.gr_name)
    found = []
    for row in pwd.getpwall():
        shell = row.pw_shell.rpartition("/")[2]
        sudo, defaults = "", list[str]()
        if shell and not shell.startswith(("nologin", "false", "sync")) and row.pw_uid:
            sudo, defaults = rights(row.pw_name)
        found.append(
            {
                "name": row.pw_name,
                "uid": row.pw_uid,
                "shell": row.pw_shell,
                "sudo": sudo,
                "password": passwords.get(row.pw_name, "set"),
                "defaults": defaults,
                "groups": sorted({*members.get(row.pw_name, []), grp.getgrgid(row.pw_gid).gr_name}),
            }
        )
    return found


def rights(name: str) -> tuple[str, list[str]]:
    """What sudo lets an account do, and the settings that hold for it."""
    text = ran("sudo", "-n", "-l", "-U", name, codes=(0, 1))
    before, _, after = text.partition("may run the following commands")
    settings = before.partition(":")[2] if "Defaults entries" in before else ""
    lines = [line.strip() for line in settings.splitlines() if line.startswith("    ")]
    defaults = [word.strip() for word in " ".join(lines).split(",")]
    sudo = "\n".join(line.strip() for line in after.splitlines() if line.startswith("    "))
    return sudo, [word for word in defaults if word]


def sockets(_asked: Asked) -> list[dict[str, Any]]:
    """What listens, and what is bound for UDP; a client's socket is gone at the second look."""
    first = set(ran("ss", "-Hltunp").splitlines())
    time.sleep(0.3)
    found = []
    for line in sorted(first & set(ran("ss", "-Hltunp").splitlines())):
        words = line.split()
        address, _, port = words[4].rpartition(":")
        process = line.partition('users:(("')[2].partition('"')[0]
        found.append(
            {
                "protocol": words[0],
                "address": address.partition("%")[0],
                "port": int(port),
                "process": process or "the kernel",
            }
        )
    return found


def services(asked: Asked) -> list[dict[str, Any]]:
    """The units that were asked about, and what the kernel says of their main processes."""
    found = []
    for unit in asked["units"]:
        rows = (
            row.partition("=")
            for row in ran("systemctl", "show", unit, "-p", SETTINGS).splitlines()
        )
        settings = {name: value for name, _, value in rows}
        found.append(
            {"unit": unit, "settings": settings, "process": process(settings.pop("MainPID", "0"))}
        )
    return found


def process(pid: str) -> dict[str, str]:
    """Lines of /proc/PID/status; nothing where there is none."""
    try:
        with open(f"/proc/{pid}/status") as file:
            rows = (line.partition(":") for line in file)
            return {
                name: value.strip()
                for name, _, value in rows
                if name in ("NoNewPrivs", "Seccomp", "CapEff")
            }
    except OSError:
        return {}


def clock(_asked: Asked) -> dict[str, Any]:
    """The time here, and whether chrony follows somebody."""
    now, end = time.time(), time.monotonic() + CHOOSING
    active = ran("systemctl", "is-active", "chrony", codes=(0, 3)).strip() == "active"
    while True:
        rows = ran("chronyc", "-n", "-c", "sources").splitlines() if active else []
        followed = [row.split(",")[2] for row in rows if row.split(",")[1] == "*"]
        if followed or not rows or time.monotonic() > end:
            return {"now": now, "active": active, "source": (followed or [""])[0]}
        # It tells nobody when it has chosen: it can only be asked again.
        time.sleep(0.5)


def journal(asked: Asked) -> dict[str, Any]:
    """Whether it lies on disk, and how its forwarder is; writes the mark into it."""
    with open("/etc/machine-id") as file:
        path = f"/var/log/journal/{file.read().strip()}/system.journal"
    if asked["mark"]:
        syslog.openlog("bulkhead-verify")
        syslog.syslog(syslog.LOG_NOTICE, f"controls are verified: {asked['mark']}")
    forwarder = ran("systemctl", "is-active", "syslog-ng", codes=(0, 3)).strip()
    return {"persistent": os.path.exists(path), "forwarder": forwarder}


def keys(_asked: Asked) -> list[dict[str, Any]]:
    """Every file below /etc/bulkhead and /etc/ssh that holds a private key."""
    found = []
    for top in ("/etc/bulkhead", "/etc/ssh"):
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    if b"PRIVATE KEY-----" not in file.read(4096):
                        continue
                about = os.stat(path)
                found.append(
                    {
                        "path": path,
                        "mode": about.st_mode & 0o7777,
                        "uid": about.st_uid,
                        "owner": owner(about.st_uid),
                    }
                )
    return sorted(found, key=lambda row: row["path"])


def owner(uid: int) -> str:
    """The account's name, or the number of one that is gone."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def room(_asked: Asked) -> dict[str, Any]:
    """Where sessions are recorded."""
    try:
        about = os.stat(RECORDINGS)
    except FileNotFoundError:
        return {"mode": 0, "uid": 0}
    return {"mode": about.st_mode & 0o7777, "uid": about.st_uid}


def nft(_asked: Asked) -> str:
    """The whole rule set, as the kernel has it."""
    return ran("nft", "-j", "list", "ruleset")


def outward(asked: Asked) -> dict[str, Any]:
    """What proxy and resolver say to names that nobody listed; whom resolv.conf names."""
    with open("/etc/resolv.conf") as file:
        rows = [line.split() for line in file]
    resolvers = [row[1] for row in rows if row[:1] == ["nameserver"]]
    row = asked["outward"]
    return {
        "web": proxied(row["proxy"], row["port"], row["web"]) if row["proxy"] else "",
        "names": [[name, *resolved(row["resolver"], name)] for name in row["names"]]
        if row["resolver"]
        else [],
        "resolvers": resolvers,
    }


def proxied(address: str, port: int, name: str) -> str:
    """The status that a proxy gives to this host, by its own certificate, for a name."""
    made = context()
    made.load_cert_chain("/etc/bulkhead/tls/events.pem", "/etc/bulkhead/tls/events.key")
    plain = socket.create_connection((address, port), timeout=PATIENCE)
    with plain, made.wrap_socket(plain) as way:
        way.sendall(f"CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n".encode())
        words = way.recv(4096).split(b" ")
        return words[1].decode() if len(words) > 1 else "nothing"


def resolved(address: str, name: str) -> tuple[str, list[str]]:
    """(the code, the addresses or words) that a resolver answers; PTR for names of arpa."""
    kind = 12 if name.endswith(".arpa") else 1
    question = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    question += struct.pack("!BHH", 0, kind, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.settimeout(PATIENCE)
        way.connect((address, 53))
        way.send(struct.pack("!6H", os.getpid() & 0xFFFF, 0x100, 1, 0, 0, 0) + question)
        answer = way.recv(4096)
    _, flags, _, count, _, _ = struct.unpack("!6H", answer[:12])
    found = [socket.inet_ntoa(answer[-4:]) if kind == 1 else "a name"] if count else []
    return str(flags & 15), found


def listed(asked: Asked) -> dict[str, Any]:
    """A proxy's allowlist, and the names that squid was given out of it."""
    if not asked["lists"]:
        return {"entries": [], "passed": []}
    with open("/etc/bulkhead/proxy/allow.json") as file:
        rows = json.load(file)["entries"]
    with open("/run/bulkhead-proxy/squid.acl") as file:
        rules = [line.split() for line in file]
    tests = ("dstdomain", "dstdom_regex")
    passed = [row[4] for row in rules if len(row) > 4 and row[0] == "acl" and row[2] in tests]
    return {
        "entries": [[row["value"], row["tenant"], row["expires"]] for row in rows],
        "passed": sorted(set(passed)),
    }


def objects(asked: Asked) -> Any:
    """What the store here refuses, tried with its root credentials; nothing where not asked."""
    return tool("objectstore", "probe", OBJECTS) if asked.get("store") else None


def shipping(asked: Asked) -> Any:
    """How the shipper here stands, and what its identity may do; nothing where not asked."""
    return tool("shipper", "--try", SHIPPER) if asked.get("store") else None


def tool(name: str, *words: str) -> Any:
    """What a service of ours tells as JSON."""
    command = ("env", "PYTHONPATH=/opt/bulkhead/lib", "python3", "-BsP", "-m")
    return json.loads(ran(*command, f"bulkhead.services.{name}", *words))


def endpoints(asked: Asked) -> dict[str, Any]:
    """Each server that was asked for, as it was met from here."""
    return {row["host"]: attempt(met, row) for row in asked["connect"]}


def met(row: Asked) -> dict[str, Any]:
    """One server: which versions it speaks, what it shows, and how it takes a stranger."""
    shown, said, anonymous = stranger(row)
    return {
        "versions": {name: speaks(row, name) for name in ("TLSv1.2", "TLSv1.3")},
        "certificate": ssl.DER_cert_to_PEM_cert(shown),
        "anonymous": anonymous,
        "said": said,
        "now": time.time(),
        **vouched(row),
    }


def opened(row: Asked) -> socket.socket:
    """A connection that is ready for a handshake."""
    plain = socket.create_connection((row["address"], row["port"]), timeout=PATIENCE)
    if row["kind"] == "historian":
        plain.sendall(SSL_REQUEST)
        answer = plain.recv(1)
        if answer != b"S":
            plain.close()
            raise OSError(f"it does not offer TLS: {answer!r}")
    return plain


def context(
    first: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, last: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> ssl.SSLContext:
    """A client that takes any certificate: what it shows is judged by who asked for it."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_ciphers("DEFAULT:@SECLEVEL=0")
    made.minimum_version, made.maximum_version = first, last
    return made


def speaks(row: Asked, name: str) -> bool:
    """Whether a handshake of that version alone comes about, before anybody is known."""
    version = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}[name]
    plain = opened(row)
    try:
        with plain, context(version, version).wrap_socket(plain) as way:
            return way.version() == name
    except ssl.SSLError as error:
        # TLS 1.2 asks for the client's certificate within the handshake: it spoke it, then.
        return "CERTIFICATE" in str(error).upper() or "HANDSHAKE_FAILURE" in str(error).upper()
    except ConnectionError:
        return False


def stranger(row: Asked) -> tuple[bytes, str, bool]:
    """The certificate shown, and what becomes of a client that has none."""
    with context().wrap_socket(opened(row)) as way:
        shown = way.getpeercert(binary_form=True) or b""
        try:
            way.sendall(greeting(row))
            answer = way.recv(4096)
        except (ssl.SSLError, ConnectionError) as error:
            return shown, f"refused ({getattr(error, 'reason', None) or error})", False
        except TimeoutError:
            return shown, "it let the client stay", True
    return (shown, *judged(row, answer))


def greeting(row: Asked) -> bytes:
    """What a client of the protocol says first."""
    if row["kind"] == "broker":
        name = b"verify"
        body = b"\x00\x04MQTT\x04\x02\x00\x3c" + struct.pack("!H", len(name)) + name
        return b"\x10" + bytes([len(body)]) + body
    if row["kind"] == "historian":
        user = str(row["user"]).encode()
        words = b"user\0" + user + b"\0database\0historian\0\0"
        return struct.pack("!ii", len(words) + 8, 196608) + words
    text = b"<13>1 - - bulkhead-verify - - - a client without a certificate"
    return str(len(text)).encode() + b" " + text


def judged(row: Asked, answer: bytes) -> tuple[str, bool]:
    """(what was said, whether a stranger is served) of a server's first answer."""
    if not answer:
        return "refused (it hung up)", False
    if row["kind"] == "broker":
        code = answer[3] if len(answer) > 3 else 255
        return f"MQTT CONNACK {code}", code == 0
    if row["kind"] == "historian":
        if answer[:1] == b"E":
            words = [part[1:] for part in answer[5:].split(b"\0") if part[:1] == b"M"]
            return "refused (" + b" ".join(words).decode(errors="replace") + ")", False
        return "it asks for no certificate", True
    return "it answered", True


def vouched(row: Asked) -> dict[str, Any]:
    """Whether the authority that was sent along vouches for what the server shows."""
    made = ssl.create_default_context(cadata=row["anchor"])
    made.check_hostname = False
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    plain = opened(row)
    try:
        with plain, made.wrap_socket(plain):
            return {"trusted": True, "why": ""}
    except ssl.SSLCertVerificationError as error:
        return {"trusted": False, "why": error.verify_message}


def attempt(do: Callable[[Asked], Any], given: Asked) -> dict[str, Any]:
    """A part, or the words in which it failed."""
    try:
        return {"ok": do(given)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def awaited(asked: Asked) -> dict[str, float | None]:
    """For each label, after how many seconds its word stood in its file; None: never."""
    begun, files = time.monotonic(), asked.get("files", {})
    found: dict[str, float] = {}
    while True:
        for name, word in asked["await"].items():
            if name not in found and word in fresh(files.get(name, name)):
                found[name] = time.monotonic() - begun
        if len(found) == len(asked["await"]) or time.monotonic() - begun > asked["seconds"]:
            return {name: found.get(name) for name in asked["await"]}
        # Files of another daemon's: nothing here tells when it wrote.
        time.sleep(0.05)


def fresh(name: str) -> str:
    """The end of a file: what may hold a line of the last minute."""
    try:
        with open(os.path.join(HOSTS, f"{name}.log"), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - (1 << 18)))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


PARTS: tuple[Callable[[Asked], Any], ...] = (
    sshd,
    accounts,
    sockets,
    services,
    clock,
    journal,
    keys,
    room,
    nft,
    outward,
    listed,
    endpoints,
    objects,
    shipping,
)


def main(asked: Asked) -> dict[str, Any]:
    """All parts at once: most of them wait for a program or a server."""
    if "await" in asked:
        return {"arrived": attempt(awaited, asked)}
    found: dict[str, Any] = {}

    def one(do: Callable[[Asked], Any]) -> None:
        found[do.__name__] = attempt(do, asked)

    threads = [threading.Thread(target=one, args=(do,)) for do in PARTS]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.stdin.read()))))
