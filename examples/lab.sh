#!/bin/sh
# The claim on real packets: stand the example up, probe it, open a rule through the AWS API, see
# it carried and caught, close it again, take everything away.
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

echo "== 3. A rule opened around us, by boto3 on the lab's AWS API"
python examples/open_rule.py open
if bulkhead probe "$estate" --env lab; then
  echo "the open rule was not found" >&2
  exit 1
fi

echo "== 4. Closed again"
python examples/open_rule.py close
bulkhead probe "$estate" --env lab

echo "== 5. Down (bulkhead down)"
trap - EXIT
bulkhead down
