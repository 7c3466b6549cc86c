#!/usr/bin/env bash
# Checks an export in a CI job and leaves a JUnit report for it to show:
#
#     samples/check_in_ci.sh s3://BUCKET/PREFIX/AWSDynamoDB/EXPORT_ID pk,sk report.xml [OPTION...]
#
# The job fails if the export is wrong (1) or could not be read (3). Credentials come from the environment.
set -euo pipefail
export_location=$1 key=$2 report=$3
shift 3

exportkit verify "$export_location" --key "$key" --junit "$report" --json "$@" > "${report%.xml}.json"
