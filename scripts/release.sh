#!/usr/bin/env bash
# Makes a release of HEAD: builds the programs of every system, commits their checksums, and tags that commit. Nothing is pushed;
# when the tag is, .github/workflows/release.yml builds everything again and publishes it only if the bytes are the same.
#
#   scripts/release.sh v1.2.3
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/building.sh

version=${1:?which version? scripts/release.sh v1.2.3}
refuse() { echo "$1" >&2; exit 1; }
[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || refuse "$version is no version such as v1.2.3"
[[ $version =~ ^v[01]\. ]] || refuse "Go wants /${version%%.*} at the end of the module's name first; else the programs would not know their version"
[ -z "$(git status --porcelain)" ] || refuse 'something is not committed'
! git rev-parse --verify --quiet "refs/tags/$version" >/dev/null || refuse "$version is there already"
grep -q "^## ${version#v}\b" CHANGELOG.md || refuse "CHANGELOG.md has no heading for ${version#v}"

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
git clone -q . "$work/source"
git -C "$work/source" -c tag.gpgSign=false tag "$version"

mkdir "$work/programs"
for system in $systems; do
	for name in $(commands_of HEAD); do
		build "$work/source" "$name" "$system" "$work/programs/$(file_name "$name" "$version" "$system")"
	done
done

# The commit is made beside the work tree and the index, which stay as they are.
{
	echo "# $version, built with $(go env GOVERSION) of $(git rev-parse HEAD)"
	(cd "$work/programs" && sha256sum -- *)
} >"$work/$sums"
export GIT_INDEX_FILE=$work/index
git read-tree HEAD
git update-index --add --cacheinfo "100644,$(git hash-object -w "$work/$sums"),$sums"
commit=$(git commit-tree -p HEAD -m "$version" -m 'The programs of the commit before, by their checksums.' "$(git write-tree)")
git tag -a -m "$version" "$version" "$commit"
cat "$work/$sums"
echo "look at it (git show $version), then: git push origin $version"
