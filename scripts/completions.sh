#!/usr/bin/env bash
# Writes the completions of each shell into a folder, for archives and packages.
#
#   scripts/completions.sh FOLDER
set -euo pipefail
folder=$(realpath -m "${1:?which folder?}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# For this machine, whatever is being built for.
env -u GOOS -u GOARCH CGO_ENABLED=0 go build -trimpath -buildvcs=true -ldflags='-s -w' -o "$work/skleak" ./cmd/skleak
"$work/skleak" completion bash >"$folder/skleak.bash"
"$work/skleak" completion zsh >"$folder/_skleak"
"$work/skleak" completion fish >"$folder/skleak.fish"
"$work/skleak" completion powershell >"$folder/skleak.ps1"
