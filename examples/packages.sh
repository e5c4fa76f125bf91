#!/bin/sh
# What the lab takes from Debian or Ubuntu: nft's library, conntrack, ip. Only what is missing.
set -eu
PATH="$PATH:/usr/sbin:/sbin"
missing=""
command -v ip >/dev/null 2>&1 || missing="$missing iproute2"
command -v nft >/dev/null 2>&1 || missing="$missing nftables"
command -v conntrack >/dev/null 2>&1 || missing="$missing conntrack"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "The lab needs$missing. On Debian or Ubuntu, as root: apt-get install$missing" >&2
  # The tests skip what needs them and say so; the lab itself says it through 'bulkhead doctor'.
  exit 0
fi
echo "installing$missing"
apt-get update -qq >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
