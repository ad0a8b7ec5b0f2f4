#!/usr/bin/env bash
# Makes a release of the last commit in a clone of it, as a maintainer and then the workflow do, for this system alone, and attacks
# it: changed bytes, another's signature, a tag that changes code. It needs no network if the tools are there (see
# scripts/release-tools.sh); otherwise it installs them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$work/gitconfig
git config --global user.name Ada
git config --global user.email ada@example.com

fail() { printf 'not so: %s\n' "$1" >&2; exit 1; }
ok() { printf 'ok: %s\n' "$1"; }
# refused TEXT COMMAND... must fail and say why.
refused() {
	local text=$1
	shift
	if "$@" >"$work/out" 2>&1 || ! grep -q -- "$text" "$work/out"; then
		cat "$work/out" >&2
		fail "$* is refused with \"$text\""
	fi
	ok "refused: $text"
}

if ! command -v goreleaser cyclonedx-gomod >/dev/null; then
	scripts/release-tools.sh "$work/tools"
	PATH=$work/tools:$PATH
fi
goreleaser check --quiet
system=$(go env GOHOSTOS)/$(go env GOHOSTARCH)

# A clone in which there is one system, and a changelog that has the version.
git clone -q . "$work/clone"
cd "$work/clone"
sed -i "s|^systems=.*|systems=$system|" scripts/building.sh
sed -i '0,/^## Unreleased/s//## 1.98.7/' CHANGELOG.md
refused 'not committed' scripts/release.sh v1.98.7
git commit -qam 'ready'
refused 'no version' scripts/release.sh 1.98.7
refused 'end of the module' scripts/release.sh v2.0.0
refused 'no heading for 1.98.8' scripts/release.sh v1.98.8
scripts/release.sh v1.98.7 >"$work/said"
[ -z "$(git status --porcelain)" ] || fail 'making a release leaves the checkout as it was'
[ "$(git diff --name-only v1.98.7^ v1.98.7)" = SHA256SUMS ] || fail 'the commit of the tag adds SHA256SUMS alone'
refused 'is there already' scripts/release.sh v1.98.7
ok 'a tag with checksums'

# What the workflow does.
(PATH=$PATH:$work scripts/build-release.sh v1.98.7 "$work/files" "$system" >"$work/said" 2>&1) || { cat "$work/said" >&2; fail 'the files are built'; }
tail -n 1 "$work/said"
program=$(find "$work/files" -name "skleak_1.98.7_${system%/*}_${system#*/}")
"$program" version | grep -qx 'skleak v1.98.7' || fail 'the program knows its version'
"$program" version -v | grep -qx "commit: $(git rev-parse v1.98.7^)" || fail 'the program knows its commit'
audit=$(find "$work/files" -name "skleak-audit_1.98.7_${system%/*}_${system#*/}")
"$audit" version | grep -qx 'skleak-audit v1.98.7' || fail 'the other program knows its version'
scripts/reproduce.sh --against "$program" v1.98.7
scripts/reproduce.sh --against "$audit" v1.98.7
ok 'built again by hand: the same bytes'

# What somebody does who downloaded it.
cd "$work/files"
sha256sum --quiet --check checksums.txt
"$program" version --check checksums.txt
tar -xzOf skleak_1.98.7_*.tar.gz skleak | cmp - "$program"
tar -tzf skleak_1.98.7_*.tar.gz >"$work/listed" # whole, or grep would have tar end with SIGPIPE
for wanted in completions/skleak.bash man/skleak-scan.1 LICENSE; do
	grep -qx "$wanted" "$work/listed" || fail "the archive has $wanted"
done
tar -xzOf skleak-audit_1.98.7_*.tar.gz skleak-audit | cmp - "$audit"
if command -v dpkg-deb >/dev/null; then
	dpkg-deb --fsys-tarfile skleak-audit_1.98.7_*.deb | tar -xO ./usr/bin/skleak-audit | cmp - "$audit"
	dpkg-deb --fsys-tarfile skleak_1.98.7_*.deb | tar -xO ./usr/bin/skleak | cmp - "$program"
	dpkg-deb -c skleak_1.98.7_*.deb >"$work/listed"
	grep -q 'usr/share/man/man1/skleak-scan.1' "$work/listed" || fail 'the package has the man pages'
fi
ok 'archives and packages have the same programs'

# The image, where something can make one without a service; it has the same program, for a user without rights.
if command -v buildah >/dev/null && [ "$(id -u)" = 0 ] && [ "${system%/*}" = linux ]; then
	image() { buildah --storage-driver vfs --root "$work/images" --runroot "$work/run" "$@"; }
	image bud -q --isolation chroot -f "$work/clone/Dockerfile" --build-arg PROGRAM="$(basename "$program")" -t skleak . >"$work/said"
	container=$(image from localhost/skleak)
	folder=$(image mount "$container")
	cmp "$folder/skleak" "$program"
	chroot --userspec=65532:65532 "$folder" /skleak version | grep -qx 'skleak v1.98.7' || fail 'the image runs'
	[ "$(image inspect --format '{{.OCIv1.Config.User}}' "$container")" = 65532:65532 ] || fail 'the image has a user without rights'
	image rm "$container" >/dev/null
	ok 'the image has the same program'
fi

# Signed with an SSH key, where there is no GitHub to vouch for the workflow.
ssh-keygen -q -t ed25519 -N '' -C release -f "$work/key"
ssh-keygen -q -t ed25519 -N '' -C other -f "$work/other"
echo "release@example.com namespaces=\"skleak\" $(cat "$work/key.pub")" >"$work/allowed"
verify() { ssh-keygen -Y verify -f "$work/allowed" -I release@example.com -n skleak -s "$1" <"$2"; }
ssh-keygen -q -Y sign -f "$work/key" -n skleak checksums.txt
verify checksums.txt.sig checksums.txt
cp checksums.txt "$work/others.txt"
ssh-keygen -q -Y sign -f "$work/other" -n skleak "$work/others.txt"
refused 'Could not verify' verify "$work/others.txt.sig" checksums.txt
sed 's/^./x/' checksums.txt >"$work/changed.txt"
refused 'incorrect signature' verify checksums.txt.sig "$work/changed.txt"

# One byte changed, in the middle of each file.
while read -r _ file; do
	cp "$file" "$work/kept"
	printf '\377' | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") / 2)) conv=notrunc status=none
	! cmp -s "$file" "$work/kept" || printf '\000' | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") / 2)) conv=notrunc status=none
	refused "$file: FAILED" sha256sum --check checksums.txt
	cp "$work/kept" "$file"
done < <(cat checksums.txt)
cp "$program" "$work/changed"
printf 'x' >>"$work/changed"
refused 'none of the' "$work/changed" version --check checksums.txt
cd "$work/clone"
refused 'differ\|EOF' scripts/reproduce.sh --against "$work/changed" v1.98.7
sed -i 's|fatih/color@v1|fatih/color@v2|' "$work/files"/*.cdx.json
refused 'does not list' scripts/check-sbom.sh "$program" "$program.cdx.json"
refused 'does not list' scripts/check-sbom.sh "$audit" "$audit.cdx.json"

# A tag whose commit changes code as well, and one with other checksums.
git checkout -q --detach v1.98.7
git commit -q --amend -m v1.98.8 --only --allow-empty
echo '// more' >>cmd/skleak/main.go
git commit -q --amend -a --no-edit
git tag v1.98.8
refused 'changes more than SHA256SUMS' scripts/build-release.sh v1.98.8 "$work/more" "$system"
git checkout -q --detach v1.98.7
sed -i 's/^[0-9a-f]\{8\}/00000000/; s/v1\.98\.7/v1.98.9/; s/1\.98\.7/1.98.9/' SHA256SUMS
git commit -q --amend -a -m v1.98.9
git tag v1.98.9
refused 'FAILED' scripts/build-release.sh v1.98.9 "$work/other-sums" "$system"
printf 'everything that should be refused was refused\n'
