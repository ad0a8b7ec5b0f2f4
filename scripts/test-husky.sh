#!/usr/bin/env bash
# Installs the hooks in a repository with the real husky, from npm, and checks that both run, whatever husky does next. It needs
# node and a registry of npm, or husky in npm's cache.
#
#   scripts/test-husky.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v npm >/dev/null || { echo "npm is not installed; on Debian: apt-get install npm" >&2; exit 1; }
NPM_CONFIG_CACHE=$(npm config get cache)
export NPM_CONFIG_CACHE
bin=$(mktemp -d)
go build -o "$bin/skleak" ./cmd/skleak
. scripts/expect.sh
trap 'rm -rf "$work" "$bin"' EXIT

git init -q "$work/repo"
cd "$work/repo"
echo '{"name": "team", "version": "1.0.0"}' >package.json
echo node_modules >.gitignore
npm install --silent --no-audit --no-fund --prefer-offline husky@9
npx husky
echo 'echo team commit; exit 0' >.husky/pre-commit
cat >.husky/pre-push <<'SCRIPT'
echo "team push $2: $(cut -d' ' -f3)"
exec true
SCRIPT
git add .
git commit -qm first
git init -q --bare "$work/server.git"
git remote add origin "$work/server.git"

step 'installed, twice, and husky again'
expect 0 'a line of skleak' "$bin/skleak" hook install
expect 0 'pre-push: is installed already' "$bin/skleak" hook install
npx husky

step 'a commit with a key, and one without'
echo "key=$key" >app.env
git add app.env
expect 1 'commit stopped' git commit -m key
expect 1 'team commit' git commit -m key
git rm -q --cached app.env
expect 0 'team commit' git commit --allow-empty -m clean

step 'a push with a key, and one without'
expect 0 'team push .*: refs/heads/main' git push origin main
git add app.env
git commit -q --no-verify -m key
expect 1 'push stopped' git push origin main
expect 1 'team push .*: refs/heads/main' git push origin main
git reset -q --soft HEAD^
git rm -q --cached app.env

step 'the team stops a commit'
sed 's/exit 0$/exit 3/' .husky/pre-commit >../script
cp ../script .husky/pre-commit
expect 1 'code 3' git commit --allow-empty -m stopped

step 'uninstalled'
expect 0 'removed' "$bin/skleak" hook install --uninstall
git checkout -q .husky/pre-commit
[ -z "$(git status --short .husky)" ]
git add app.env
expect 0 'team commit' git commit -m key
