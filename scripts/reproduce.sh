#!/usr/bin/env bash
# Builds a version twice, from clones in different folders, and compares the bytes. Nothing of the machine, the folder or the
# time may be in them: who builds the same version with the same Go has the released program.
#
#   scripts/reproduce.sh v1.2.3                      this system's programs
#   scripts/reproduce.sh v1.2.3 windows/arm64 …      those of other systems
#   scripts/reproduce.sh --against FILE v1.2.3       are they the same as FILE, which was downloaded?
#   scripts/reproduce.sh --cold …                    the second build shares no cache with the first one
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/building.sh

against='' cold=''
while [ $# -gt 0 ]; do
	case $1 in
		--against) against=$(realpath -e "$2") && shift 2 ;;
		--cold) cold=yes && shift ;;
		*) break ;;
	esac
done
version=${1:?which version? scripts/reproduce.sh v1.2.3}
shift
commands=$(commands_of "$version")

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

# The folders' names differ in length, so that a path in the bytes would move what is behind it.
checkout_source "$work/a" "$version"
checkout_source "$work/another/folder" "$version"

if [ -n "$against" ]; then
	# The program itself says what it is, and which Go made it.
	told=$(go version -m "$against")
	GOTOOLCHAIN=$(sed -n '1s/.*: \(go[^ ]*\).*/\1/p' <<<"$told")
	export GOTOOLCHAIN
	commands=$(sed -n 's/^\tpath\t.*\/cmd\///p' <<<"$told")
	set -- "$(sed -n 's/^\tbuild\tGOOS=//p' <<<"$told")/$(sed -n 's/^\tbuild\tGOARCH=//p' <<<"$told")"
elif [ $# -eq 0 ]; then
	set -- "$(go env GOHOSTOS)/$(go env GOHOSTARCH)"
fi

for system in "$@"; do
	for name in $commands; do
		build "$work/a" "$name" "$system" "$work/first"
		if [ -n "$cold" ]; then
			GOCACHE=$work/cache build "$work/another/folder" "$name" "$system" "$work/second"
		else
			build "$work/another/folder" "$name" "$system" "$work/second"
		fi
		cmp "$work/first" "$work/second"
		if grep -qaF "$work" "$work/first"; then
			echo "$name of $system has the folder in it that it was built in" >&2
			exit 1
		fi
		[ -z "$against" ] || cmp "$work/first" "$against"
		echo "$(sha256sum "$work/first" | cut -d' ' -f1)  $name  $system  $(go env GOVERSION)"
	done
done
