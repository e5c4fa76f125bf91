"""Certificates in the lab: issued by the tenant's authority to keys that never leave their hosts.

Files are put in place whole, by a rename. A list of the revoked goes the safe way: it is checked
beside the files that it joins, renamed into place, read by SIGHUP, and the broker is then proven
by handshakes to serve what its files say (mosquitto lets everybody in when a list is garbage).
"""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bulkhead.drill.incidents import (
    Disconnect,
    Expired,
    Reconnect,
    Renew,
    Restore,
    Revoke,
    ShortCertificate,
)
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused
from bulkhead.environments.actions.lab_hosts import Hosts, script
from bulkhead.errors import BulkheadError, Problem
from bulkhead.plan import Host
from bulkhead.trust import Authority
from bulkhead.trust.local import local
from bulkhead.trust.verdicts import Verdict, client_verdict
from bulkhead.wire.certificates import Profile, dotted
from infra.inventory.roles import PORTS, authority
from infra.inventory.variables import lifetime

TLS = PurePosixPath("/etc/bulkhead/tls")
MINUTE = 60
"""Seconds of the certificate with which a session is ended."""
REQUEST = """
set -eu
umask 077
if [ -n "$3" ]; then
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.new"
    chown --reference="$1" "$1.new"
    set -- "$1.new" "$2"
fi
exec openssl req -new -key "$1" -subj "/CN=$2"
"""
"""KEY NAME REKEY: a request; with REKEY for a new key, which waits beside the one in use."""
PUT = """
set -eu
new=$(mktemp "$1.XXXXXX")
trap 'rm -f "$new"' EXIT
cat > "$new"
openssl x509 -in "$new" -noout
chown --reference="$1" "$new"; chmod --reference="$1" "$new"
if [ -n "$3" ]; then mv "$2.new" "$2"; else rm -f "$2.new"; fi
mv "$new" "$1"
systemctl reload bulkhead-gateway.service
"""
"""CERTIFICATE KEY REKEY: put a certificate in place, with its key, and begin to use it."""
LIST = """
set -eu
new=$(mktemp "$1.XXXXXX"); draft=$(mktemp /run/bulkhead-draft.XXXXXX)
trap 'rm -f "$new" "$draft"' EXIT
cat > "$new"
chown --reference="$1" "$new"; chmod --reference="$1" "$new"
sed "s#^crlfile .*#crlfile $new#" "$2" > "$draft"
/usr/local/sbin/bulkhead-broker-check "$draft"
mv "$new" "$1"
systemctl reload "$3"
/usr/local/sbin/bulkhead-broker-canary "$2" 10
"""
"""LIST CONFIGURATION UNIT: the safe way of a list of the revoked."""
KEYED = """
set -eu
umask 077
rm -rf /run/bulkhead-disconnect.*
room=$(mktemp -d /run/bulkhead-disconnect.XXXXXX)
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$room/key"
openssl req -new -key "$room/key" -subj "/CN=$1" -out "$room/request"
echo "$room"; cat "$room/request"
"""
"""NAME: a directory of root's with a new key, and its request."""

SWEEP = "rm -rf /run/bulkhead-disconnect.* /run/bulkhead-draft.*"
"""What a killed command may have left on a broker's host."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Those of the lab's gateways, and the lists that its brokers read."""

    hosts: Hosts

    def short(self, action: ShortCertificate) -> Outcome:
        """To the key that the gateway has."""
        self._issue(self._gateway(action.source), action.seconds)
        return Done()

    def renew(self, action: Renew) -> Outcome:
        """For as long as is planned."""
        self._issue(self._gateway(action.source), rekey=action.rekey)
        return Done()

    def restore(self, action: Restore) -> Outcome:
        """The list first: else a good certificate might be judged by an old one.

        A revoked certificate's key may be in other hands: it is made anew.
        """
        if why := self.hosts.missing(action.source, action.target):
            return NotObserved(reason=why)
        self.hosts.run(action.target, ["sh", "-c", SWEEP])
        self._publish(action.target)
        gateway = self._gateway(action.source)
        if not self._good(gateway):
            self._issue(gateway, rekey=self._verdict(gateway) == "revoked")
        return Done()

    def revoke(self, action: Revoke) -> Outcome:
        """Listed by the authority for good; the broker has read it and proven that it did."""
        gateway = self._gateway(action.source)
        leaf = x509.load_pem_x509_certificate(self._held(gateway).encode())
        self._authority(authority(gateway)).revoke(leaf.serial_number)
        self._publish(action.target)
        return Done(facts=(("serial", str(leaf.serial_number)),))

    def reconnect(self, action: Reconnect) -> Outcome:
        """As systemd reloads the service."""
        self.hosts.run(action.source, ["systemctl", "reload", "bulkhead-gateway.service"])
        return Done()

    def expired(self, action: Expired) -> Outcome:
        """Sleep until then: nothing happens at that moment that could be waited for."""
        leaf = x509.load_pem_x509_certificate(self._held(self._gateway(action.source)).encode())
        left = (leaf.not_valid_after_utc - datetime.now(UTC)).total_seconds()
        if left > action.bound:
            return NotObserved(reason=f"it runs out in {left:.0f} s")
        time.sleep(max(0.0, left) + 0.1)
        return Done(at=leaf.not_valid_after_utc.timestamp())

    def disconnect(self, action: Disconnect) -> Outcome:
        """Come with its name, on the broker's own loopback, and leave."""
        host = self._gateway(action.identity)
        name = dotted(host.id)
        room, _, request = self.hosts.run(action.target, ["sh", "-c", KEYED, "sh", name]).partition(
            "\n"
        )
        try:
            profile = Profile(name=name, kind="device", usages=("client",), lifetime=MINUTE)
            issued = self._authority(authority(host)).issue(request, profile)
            self.hosts.run(action.target, ["tee", f"{room}/pem"], stdin=issued)
            job = {
                "id": 0,
                "certificate": f"{room}/pem",
                "key": f"{room}/key",
                "address": "127.0.0.1",
                "port": PORTS["broker"],
                "name": name,
            }
            asked = json.dumps({"do": "impersonate", "jobs": [job], "patience": 5.0})
            said = self.hosts.run(action.target, ["python3", "-c", script()], stdin=asked + "\n")
        finally:
            self.hosts.run(action.target, ["rm", "-r", room])
        words = [json.loads(line) for line in said.splitlines()]
        if any(word["said"] == "granted" for word in words):
            return Done()
        return Refused(layer="tls", reason=words[-1].get("reason", "") if words else "")

    def _issue(self, gateway: Host, seconds: int | None = None, *, rekey: bool = False) -> None:
        files = str(TLS / f"{gateway.role}.pem"), str(TLS / f"{gateway.role}.key")
        flag = "rekey" if rekey else ""
        command = ["sh", "-c", REQUEST, "sh", files[1], dotted(gateway.id), flag]
        request = self.hosts.run(gateway.id, command)
        issued = self._authority(authority(gateway)).issue(request, self._profile(gateway, seconds))
        self.hosts.run(gateway.id, ["sh", "-c", PUT, "sh", *files, flag], stdin=issued)

    def _profile(self, gateway: Host, seconds: int | None) -> Profile:
        """As the role `gateway` asks for it."""
        there = self.hosts.vantages[gateway.id]
        return Profile(
            name=dotted(gateway.id),
            kind="device",
            usages=("client",),
            names=(dotted(gateway.id),),
            addresses=tuple(row for row in (there.address, there.public) if row),
            lifetime=seconds or lifetime(self.hosts.plan, gateway),
        )

    def _publish(self, broker: str) -> None:
        """Give the broker its authorities' lists, unless it has them."""
        tenant = self.hosts.planned(broker).tenant
        kinds = sorted((f"{tenant}/device", f"{tenant}/workload"))
        wanted = "".join(self._authority(name).revocations() for name in kinds)
        file = str(TLS / "broker-crl.pem")
        if self.hosts.run(broker, ["cat", file]) == wanted:
            return
        names = [file, f"/etc/bulkhead/broker/{tenant}.conf", f"mosquitto@{tenant}.service"]
        self.hosts.run(broker, ["sh", "-c", LIST, "sh", *names], stdin=wanted)

    def _good(self, gateway: Host) -> bool:
        """Whether it fits its key, is not listed, and has more than half of its life left."""
        if self._verdict(gateway) != "good":
            return False
        leaf = x509.load_pem_x509_certificate(self._held(gateway).encode())
        own = leaf.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        key = str(TLS / f"{gateway.role}.key")
        fits = self.hosts.run(gateway.id, ["openssl", "pkey", "-in", key, "-pubout"])
        left = (leaf.not_valid_after_utc - datetime.now(UTC)).total_seconds()
        return fits == own.decode() and left > lifetime(self.hosts.plan, gateway) / 2

    def _verdict(self, gateway: Host) -> Verdict:
        """Of the certificate that it holds, by its authority's own list."""
        signer = self._authority(authority(gateway))
        anchors, lists = [signer.anchor()], [signer.revocations()]
        return client_verdict(self._held(gateway), anchors, lists, datetime.now(UTC))

    def _held(self, gateway: Host) -> str:
        return self.hosts.run(gateway.id, ["cat", str(TLS / f"{gateway.role}.pem")])

    def _gateway(self, name: str) -> Host:
        """The plan's word for a gateway that runs; BulkheadError where none does."""
        if why := self.hosts.missing(name):
            raise BulkheadError(Problem(name, why))
        return self.hosts.planned(name)

    def _authority(self, name: str) -> Authority:
        return local(self.hosts.state / "trust").x509(name)
