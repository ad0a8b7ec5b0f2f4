# shellcheck shell=bash
# Sourced by the scripts that build what is released.
#
# A release is two commits. The source commit is an ordinary one of main. Behind it, and on no branch, lies the one that has the
# tag: it adds SHA256SUMS, the checksums of the programs that the source commit makes, and nothing else. So a checkout of the
# tag knows the bytes of its own release, and whoever builds them can compare.

sums=SHA256SUMS
# shellcheck disable=SC2034 # for those that source this
systems='linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64'

# commands_of REVISION prints the programs that a revision has: each is built of ./cmd/NAME.
commands_of() {
	git ls-tree -r --name-only "$1" -- cmd/ | sed -n 's|^cmd/\([^/]*\)/main\.go$|\1|p'
}

# source_commit REVISION prints the commit that the programs of a revision are built of.
source_commit() {
	local commit
	commit=$(git rev-parse --verify --quiet "$1^{commit}") || { echo "there is no $1 in this repository" >&2; return 1; }
	if git cat-file -e "$commit:$sums" 2>/dev/null; then
		if [ "$(git diff --name-only "$commit^" "$commit")" != "$sums" ]; then
			echo "$1 changes more than $sums: it is no release" >&2
			return 1
		fi
		commit=$(git rev-parse "$commit^")
	fi
	echo "$commit"
}

# checkout_source FOLDER REVISION clones the source commit of a revision. There it has the tag, so that the programs say
# which version they are.
checkout_source() {
	local commit
	commit=$(source_commit "$2")
	git clone -q --no-checkout . "$1"
	git -C "$1" checkout -q --detach "$commit"
	if git rev-parse --verify --quiet "refs/tags/$2" >/dev/null; then
		git -C "$1" tag -d "$2" >/dev/null 2>&1 || true
		git -C "$1" -c tag.gpgSign=false tag "$2"
	fi
}

# build FOLDER COMMAND SYSTEM FILE builds a program of a checkout as .goreleaser.yaml does. What is set on this machine for
# other builds is not meant for this one.
build() {
	(
		cd "$1" || exit
		unset GOEXPERIMENT GOAMD64 GOARM64 GOFIPS140
		export CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off GOENV=off GOOS=${3%/*} GOARCH=${3#*/}
		go build -trimpath -buildvcs=true -ldflags='-s -w' -o "$4" "./cmd/$2"
	)
}

# file_name COMMAND VERSION SYSTEM is the name of a program among the files of a release.
file_name() {
	local suffix=
	[ "${3%/*}" != windows ] || suffix=.exe
	echo "$1_${2#v}_${3%/*}_${3#*/}$suffix"
}
