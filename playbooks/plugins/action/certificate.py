"""Ansible action: sign on the controller what a host asks for, and write it back.

Two round trips when something is due, one when nothing is. See the module `certificate`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bulkhead.errors import BulkheadError
from bulkhead.trust import Authority
from bulkhead.trust.local import local
from bulkhead.wire.certificates import Profile

ROOM = "/etc/bulkhead/tls"
_USAGES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}


def profile(asked: Mapping[str, Any]) -> Profile:
    """The profile that a task asks for; WrongInput for one that no authority may sign."""
    return Profile(
        name=asked["name"],
        kind=asked["authority"].rpartition("/")[2],
        usages=tuple(asked["usages"]),
        names=tuple(asked.get("names") or ()),
        addresses=tuple(asked.get("addresses") or ()),
        uris=tuple(asked.get("uris") or ()),
        lifetime=int(asked["lifetime"]),
    )


def due(held: str, request: str, wanted: Profile, authority: Authority, now: datetime) -> str:
    """Why a certificate must be issued, or nothing if the one held will do."""
    if not held:
        return "there is none"
    leaf = _leaf(held, authority)
    if leaf is None:
        return f"it is not from {authority.name}'s anchor"
    lifetime = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    listed = x509.load_pem_x509_crl(authority.revocations().encode())
    causes = {
        "its key is another": bool(request)
        and _key(leaf) != _key(x509.load_pem_x509_csr(request.encode())),
        "it says something else": _said(leaf) != _wanted(wanted),
        "less than a third of its lifetime is left": (leaf.not_valid_after_utc - now) * 3
        < lifetime,
        # A tenth: authorities date certificates back a little for clocks that are behind.
        "its lifetime is another": abs(lifetime.total_seconds() - wanted.lifetime)
        > wanted.lifetime / 10 + 120,
        "it was revoked": listed.get_revoked_certificate_by_serial_number(leaf.serial_number)
        is not None,
    }
    return next((cause for cause, holds in causes.items() if holds), "")


def _leaf(held: str, authority: Authority) -> x509.Certificate | None:
    """The certificate, if it can be read and the authority's anchor signed it."""
    try:
        leaf = x509.load_pem_x509_certificates(held.encode())[0]
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.anchor().encode()))
    except (ValueError, TypeError, InvalidSignature):
        return None
    return leaf


def _key(holder: x509.Certificate | x509.CertificateSigningRequest) -> bytes:
    return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _said(leaf: x509.Certificate) -> tuple[object, ...]:
    """What a certificate says of its holder, in the form of `_wanted`."""
    try:
        others = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        others = x509.SubjectAlternativeName([])
    usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    return (
        [name.value for name in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)],
        sorted(others.get_values_for_type(x509.DNSName)),
        sorted(map(str, others.get_values_for_type(x509.IPAddress))),
        sorted(others.get_values_for_type(x509.UniformResourceIdentifier)),
        sorted(usage.dotted_string for usage in usages),
    )


def _wanted(wanted: Profile) -> tuple[object, ...]:
    return (
        [wanted.name],
        sorted(wanted.names),
        sorted(str(ipaddress.ip_address(address)) for address in wanted.addresses),
        sorted(wanted.uris),
        sorted(_USAGES[usage].dotted_string for usage in wanted.usages),
    )


class ActionModule(ActionBase):  # type: ignore[misc]
    """Runs the module, decides, signs, writes."""

    _requires_connection = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """See the module's documentation."""
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        asked = dict(self._task.args)
        missing = {"service", "authority", "usages", "name", "lifetime"} - asked.keys()
        if missing:
            raise AnsibleActionFail(f"certificate: missing {', '.join(sorted(missing))}")
        first = {key: asked[key] for key in ("service", "owner", "name") if key in asked}
        state = self._execute_module("certificate", module_args=first, task_vars=task_vars)
        if state.get("failed"):
            return {**result, **state}
        try:
            files, reasons = self._signed(asked, state, task_vars)
        except BulkheadError as error:
            raise AnsibleActionFail(f"certificate of {asked['service']}: {error}") from None
        if state["interrupted"]:
            reasons.append("the run before was interrupted")
        result.update(changed=bool(reasons), reasons=reasons)
        if files and not (self._task.check_mode and not state["request"]):
            wrote = self._execute_module("files", module_args={"files": files}, task_vars=task_vars)
            if wrote.get("failed"):
                return {**result, **wrote}
            result["paths"] = wrote["paths"]
        return result

    def _signed(
        self, asked: dict[str, Any], state: dict[str, Any], task_vars: dict[str, Any]
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """Files to write and why. Nothing is signed in check mode."""
        trust = self._templar.template(task_vars.get("trust_directory"))
        if not trust:
            raise AnsibleActionFail("certificate: the variable trust_directory is not set")
        authorities = local(Path(trust))
        authority, held = authorities.x509(asked["authority"]), state["held"]
        wanted, reasons = profile(asked), []
        if state["key_made"] or state["key_closed"]:
            reasons.append("its key was made" if state["key_made"] else "its key was open")
        why = due(held["pem"], state["request"], wanted, authority, datetime.now(UTC))
        texts = {}
        if why:
            reasons.append(f"issued: {why}")
            if not self._task.check_mode:
                texts["pem"] = authority.issue(state["request"], wanted)
        trusted = [authorities.x509(name) for name in asked.get("anchors") or [asked["authority"]]]
        texts["ca"] = "".join(one.anchor() for one in trusted)
        texts["crl"] = "".join(one.revocations() for one in trusted)
        changed = {part: text for part, text in texts.items() if text != held[part]}
        reasons += [f"other {part}" for part in changed if part != "pem"]
        owner = asked.get("owner", "root")
        return [
            _file(asked["service"], owner, part, text) for part, text in changed.items()
        ], reasons


def _file(service: str, owner: str, part: str, text: str) -> dict[str, Any]:
    end = {"pem": "", "ca": "-ca", "crl": "-crl"}[part]
    return {"path": f"{ROOM}/{service}{end}.pem", "content": text, "owner": owner, "mode": "0644"}
