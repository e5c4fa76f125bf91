#!/bin/sh
# One SSH connection into a directory: sshd on this process's own input and output, in a container
# of the directory's files, on the machine's network so that apt reaches its mirror.
# usage: enter.sh DIRECTORY KEYS
set -eu
export directory="$1" keys="$2"
exec unshare --mount --propagation private sh -eu -c '
  mount -t tmpfs -o mode=755 tmpfs /run
  exec systemd-nspawn --quiet --pipe --as-pid2 --register=no --keep-unit --settings=no \
    --machine=builder --directory="$directory" --bind-ro="$keys:/run/builder" \
    --resolv-conf=off --timezone=off --link-journal=no \
    sh -c "mkdir -p /run/sshd && exec /usr/sbin/sshd -i -e -f /run/builder/sshd_config"
'
