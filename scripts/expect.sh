# shellcheck shell=bash
# Sourced by the scripts that test hooks with the programs of others. Sets $key, which must never be shown, and $work, a folder that is
# removed in the end.

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
key=sk_live_$(printf 'a key for this test' | sha256sum | cut -c1-24) # joined here, so that no file holds it

export HOME=$work GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$work/gitconfig
git config --global user.name Ada
git config --global user.email ada@example.com
git config --global init.defaultBranch main
git config --global protocol.file.allow always

step() { step=$*; }

# expect STATUS PATTERN COMMAND... runs a command that must end with the status and print the pattern, and never the key.
expect() {
	local want=$1 pattern=$2 got=0
	shift 2
	"$@" >"$work/out" 2>&1 || got=$?
	if [ "$got" -ne "$want" ] || ! grep -q -- "$pattern" "$work/out" || grep -q "$key" "$work/out"; then
		printf 'in %s: status %s, want %s with "%s" and no whole key:\n  %s\n' "$step" "$got" "$want" "$pattern" "$*" >&2
		sed "s/$key/THE KEY/; s/^/    /" "$work/out" >&2
		exit 1
	fi
	printf 'ok: %s\n' "$step"
}
