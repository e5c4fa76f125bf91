#!/bin/sh
# The claim on any machine, without root and without an engine: plan, program, intent = model.
set -eu
cd "$(dirname "$0")/.."
estate=examples/estate.yaml
opened='open tcp 8883 into borealis/ingest/broker from 0.0.0.0/0'

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
echo "== 4. The same on real packets"
echo "Nothing has left this process so far. 'make lab' (as root, on Debian or Ubuntu) stands the"
echo "same estate up on this machine under a real AWS API and sends the packets."
