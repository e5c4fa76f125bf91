#!/bin/sh
# What tests take from Debian beside the lab's own parts: the broker and the database that services
# are tried against on loopback, and the auditor that measures a host. None of them is started.
# usage: tests/prepare.sh      Does nothing where the lab cannot run: those tests skip and say so.
set -eu
PATH="$PATH:/usr/sbin:/sbin"
if [ "$(uname -s)" != Linux ] || [ "$(id -u)" -ne 0 ]; then
  exit 0
fi
missing=""
command -v mosquitto >/dev/null 2>&1 || missing="$missing mosquitto"
[ -x /usr/lib/postgresql/15/bin/postgres ] || missing="$missing postgresql-15"
command -v lynis >/dev/null 2>&1 || missing="$missing lynis"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
if [ -z "$missing" ] || ! command -v apt-get >/dev/null 2>&1; then
  exit 0
fi
echo "installing for tests:$missing"
# Whoever installs a server for a test does not want it to run on this machine.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq >/dev/null
# shellcheck disable=SC2086 (one word per package)
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
