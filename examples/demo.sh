#!/bin/sh
# The whole story on any machine, without root and without an engine: plan, claim, a mistake caught, a
# drill, an attack, controls, and the report of all that.
set -eu
cd "$(dirname "$0")/.."
estate=examples/estate.yaml
opened='open tcp 8883 into borealis/ingest/broker from 0.0.0.0/0'
export COLUMNS="${COLUMNS:-150}"

# The last lines of what a command says; everything, and an end, where it does not hold.
last() {
  lines=$1
  shift
  said=$("$@") || { code=$?; printf '%s\n' "$said"; exit "$code"; }
  printf '%s\n' "$said" | tail -n "$lines"
}

echo "== 1. What the blueprint means (bulkhead plan $estate)"
bulkhead plan "$estate" | grep -E '^(Hosts|Conduits)|borealis|^example|^digest' | cut -c1-150

echo
echo "== 2. The program evaluated, and its network computed: is it what was intended?"
echo "   (bulkhead probe $estate --env sim)"
bulkhead probe "$estate" --env sim

echo
echo "== 3. One rule opened by mistake: does it show?"
echo "   (bulkhead probe $estate --env sim --what-if '$opened')"
if bulkhead probe "$estate" --env sim --what-if "$opened"; then
  echo "the open rule was not found" >&2
  exit 1
fi

echo
echo "== 4. A gateway's certificate runs out: people react, production's authority is asked"
echo "   (bulkhead drill run certificate-expiry $estate --env sim)"
bulkhead drill run certificate-expiry "$estate" --env sim

echo
echo "== 5. A lost gateway or ingest host: how far does it get?"
echo "   (bulkhead attack run cross-zone-pivot $estate --env sim)"
last 3 bulkhead attack run cross-zone-pivot "$estate" --env sim

echo
echo "== 6. The controls; what only real hosts can tell is not observed"
echo "   (bulkhead verify $estate --env sim)"
last 1 bulkhead verify "$estate" --env sim

echo
echo "== 7. All of it in one file (bulkhead report $estate)"
last 1 bulkhead report "$estate"

echo
echo "== 8. The same on real hosts and real packets"
echo "Nothing has left this process so far. 'make lab' (as root, on Debian or Ubuntu) stands the"
echo "same estate up on this machine under a real AWS API, and tells the same story there."
