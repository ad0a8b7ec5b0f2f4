#!/usr/bin/env bash
# Measures skleak against its targets, one line a row, beside gitleaks, ripgrep and plain reading. See docs/benchmarks.md.
#
#   scripts/bench.sh [-runs N] [-rows REGEXP] [-worlds DIR] [-tree DIR] [-gitleaks FILE] [REPO...]
#
# REPO are clones; git's own first. All else is generated. scripts/bench/main.go tells more.
set -euo pipefail

repos=()
for arg in "$@"; do
	# The program runs in this repository: what names something here must be named from there.
	if [ -e "$arg" ]; then arg=$(realpath "$arg"); fi
	repos+=("$arg")
done
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=$(mktemp -d)
trap 'rm -rf "$program"' EXIT
go build -C scripts/bench -o "$program/bench" .
"$program/bench" "${repos[@]}"
