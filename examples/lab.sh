#!/bin/sh
# The claim on real machines and real packets: stand the example up, configure its hosts, probe it,
# attack it, open a rule through the AWS API and see it caught, close it, take everything away.
set -eu
cd "$(dirname "$0")/.."
estate=examples/estate.yaml

bulkhead doctor --env lab
trap 'bulkhead down >/dev/null' EXIT
trap 'exit 130' INT TERM

echo "== 1. Up (bulkhead up $estate --env lab)"
bulkhead up "$estate" --env lab
bulkhead status --env lab

echo "== 2. Intent, model and packets, for every two hosts (bulkhead probe $estate --env lab)"
bulkhead probe "$estate" --env lab

echo "== 3. Telemetry that arrived in the historians"
for tenant in acme borealis; do
  bulkhead exec "$tenant/storage/historian-1" -- sudo -n -u postgres psql -d historian -c \
    "select node, device, signal, count(*), max(at) from bulkhead.measurements group by 1, 2, 3 order by 1, 2, 3"
done

echo "== 4. An attack from lost hosts (bulkhead attack run cross-zone-pivot $estate --env lab)"
bulkhead attack run cross-zone-pivot "$estate" --env lab

echo "== 5. A rule opened around us, by boto3 on the lab's AWS API"
python examples/open_rule.py open
if bulkhead probe "$estate" --env lab; then
  echo "the open rule was not found" >&2
  exit 1
fi

echo "== 6. Closed again"
python examples/open_rule.py close
bulkhead probe "$estate" --env lab

echo "== 7. Down (bulkhead down)"
trap - EXIT
bulkhead down
