#!/usr/bin/env bash
# Times the history scan of skleak against gitleaks on the same repositories, with the same single rule
# for gitleaks; skleak runs with everything on. Best of three each, in turn, so that a slow minute of the
# machine hits both. See docs/benchmarks.md.
#
#   scripts/bench.sh REPO...            time of both, and the ratio
#   RUNS=5 scripts/bench.sh REPO...     best of five
#   GITLEAKS=/path/to/gitleaks          instead of the pinned one, which go install brings
set -euo pipefail

pinned=github.com/zricethezav/gitleaks/v8@v8.30.1
runs=${RUNS:-3}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ $# -eq 0 ]; then
	sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/skleak" ./cmd/skleak
gitleaks=${GITLEAKS:-}
if [ -z "$gitleaks" ]; then
	GOBIN=$work go install "$pinned"
	gitleaks=$work/gitleaks
fi

cat >"$work/one-rule.toml" <<'RULE'
title = "one rule"
[[rules]]
id = "sk-key"
description = "API key"
regex = '''\b(sk_(?:live|test)_[A-Za-z0-9_-]{10,255})'''
keywords = ["sk_live_", "sk_test_"]
RULE

# seconds COMMAND... prints the wall-clock seconds that a command takes, whatever its exit status.
seconds() {
	local start=$EPOCHREALTIME
	"$@" >/dev/null 2>&1 || true
	awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f\n", b - a }'
}

least() { sort -n | head -n 1; }

printf '%-28s %9s %9s %10s %10s %8s\n' repository objects 'pack MB' 'skleak s' 'gitleaks s' ratio
for repo in "$@"; do
	: >"$work/ours"
	: >"$work/theirs"
	for _ in $(seq "$runs"); do
		seconds "$work/skleak" git "$repo" --no-progress >>"$work/ours"
		seconds "$gitleaks" git "$repo" -c "$work/one-rule.toml" --no-banner --exit-code 0 >>"$work/theirs"
	done
	ours=$(least <"$work/ours")
	theirs=$(least <"$work/theirs")
	objects=$(git -C "$repo" count-objects -v | awk '/^(count|in-pack):/ { n += $2 } END { print n }')
	megabytes=$(git -C "$repo" count-objects -v | awk '/^size(-pack)?:/ { n += $2 } END { print int(n / 1024) }')
	awk -v r="$(basename "${repo%/repo}")" -v n="$objects" -v m="$megabytes" -v a="$ours" -v b="$theirs" \
		'BEGIN { printf "%-28s %9d %9d %10.2f %10.2f %7.1fx\n", r, n, m, a, b, b / a }'
done
