#!/usr/bin/env bash
# Runs the tests for linux/arm64 under qemu (Debian's qemu-user-static), where no such machine is at hand. Slow: by default those of
# git's formats, of the search and of the files. Two tests are left out under qemu: of a pack that is cut while it is mapped, since the
# signal comes without the address that it is about, so that Go takes it for a mistake of the program; and of few open files, since
# that test starts itself once more, which the kernel cannot do for another machine's program.
#
#   scripts/test-arm64.sh [PACKAGE…]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

emulator=
[ "$(uname -m)" = aarch64 ] || emulator=$(command -v qemu-aarch64-static) || { echo "qemu is missing: apt-get install qemu-user-static" >&2; exit 1; }
[ $# -gt 0 ] || set -- ./rules/... ./scanner/git/... ./scanner/files ./cmd/internal/...
GOARCH=arm64 CGO_ENABLED=0 go test -short -timeout 30m \
	${emulator:+-exec "$emulator" -skip 'TestPackCutWhileMapped|TestHostileFewDescriptors'} "$@"
