"""What a host looks like with the role baseline: one function for each row of measures.yml.

Each takes a testinfra host and asserts. `GOOD` are the variables of the host they are run on.
"""

import json

from bench_network import BASTION

LOGSTORE = {"address": "10.213.9.9", "port": 6514, "name": "shared.audit.logstore-1"}
GOOD = {
    "baseline_accounts": [
        {"name": "olga", "comment": "Olga P.", "principals": ["shared.olga"], "sudo": "all"},
        {"name": "sven", "comment": "Sven", "principals": ["shared.sven"], "sudo": "observe"},
        {"name": "nils", "comment": "Nils", "principals": ["shared.nils"], "sudo": "none"},
    ],
    "baseline_events": LOGSTORE,
    "baseline_advisories": [
        {"id": "DSA-1-1", "state": "applied", "reason": "in the image"},
        {"id": "DSA-2-1", "state": "deferred", "reason": "until 2026-12-01: not reachable here"},
    ],
    "baseline_firewall": {
        "ingress": [
            {
                "conduit": "shared/administer",
                "protocol": "tcp",
                "first": 22,
                "last": 22,
                "peers": [f"{BASTION}/32"],
            },
            {
                "conduit": "acme/ping",
                "protocol": "icmp",
                "first": 0,
                "last": 65535,
                "peers": ["10.213.0.0/25", "10.213.0.128/25", "10.213.0.7/32"],
            },
        ],
        "egress": [
            {
                "conduit": "acme/events",
                "protocol": "tcp",
                "first": 6514,
                "last": 6514,
                "peers": ["10.213.9.9/32"],
            },
            {
                "conduit": "acme/names",
                "protocol": "udp",
                "first": 53,
                "last": 54,
                "peers": ["10.213.0.0/16"],
            },
        ],
    },
}
NETWORK = {
    "net.ipv4.ip_forward": 0,
    "net.ipv4.conf.all.rp_filter": 1,
    "net.ipv4.conf.all.accept_redirects": 0,
    "net.ipv4.conf.all.secure_redirects": 0,
    "net.ipv4.conf.all.send_redirects": 0,
    "net.ipv4.conf.all.accept_source_route": 0,
    "net.ipv4.conf.all.log_martians": 1,
    "net.ipv4.icmp_echo_ignore_broadcasts": 1,
    "net.ipv4.icmp_ignore_bogus_error_responses": 1,
    "net.ipv4.tcp_syncookies": 1,
    "net.ipv4.tcp_rfc1337": 1,
    "net.ipv6.conf.all.disable_ipv6": 1,
}
MACHINE = ("kernel.sysrq = 0", "fs.suid_dumpable = 0", "kernel.yama.ptrace_scope = 2")


def sshd(host, user="bulkhead"):
    """What sshd will do for a session of `user`, as a mapping."""
    out = host.check_output(f"/usr/sbin/sshd -T -C user={user},host=h,addr=10.213.0.1")
    return dict(line.split(" ", 1) for line in out.lower().splitlines() if " " in line)


def no_passwords(host):
    for user in ("bulkhead", "olga", "root"):
        said = sshd(host, user)
        assert said["passwordauthentication"] == "no"
        assert said["kbdinteractiveauthentication"] == "no"
        assert said["permitemptypasswords"] == "no"
        assert said["authenticationmethods"] == "publickey"


def no_root_login(host):
    assert sshd(host, "root")["permitrootlogin"] == "no"
    assert host.check_output("passwd -S root").split()[1] == "L"
    assert host.file("/etc/pam.d/su").contains(r"^auth required pam_wheel.so use_uid group=root")


def certificates_alone(host):
    for user in ("bulkhead", "olga"):
        said = sshd(host, user)
        assert said["authorizedkeysfile"] == "none"
        assert said["trustedusercakeys"] == "/etc/bulkhead/ssh/user_ca.pub"
        assert said["authorizedprincipalsfile"] == "/etc/bulkhead/ssh/principals/%u"
    assert not host.file("/home/bulkhead/.ssh/authorized_keys").exists
    assert host.file("/etc/bulkhead/ssh/user_ca.pub").content_string.startswith("ssh-ed25519 ")
    assert host.file("/etc/bulkhead/ssh/principals/bulkhead").content_string == "provision\n"


def modern_algorithms(host):
    said = sshd(host)
    assert set(said["hostkeyalgorithms"].split(",")) == {"ssh-ed25519"}
    for key, bad in {"ciphers": "cbc", "macs": "sha1", "kexalgorithms": "nistp"}.items():
        assert bad not in said[key], said[key]
    assert all(mac.endswith("-etm@openssh.com") for mac in said["macs"].split(","))


def nothing_forwarded(host):
    for user in ("bulkhead", "olga"):
        said = sshd(host, user)
        for key in ("allowtcpforwarding", "allowagentforwarding", "x11forwarding", "permittunnel"):
            assert said[key] == "no", (user, key)
        assert said["gatewayports"] == "no"
        assert said["allowstreamlocalforwarding"] == "no"


def sessions_bounded(host):
    said = sshd(host)
    assert int(said["maxauthtries"]) <= 3
    assert int(said["maxsessions"]) <= 4
    assert int(said["logingracetime"]) <= 30
    assert 0 < int(said["clientaliveinterval"]) * int(said["clientalivecountmax"]) <= 600


def banner_shown(host):
    assert sshd(host)["banner"] == "/etc/issue.net"
    for path in ("/etc/issue", "/etc/issue.net"):
        text = host.file(path).content_string
        assert "authorised" in text
        assert "Debian" not in text


def listed_people(host):
    wanted = {row["name"]: row["principals"] for row in GOOD["baseline_accounts"]}
    assert set(host.group("bulkhead-people").members) == set(wanted)
    room = host.file("/etc/bulkhead/ssh/principals").listdir()
    assert set(room) == {*wanted, "bulkhead"}
    for name, principals in wanted.items():
        path = f"/etc/bulkhead/ssh/principals/{name}"
        assert host.file(path).content_string.split() == principals
        assert host.check_output(f"passwd -S {name}").split()[1] == "L"


def sudo_by_level(host):
    said = {name: host.run(f"sudo -l -U {name}").stdout for name in ("olga", "sven", "nils")}
    assert "(ALL : ALL) NOPASSWD: ALL" in said["olga"]
    assert "nft list ruleset" in said["sven"]
    assert "ALL\n" not in said["sven"].partition("may run")[2]
    assert "is not allowed to run sudo" in said["nils"]
    assert "systemd-journal" in host.user("sven").groups
    assert "systemd-journal" not in host.user("nils").groups
    assert host.file("/etc/sudoers.d/50-bulkhead").contains("use_pty")


def firewall_loaded(host):
    said = host.check_output("nft -s list table inet bulkhead")
    assert said.count("policy drop;") == 2
    assert said.count("ct state established,related accept") == 2
    rule = f'ip saddr {BASTION} tcp dport 22 accept comment "shared/administer"'
    assert rule in said
    assert 'ip saddr 10.213.0.0/24 ip protocol icmp accept comment "acme/ping"' in said
    assert 'udp dport 53-54 accept comment "acme/names"' in said
    conduits = sum(len(rows) for rows in GOOD["baseline_firewall"].values())
    assert said.count(" accept") == 4 + conduits
    for prefix in ("host-ingress", "host-egress"):
        assert f'log prefix "{prefix}" group 62' in said
    assert host.file("/etc/bulkhead/firewall.nft").mode == 0o600
    assert host.service("bulkhead-firewall").is_enabled


def network_kernel_settings(host):
    said = {name: host.sysctl(name) for name in NETWORK}
    assert said == NETWORK


def machine_kernel_settings(host):
    text = host.file("/etc/sysctl.d/60-bulkhead.conf").content_string
    assert [line for line in MACHINE if f"-{line}\n" not in text] == []


def journal_kept(host):
    assert host.file("/etc/systemd/journald.conf.d/50-bulkhead.conf").contains("Storage=persistent")
    assert host.check_output("ls -d /var/log/journal/*/system.journal")


def events_forwarded(host):
    text = host.file("/etc/syslog-ng/conf.d/10-forward.conf").content_string
    assert f'syslog("{LOGSTORE["address"]}" port({LOGSTORE["port"]}) transport("tls")' in text
    assert "peer-verify(required-trusted)" in text
    assert "no-tlsv12" in text
    assert "disk-buffer(reliable(yes)" in text
    assert host.service("syslog-ng").is_running
    assert host.service("syslog-ng").is_enabled
    # Sent or waiting: reliable buffers are files from the first message on.
    assert host.check_output("ls /var/lib/syslog-ng/*.rqf")


def keys_private(host):
    key = host.file("/etc/bulkhead/tls/events.key")
    assert (key.mode, key.user) == (0o600, "bulkhead-events")
    leaf = host.check_output(
        "openssl x509 -in /etc/bulkhead/tls/events.pem -noout -subject -nameopt RFC2253"
    )
    assert leaf == f"subject=CN={host.check_output('hostname')}"


def advisories_told(host):
    rows = json.loads(host.file("/etc/bulkhead/advisories.json").content_string)
    assert rows == GOOD["baseline_advisories"]


def patched_by_image(host):
    for timer in ("apt-daily.timer", "apt-daily-upgrade.timer"):
        assert host.run(f"systemctl is-enabled {timer}").stdout.strip() == "masked"


def no_compilers(host):
    tools = "gcc cc g++ c++ as ld clang tcc make rustc go"
    assert host.run(f"for t in {tools}; do command -v $t; done").stdout == ""


def strict_modes(host):
    wanted = {
        "/etc/shadow": (0o640, "root", "shadow"),
        "/etc/passwd": (0o644, "root", "root"),
        "/etc/ssh/sshd_config": (0o600, "root", "root"),
        "/etc/sudoers.d": (0o750, "root", "root"),
        "/root": (0o700, "root", "root"),
        "/home/olga": (0o700, "olga", "olga"),
    }
    files = {path: host.file(path) for path in wanted}
    assert {p: (f.mode, f.user, f.group) for p, f in files.items()} == wanted


def no_core_dumps(host):
    assert host.file("/etc/security/limits.d/50-bulkhead.conf").contains(r"^\* hard core 0$")
    assert host.file("/etc/systemd/coredump.conf.d/50-bulkhead.conf").contains("Storage=none")


def private_umask(host):
    assert host.check_output("bash -lc umask") == "0027"
    assert host.file("/etc/profile.d/50-bulkhead.sh").contains("TMOUT=900")
    text = host.file("/etc/login.defs").content_string
    for line in ("UMASK\t027", "PASS_MAX_DAYS\t365", "SHA_CRYPT_MIN_ROUNDS\t65536"):
        assert f"\n{line}\n" in text, line
    assert host.file("/etc/pam.d/common-password").contains("pam_pwquality.so")


def unused_modules_refused(host):
    lines = host.file("/etc/modprobe.d/50-bulkhead.conf").content_string.splitlines()
    for module in ("usb-storage", "firewire-core", "dccp", "sctp", "cramfs"):
        assert f"install {module} /bin/false" in lines


CHECKS = {
    check.__name__: check
    for check in (
        no_passwords,
        no_root_login,
        certificates_alone,
        modern_algorithms,
        nothing_forwarded,
        sessions_bounded,
        banner_shown,
        listed_people,
        sudo_by_level,
        firewall_loaded,
        network_kernel_settings,
        machine_kernel_settings,
        journal_kept,
        events_forwarded,
        keys_private,
        advisories_told,
        patched_by_image,
        no_compilers,
        strict_modes,
        no_core_dumps,
        private_umask,
        unused_modules_refused,
    )
}
