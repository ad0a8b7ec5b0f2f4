#!/usr/bin/env bash
# Tests the GitHub action as far as that goes without GitHub: lints action.yml, the workflows and the examples of the
# documents, the scripts in them with shellcheck, and carries out the action's steps. "go test ./..." does the first
# part alone, since shellcheck is not everywhere and the build takes its time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v shellcheck >/dev/null; then
	echo "shellcheck is missing; it is Debian's package of that name" >&2
	exit 1
fi
SKLEAK_TEST_ACTION=1 go test -count=1 -run 'TestWorkflows|TestAction' ./cmd/skleak
