"""What an instance runs at its first boot: the account that configures it, and its name."""

import re

from bulkhead.errors import Problem, WrongInput
from bulkhead.wire.certificates import dotted

ACCOUNT = "bulkhead"
"""The provisioning account on every host."""
_KEY = re.compile(r"(ssh-ed25519|ecdsa-sha2-nistp256|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/=]+")
_SCRIPT = """\
#!/bin/sh
# First boot: the provisioning account may enter with the operator's listed key, until the baseline
# has proved that it can with a certificate.
set -eu
umask 022
printf '%s\\n' '@NAME@' >/etc/hostname
hostname '@NAME@'
if [ -d /etc/cloud/cloud.cfg.d ]; then
  printf 'preserve_hostname: true\\n' >/etc/cloud/cloud.cfg.d/50-bulkhead.cfg
fi
getent passwd @ACCOUNT@ >/dev/null || useradd --create-home --user-group --shell /bin/bash @ACCOUNT@
# No password at all, yet not locked: sshd refuses keys to a locked account.
usermod --password '*' @ACCOUNT@
install -d -m 0700 -o @ACCOUNT@ -g @ACCOUNT@ /home/@ACCOUNT@/.ssh
printf '%s\\n' '@KEY@' >/home/@ACCOUNT@/.ssh/authorized_keys
chown @ACCOUNT@:@ACCOUNT@ /home/@ACCOUNT@/.ssh/authorized_keys
chmod 0600 /home/@ACCOUNT@/.ssh/authorized_keys
printf '@ACCOUNT@ ALL=(ALL:ALL) NOPASSWD: ALL\\n' >/etc/sudoers.d/60-@ACCOUNT@
chmod 0440 /etc/sudoers.d/60-@ACCOUNT@
"""


def user_data(host: str, key: str) -> str:
    """The script for a host (the plan's id) and the operator's public key, an OpenSSH line.

    WrongInput for another kind of key, and for what is no key: it becomes part of a script.
    """
    bare = " ".join(key.split()[:2])
    if not _KEY.fullmatch(bare):
        raise WrongInput(
            Problem(
                where="operator's SSH key",
                what=f"{key[:40]!r} is no public key that hosts accept",
                allowed="one line: ssh-ed25519 AAAA…",
                remedy="ssh-keygen -t ed25519, and give the content of the .pub file",
            )
        )
    text = _SCRIPT.replace("@NAME@", dotted(host)).replace("@KEY@", f"{bare} operator")
    return text.replace("@ACCOUNT@", ACCOUNT)
