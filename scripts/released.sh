#!/usr/bin/env bash
# For the action: prints where the released program of the action's own version is, after fetching it. The checksums of a release lie
# in the checkout of its tag, so what runs is what the workflow pinned; nothing that is fetched is believed without them.
#
#   scripts/released.sh RELEASES FOLDER      RELEASES: https://github.com/OWNER/NAME/releases/download
#
# Status 3, and a reason, where there is none: the checkout is no release's, or it cannot be fetched.
set -euo pipefail
releases=${1:?from where?} folder=${2:?into which folder?}
sums=$(dirname "${BASH_SOURCE[0]}")/../SHA256SUMS

none() { echo "no released program: $1" >&2; exit 3; }

[ -f "$sums" ] || none 'this version of the action is no release'
version=$(sed -n '1s/^# \(v[0-9A-Za-z.-]*\), built with .*/\1/p' "$sums")
[ -n "$version" ] || none 'SHA256SUMS does not say of which version it is'

case $(uname -s) in
	Linux) system=linux suffix='' ;;
	Darwin) system=darwin suffix='' ;;
	MINGW* | MSYS* | CYGWIN*) system=windows suffix=.exe ;;
	*) none "there is none for $(uname -s)" ;;
esac
case ${PROCESSOR_ARCHITECTURE:-$(uname -m)} in
	x86_64 | AMD64) arch=amd64 ;;
	aarch64 | arm64 | ARM64) arch=arm64 ;;
	*) none "there is none for $(uname -m)" ;;
esac
name=skleak_${version#v}_${system}_$arch$suffix
want=$(awk -v name="$name" '$2 == name { print $1 }' "$sums")
[[ $want =~ ^[0-9a-f]{64}$ ]] || none "SHA256SUMS does not have $name"

digest() { if command -v sha256sum >/dev/null; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d' ' -f1; }

program=$folder/$want/skleak$suffix # another version's is not taken for it
if [ ! -f "$program" ] || [ "$(digest "$program")" != "$want" ]; then
	mkdir -p "$folder/$want"
	curl --fail --silent --show-error --location --proto =https --max-time 120 --max-filesize 100000000 --retry 2 \
		--output "$program.part" "$releases/$version/$name" || none "$releases/$version/$name cannot be fetched"
	got=$(digest "$program.part")
	if [ "$got" != "$want" ]; then
		rm -f "$program.part"
		# Never built from source instead: whoever changed it should not go unnoticed.
		echo "$releases/$version/$name has the checksum $got, but the tag says $want: somebody changed it" >&2
		exit 1
	fi
	chmod 0755 "$program.part"
	mv -f "$program.part" "$program"
fi
echo "$program"
