#!/usr/bin/env bash
# The main job on the shipped samples: `make demo` runs it. Ends with 0 if every answer is the one it should be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

run() {
    printf '\n$ %s\n' "$*"
    "$@"
}

run exportkit --version
run exportkit verify samples/full-json --key pk,sk
run exportkit verify samples/full-ion --key pk,sk

run exportkit inspect samples/chain
for export in samples/chain/backups/AWSDynamoDB/0*; do
    run exportkit verify "$export" | sed '1,2p;$!d' # the command, and the verdict
done

run exportkit cat samples/full-ion --as json --limit 2
run python samples/iterate_items.py samples/full-json

parquet=$(mktemp -d)
trap 'rm -rf "$parquet"' EXIT
run exportkit convert samples/full-json -o "$parquet/orders" | sed '1,6p;$!d' # what was read and written
run exportkit convert samples/full-json -o "$parquet/orders" | sed '1,2p;$!d' # the same again: it is there

rebuilt=$(mktemp -d)
trap 'rm -rf "$parquet" "$rebuilt"' EXIT
base=samples/chain/backups/AWSDynamoDB/01769904000000-ba5569b2
run exportkit replay "$base" --dry-run
run exportkit replay "$base" -o "$rebuilt" --strict --verify-result

answer=0
run exportkit verify samples/damaged --key pk,sk || answer=$?
if [ "$answer" -ne 1 ]; then
    echo "The damaged sample has to be found out (exit code 1), not answered with $answer." >&2
    exit 1
fi
printf '\nThat sample is damaged on purpose: exit code 1 is the right answer.\n'
