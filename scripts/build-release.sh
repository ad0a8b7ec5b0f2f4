#!/usr/bin/env bash
# Builds all files of a release into a new folder, and checks them: the programs have the checksums that the tag has, and each
# list of parts has what is linked in. Publishes nothing. It needs goreleaser and cyclonedx-gomod, as scripts/release-tools.sh
# installs them.
#
#   scripts/build-release.sh v1.2.3 FOLDER
#   scripts/build-release.sh --snapshot REVISION FOLDER     what would be a release, of any commit
#   scripts/build-release.sh … FOLDER linux/amd64           one system alone, for tests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/building.sh

snapshot=''
[ "${1:-}" != --snapshot ] || { snapshot=yes && shift; }
version=${1:?which version?} folder=$(realpath -m "${2:?into which folder?}")
shift 2
only=${1:-}
[ ! -e "$folder" ] || { echo "$folder is there already" >&2; exit 1; }

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
checkout_source "$work/source" "$version"

config=$work/config.yaml # beside the checkout, which must stay as it is: programs of a changed one say so
cp "$work/source/.goreleaser.yaml" "$config"
skip=publish,announce
if [ -n "$only" ]; then
	skip+=,scoop # of which there is none without Windows
	sed -i "s|^    goos: .*|    goos: [${only%/*}]|; s|^    goarch: .*|    goarch: [${only#*/}]|" "$config"
fi

options=(--skip="$skip" --config="$config")
if [ -n "$snapshot" ]; then
	options+=(--snapshot)
else
	git show "$version:$sums" >"$work/$sums"
	GOTOOLCHAIN=$(sed -n '1s/^# .* built with \(go[^ ]*\) of .*/\1/p' "$work/$sums")
	export GOTOOLCHAIN
fi
(
	cd "$work/source"
	unset GOEXPERIMENT GOAMD64 GOARM64 GOFIPS140 GOFLAGS
	GOENV=off goreleaser release "${options[@]}"
)

mkdir -p "$folder"
find "$work/source/dist" -mindepth 1 -maxdepth 1 -type f ! -name '*.json' ! -name 'config.yaml' -exec cp {} "$folder" \;
find "$work/source/dist" -mindepth 2 \( -path '*/homebrew/*.rb' -o -path '*/scoop/*.json' \) -exec cp {} "$folder" \;
find "$work/source/dist" -name '*.cdx.json' -exec cp {} "$folder" \;
# goreleaser leaves the bare programs in folders of their own; in a release each has a name that says which one it is.
for system in $systems; do
	for name in $(commands_of "$version"); do
		built=$(find "$work/source/dist" -path "*/${name}_${system%/*}_${system#*/}_*/*" -type f)
		[ -z "$only" ] || [ "$only" = "$system" ] || continue
		listed=$(awk '{ print $2 }' "$folder/checksums.txt" | grep "^${name}_.*_${system%/*}_${system#*/}\(\.exe\)\?$")
		cp "$built" "$folder/$listed"
		scripts/check-sbom.sh "$built" "$folder/${listed%.exe}.cdx.json"
	done
done
(cd "$folder" && sha256sum --quiet --check checksums.txt)
if [ -z "$snapshot" ]; then
	cp "$work/$sums" "$folder"
	(cd "$folder" && sha256sum --check "$sums")
fi
