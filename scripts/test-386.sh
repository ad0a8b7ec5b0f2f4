#!/usr/bin/env bash
# Runs the tests of git's formats as a program of 32 bits, which a kernel for amd64 runs as well: int has 32 bits there, and sizes and
# offsets have more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

GOARCH=386 CGO_ENABLED=0 go vet ./...
GOARCH=386 CGO_ENABLED=0 go test -short "$@" ./scanner/git/...
