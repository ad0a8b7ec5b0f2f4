#!/usr/bin/env bash
# Times the hooks: a commit of one file in a tree of 40,000, beside gitleaks and beside what skleak takes to do next to
# nothing; a push of 20 commits; and what a server does with a push of 1,000 objects. Best of many, since machines are noisy.
#
#   scripts/bench-hooks.sh REPO         a clone with a history of some thousand commits, such as git's own
#   GITLEAKS=/path/to/gitleaks          instead of the pinned one, which go install brings
set -euo pipefail

pinned=github.com/zricethezav/gitleaks/v8@v8.30.1
runs=${RUNS:-20}
if [ $# -ne 1 ]; then
	sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi
repo=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/skleak" ./cmd/skleak
gitleaks=${GITLEAKS:-}
if [ -z "$gitleaks" ]; then
	GOBIN=$work go install "$pinned"
	gitleaks=$work/gitleaks
fi
export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=bench@example.com GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=bench@example.com
unset GIT_DIR GIT_INDEX_FILE

# best NAME COMMAND... prints the least time that the command took, with $work/in as its standard input.
best() {
	local name=$1 start
	shift
	for _ in $(seq "$runs"); do
		start=$EPOCHREALTIME
		"$@" <"$work/in" >/dev/null 2>&1 || true
		awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f\n", (b - a) * 1000 }'
	done | sort -n | head -n 1 | awk -v name="$name" '{ printf "%-44s %8.1f ms\n", name, $1 }'
}

: >"$work/in"
git init -q "$work/tree"
cd "$work/tree"
for i in $(seq 0 399); do
	mkdir -p "d$((i % 20))/e$i"
	for j in $(seq 100); do echo "$i $j" >"d$((i % 20))/e$i/file with a name $j"; done
done
git add .
git -c gc.auto=0 commit -qm all
git gc -q
echo more >>"d7/e7/file with a name 7"
git add .
echo "a tree of $(git ls-files | wc -l) files, one of them staged"
best '  skleak dir, of that file' "$work/skleak" dir "d7/e7/file with a name 7"
best '  skleak hook pre-commit' "$work/skleak" hook pre-commit
best '  gitleaks git --staged' "$gitleaks" git --staged --no-banner --exit-code 0

cd "$repo"
tip=$(git rev-parse HEAD)
# back COUNT [--objects] prints the first commit behind HEAD, by first parents, from which on there are so many commits or objects.
back() {
	local id count=$1
	shift
	for id in $(git rev-list --first-parent HEAD); do
		if [ "$(git rev-list "$@" "$id..HEAD" | wc -l)" -ge "$count" ]; then
			echo "$id"
			return
		fi
	done
}
old=$(back 20)
echo "a push of $(git rev-list "$old..HEAD" | wc -l) commits"
echo "refs/heads/bench $tip refs/heads/bench $old" >"$work/in"
best '  skleak hook pre-push' "$work/skleak" hook pre-push nowhere url

old=$(back 1000 --objects)
git clone -q --bare --shared "$repo" "$work/server.git"
cd "$work/server.git"
git for-each-ref --format='delete %(refname)' | git update-ref --stdin
mkdir -p "$work/quarantine/pack"
git rev-list --objects "$old..$tip" | cut -d' ' -f1 | git pack-objects -q "$work/quarantine/pack/pack" >/dev/null
git update-ref refs/heads/bench "$old"
echo "what a server does with a push of $(git rev-list --objects "$old..$tip" | wc -l) objects"
echo "$old $tip refs/heads/bench" >"$work/in"
export GIT_DIR=. GIT_QUARANTINE_PATH=$work/quarantine GIT_OBJECT_DIRECTORY=$work/quarantine
export GIT_ALTERNATE_OBJECT_DIRECTORIES=$work/server.git/objects
best '  skleak hook pre-receive' "$work/skleak" hook pre-receive
