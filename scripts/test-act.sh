#!/usr/bin/env bash
# Runs the example workflow of the documents, as it stands there, with nektos/act in host mode: a push that brings a key fails
# the job, its summary and annotations tell of it without showing it, and a push that brings none passes. Nothing is asked of
# GitHub: the action is this checkout, and what would come from there is replaced by actions that do nothing.
#
# Exits with status 3 where act cannot be had from the module proxy.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
top=$PWD

# Pinned: a new release of it must not fail an old commit. It is built outside of our module, whose dependencies it is none of.
act=github.com/nektos/act@v0.2.89

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! (cd "$work" && GOWORK=off GOFLAGS='' GOBIN=$work go install "$act" >"$work/install.log" 2>&1); then
	tail -n 3 "$work/install.log" >&2
	exit 3
fi

mkdir -p "$work/stub/upload-sarif" "$work/home"
cat >"$work/stub/action.yml" <<'END'
name: nothing
description: stands for an action that needs GitHub
runs:
  using: composite
  steps:
    - run: 'true'
      shell: bash
END
cp "$work/stub/action.yml" "$work/stub/upload-sarif/"
# used ACTION is the action of a name as action.yml pins it.
used() { sed -n "s|.*uses: \($1\)[^@]*\(@[0-9a-f]*\).*|\1\2|p" action.yml; }

export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.com
export GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.com
repository=$work/shop
git init -q -b main "$repository"
mkdir -p "$repository/.github/workflows"
cp docs/example-workflow.yml "$repository/.github/workflows/skleak.yml"

# commit MESSAGE commits everything and prints the id.
commit() {
	git -C "$repository" add -A
	git -C "$repository" commit -q -m "$1"
	git -C "$repository" rev-parse HEAD
}

# push BEFORE AFTER runs the workflow for a push. Its output is in a log; the status is the job's.
push() {
	printf '{"ref":"refs/heads/main","before":"%s","after":"%s","created":false,"deleted":false,"forced":false,"repository":{"default_branch":"main","full_name":"acme/shop"},"commits":[{"id":"%s"}]}' \
		"$1" "$2" "$2" >"$work/push.json"
	HOME=$work/home XDG_CACHE_HOME=$work/cache "$work/act" push -C "$repository" -e "$work/push.json" \
		-P ubuntu-latest=-self-hosted --env GOCACHE="$(go env GOCACHE)" --env GOMODCACHE="$(go env GOMODCACHE)" \
		--local-repository "YOUR-ORG/skleak@v1=$top" \
		--local-repository "$(used actions/setup-go)=$work/stub" \
		--local-repository "$(used github/codeql-action)=$work/stub" >"$work/log" 2>&1
}

# expect WORDS... fails if the log lacks any.
expect() {
	for words in "$@"; do
		grep -qF -- "$words" "$work/log" || { cat "$work/log" && echo "the log lacks: $words" && exit 1; } >&2
	done
}

first=$(commit first)
key=sk_live_ # joined here, so that no file holds a key
key+=Q7bTz0LmX4vRc9HdWk2PnG5s
echo "KEY=$key" >"$repository/app.env"
second=$(commit second)
if push "$first" "$second"; then
	cat "$work/log" && echo "a push that brings a key passed" >&2 && exit 1
fi
expect '1 leaked key: 1 live' 'leaks=1' 'exit status 1' 'Summary - ## Leaked keys' 'Success - Main Upload the report'
if grep -qF "$key" "$work/log"; then
	echo "the log shows a whole key" >&2
	exit 1
fi

git -C "$repository" checkout -q --orphan clean "$first"
third=$(commit third)
git -C "$repository" branch -q -D main
git -C "$repository" branch -q -m main
git -C "$repository" reflog expire --expire=now --all
git -C "$repository" gc -q --prune=now
push "$third" "$third" || { cat "$work/log" && echo "a push without keys failed" && exit 1; } >&2
expect 'leaks=0' 'Job succeeded'
echo "act: the example workflow did what it promises"
