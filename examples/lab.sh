#!/bin/sh
# The whole story on real machines and real packets: stand the example up, configure its hosts, probe
# it, let its plant run, drill it, attack it, verify it, see an opened rule caught, report, take all away.
set -eu
cd "$(dirname "$0")/.."
estate=examples/estate.yaml
export COLUMNS="${COLUMNS:-150}"

bulkhead doctor --env lab
trap 'bulkhead down >/dev/null' EXIT
trap 'exit 130' INT TERM

echo "== 1. Up (bulkhead up $estate --env lab)"
bulkhead up "$estate" --env lab
bulkhead status --env lab

echo "== 2. Intent, model and packets, for every two hosts (bulkhead probe $estate --env lab)"
bulkhead probe "$estate" --env lab

echo "== 3. The plant's sensors on real wires (bulkhead plant $estate --env lab --for 10), and what arrived"
bulkhead plant "$estate" --env lab --for 10 | tail -n 8
for tenant in acme borealis; do
  bulkhead exec "$tenant/storage/historian-1" -- sudo -n -u postgres psql -d historian -c \
    "select node, device, signal, count(*), max(at) from bulkhead.measurements group by 1, 2, 3 order by 1, 2, 3"
done

echo "== 4. Drills: people answer by themselves, thirty times as fast (bulkhead drill run … --env lab --pace 30)"
for drill in certificate-expiry broker-isolation-failure stolen-gateway-credentials; do
  bulkhead drill run "$drill" "$estate" --env lab --pace 30
done

echo "== 5. An attack from lost hosts (bulkhead attack run cross-zone-pivot $estate --env lab)"
bulkhead attack run cross-zone-pivot "$estate" --env lab

echo "== 6. The controls (bulkhead verify $estate --env lab)"
bulkhead verify "$estate" --env lab

echo "== 7. A rule opened around us, by boto3 on the lab's AWS API"
python examples/open_rule.py open
if bulkhead probe "$estate" --env lab; then
  echo "the open rule was not found" >&2
  exit 1
fi

echo "== 8. Closed again"
python examples/open_rule.py close
bulkhead probe "$estate" --env lab

echo "== 9. All of it in one file (bulkhead report $estate)"
bulkhead report "$estate"

echo "== 10. Down (bulkhead down)"
trap - EXIT
bulkhead down
