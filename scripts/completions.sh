#!/usr/bin/env bash
# Writes the completions of each program and shell into folders, for archives and packages.
#
#   scripts/completions.sh FOLDER
set -euo pipefail
folder=$(realpath -m "${1:?which folder?}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/building.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in $(commands_of HEAD); do
	mkdir -p "$folder/$name"
	# For this machine, whatever is being built for.
	env -u GOOS -u GOARCH CGO_ENABLED=0 go build -trimpath -buildvcs=true -ldflags='-s -w' -o "$work/$name" "./cmd/$name"
	"$work/$name" completion bash >"$folder/$name/$name.bash"
	"$work/$name" completion zsh >"$folder/$name/_$name"
	"$work/$name" completion fish >"$folder/$name/$name.fish"
	"$work/$name" completion powershell >"$folder/$name/$name.ps1"
done
