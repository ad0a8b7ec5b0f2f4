#!/usr/bin/env bash
# Installs the programs that a release is made with into a folder, from Go's module proxy, whose checksums Go compares. Takes
# minutes of processor time.
#
#   scripts/release-tools.sh FOLDER
set -euo pipefail
GOBIN=$(realpath -m "${1:?into which folder?}")
export GOBIN GOFLAGS='' GOWORK=off CGO_ENABLED=0

go install github.com/goreleaser/goreleaser/v2@v2.14.3
go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
