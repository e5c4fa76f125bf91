#!/bin/sh
# Become one machine's supervisor: its control groups first, then mounts that are its own, so that
# whatever happens to it, the machine's mount table never knew of them.
# usage: launch.sh DIRECTORY NAMESPACE IMAGE NAME HOSTNAME CONSOLE-BYTES GROUP...
set -eu
export directory="$1" namespace="$2" image="$3" name="$4" hostname="$5" bytes="$6"
shift 6
for group in "$@"; do
  mkdir -p "$group"
  echo $$ >"$group/cgroup.procs"
done

# The console has a bound: what comes after it is read, else the machine would wait, and lost.
rm -f "$directory/console.pipe"
mkfifo -m 600 "$directory/console.pipe"
sh -c 'dd bs=4096 count="$bytes" iflag=count_bytes status=none >>"$directory/console.log"; exec cat >/dev/null' <"$directory/console.pipe" &
exec >"$directory/console.pipe" 2>&1 </dev/null

exec unshare --mount --propagation private sh -eu -c '
  mount --bind "/run/netns/$namespace" "$directory/netns"
  # Held here, they would outlive the hosts they belong to.
  umount --lazy /run/netns/* 2>/dev/null || true
  mount -t tmpfs -o mode=755 tmpfs /run
  mount -t overlay overlay "$directory/root" \
    -o "lowerdir=$image,upperdir=$directory/upper,workdir=$directory/work"
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
  exec systemd-nspawn --quiet --boot --register=no --keep-unit --settings=no \
    --directory="$directory/root" --machine="$name" --hostname="$hostname" \
    --network-namespace-path="$directory/netns" --drop-capability=CAP_MKNOD --capability=CAP_NET_ADMIN \
    --console=read-only --kill-signal=SIGRTMIN+4 \
    --link-journal=no --resolv-conf=off --timezone=off
'
