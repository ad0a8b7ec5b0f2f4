#!/bin/sh
# Makes the repositories in testdata/reftable again, which needs git 2.45 or later:
#
#	cd scanner/git/gitdir/testdata && sh reftable.sh
#
# They are kept, because git before that cannot make them. Each has what git says of it in refs.txt.
set -eu
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_AUTHOR_DATE='1700000000 +0000'
export GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.com GIT_COMMITTER_DATE='1700000000 +0000'
rm -rf reftable
work=$(mktemp -d)
for format in sha1 sha256; do
	repo=$work/$format
	git init -q -b main --object-format=$format --ref-format=reftable "$repo"
	git -C "$repo" config reftable.blockSize 1024
	git -C "$repo" commit -q --allow-empty -m one
	git -C "$repo" tag -m noted v1
	first=$(git -C "$repo" rev-parse HEAD)
	# Many blocks in one table, then small tables on top.
	for i in $(seq -w 200); do echo "create refs/pull/$i/head $first"; done | git -C "$repo" update-ref --stdin
	git -C "$repo" pack-refs
	git -C "$repo" config reftable.geometricFactor 0
	git -C "$repo" commit -q --allow-empty -m two
	git -C "$repo" update-ref -d refs/pull/077/head
	git -C "$repo" symbolic-ref refs/remotes/origin/HEAD refs/heads/main
	git -C "$repo" symbolic-ref refs/heads/alias refs/remotes/origin/HEAD
	git -C "$repo" update-ref ORIG_HEAD "$first"
	git -C "$repo" worktree add -q --detach "$repo/other" "$first"
	git -C "$repo/other" update-ref refs/bisect/bad HEAD
	echo "$first	branch main" >"$repo/.git/FETCH_HEAD"
	mkdir -p reftable/$format/worktrees/other
	(cd "$repo/.git" && tar cf - HEAD FETCH_HEAD config refs reftable worktrees/other/HEAD \
		worktrees/other/commondir worktrees/other/reftable worktrees/other/refs) | tar xf - -C reftable/$format
	{
		git -C "$repo" for-each-ref --include-root-refs --format='%(refname) %(objectname) %(symref) %(*objectname)'
		for name in worktrees/other/HEAD worktrees/other/ORIG_HEAD worktrees/other/refs/bisect/bad; do
			echo "$name $(git -C "$repo" rev-parse $name)  "
		done
		echo "FETCH_HEAD $first  "
	} | LC_ALL=C sort >reftable/$format/refs.txt
done
rm -rf "$work"
