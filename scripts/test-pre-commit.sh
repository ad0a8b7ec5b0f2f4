#!/usr/bin/env bash
# Runs the hooks with the real pre-commit framework, from a clone of the last commit here, as its users do. It builds without
# the network, from Go's module cache: build the project once before.
#
#   scripts/test-pre-commit.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v pre-commit >/dev/null || { echo "pre-commit is not installed; on Debian: apt-get install pre-commit" >&2; exit 1; }

# The framework has a GOPATH of its own, and with it an empty module cache.
GOMODCACHE=$(go env GOMODCACHE)
GOCACHE=$(go env GOCACHE)
. scripts/expect.sh
export GOMODCACHE GOCACHE GOPROXY=off GOFLAGS=-mod=mod PRE_COMMIT_HOME=$work/cache

git clone -q . "$work/skleak"
git init -q "$work/repo"
cd "$work/repo"
echo 'nothing' >clean.txt
git add .
git commit -qm clean

step 'a staged key, tried'
echo "key=$key" >staged.env
git add staged.env
expect 1 'staged.env:1:5  staged' pre-commit try-repo "$work/skleak" skleak

step 'a key in the working tree alone, tried'
git rm -q --cached staged.env
echo 'changed' >>clean.txt
git add clean.txt
expect 0 'skleak.*Passed' pre-commit try-repo "$work/skleak" skleak

step 'clean files, all of them'
git commit -qm changed
expect 0 'skleak.*Passed' pre-commit try-repo "$work/skleak" skleak --all-files

step 'a committed key, all files'
git add staged.env
git commit -qm key
expect 1 'staged.env:1:5$' pre-commit try-repo "$work/skleak" skleak --all-files

step 'a committed key, unchanged'
echo 'changed again' >>clean.txt
git add clean.txt
expect 0 'skleak.*Passed' pre-commit try-repo "$work/skleak" skleak
git reset -q --hard

step 'a push, tried by hand'
expect 1 'added in .*: key' pre-commit try-repo "$work/skleak" skleak-push --hook-stage push

step 'installed'
git reset -q --hard HEAD^
git init -q --bare "$work/server.git"
git remote add origin "$work/server.git"
git push -q origin main
cat >.pre-commit-config.yaml <<CONFIG
repos:
- repo: $work/skleak
  rev: $(git -C "$work/skleak" rev-parse HEAD)
  hooks:
  - id: skleak
  - id: skleak-push
CONFIG
git add .pre-commit-config.yaml
git commit -qm framework
expect 0 'installed at .*pre-push' pre-commit install --hook-type pre-commit --hook-type pre-push

step 'a commit with a key'
echo "key=$key" >app.env
git add .
expect 1 'commit stopped' git commit -qm key

step 'a commit of another file while the key waits, and a part of what is staged'
echo 'more' >>clean.txt
expect 0 'skleak.*Passed' git commit -m clean clean.txt

step 'names of files that could be options'
for name in --help --fail-on=none --exit-code=0 -cevil.toml --baseline-path=x --show-secrets -rx.json; do
	echo "key=$key" >"./$name"
	git add -- "$name"
	expect 1 "$name:1:5 *staged" git commit -m "$name"
	expect 1 "$name:1:5 *staged" pre-commit run --all-files skleak
	git rm -qf -- "$name"
done
[ ! -e x.json ]

step 'options of the user, alone and beside such a name'
cp .pre-commit-config.yaml ../config
sed 's/- id: skleak$/&\n    args: [--fail-on, none]/' ../config >.pre-commit-config.yaml
git add .pre-commit-config.yaml
expect 0 'skleak.*Passed' pre-commit run --all-files skleak
echo "key=$key" >./--exit-code=0
git add -- --exit-code=0
expect 1 '"--exit-code=0" is the name of a file' pre-commit run --all-files skleak
sed 's/- id: skleak$/&\n    args: [--fail-on, any, --]/' ../config >.pre-commit-config.yaml
git add .pre-commit-config.yaml
expect 1 '--exit-code=0:1:5 *staged' pre-commit run --all-files skleak
git rm -qf -- --exit-code=0
cp ../config .pre-commit-config.yaml
git add .pre-commit-config.yaml

step 'hooks of our own beside those of the framework'
(cd "$work/skleak" && go build -o "$work/bin/skleak" ./cmd/skleak)
git rm -q --cached app.env
expect 2 'put skleak into .pre-commit-config.yaml' "$work/bin/skleak" hook install
expect 0 'uninstalled' pre-commit uninstall --hook-type pre-commit --hook-type pre-push
expect 0 'pre-commit: installed' "$work/bin/skleak" hook install
expect 0 'migration mode' pre-commit install --hook-type pre-commit --hook-type pre-push
expect 0 'is installed already, as pre-commit.legacy' "$work/bin/skleak" hook install
expect 0 'migration mode' pre-commit install --hook-type pre-commit --hook-type pre-push
expect 0 'main .* both' git commit --allow-empty -m both
git add app.env
expect 1 'commit stopped' git commit -m key
git rm -q --cached app.env
expect 0 'pre-commit: removed' "$work/bin/skleak" hook install --uninstall
[ ! -e .git/hooks/pre-commit.legacy ]
expect 0 'main .* framework' git commit --allow-empty -m framework
git reset -q HEAD~2

step 'a push of a key that a later commit removes'
git add app.env
git commit -q --no-verify -m key
git rm -q app.env
expect 0 'skleak' git commit -m removed
expect 1 'removed since' git push origin main

step 'a push of a new branch'
git checkout -qb topic
expect 1 'app.env:1:5' git push origin topic

step 'a clean push'
git checkout -q main
git reset -q --hard HEAD~2
expect 0 'skleak (push).*Passed' git push origin main

step 'a first push, of everything'
git init -q --bare "$work/other.git"
git remote add other "$work/other.git"
expect 1 'app.env:1:5' git push other topic
