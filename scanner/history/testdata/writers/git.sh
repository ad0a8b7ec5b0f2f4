#!/bin/sh
# Writes repositories by one git, with what its version is known for: git.sh GIT old|new FOLDER < keys, one a line.
#
# The archives beside were made by it: git-2.25.tar.gz.masked by git 2.25.0 (old), git-2.55.tar.gz.masked by git 2.55.0 (new).
# TestWritersUpdate makes them anew.
set -eu
git=$1 age=$2 folder=$3
case $git in /*) PATH=$(dirname "$git"):$PATH GIT_EXEC_PATH=$(dirname "$git") && export PATH GIT_EXEC_PATH ;; esac
g() { "$git" -c user.name='A U Thor' -c user.email=author@example.com -c gc.auto=0 "$@"; }
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME="$folder" TZ=UTC GIT_TEMPLATE_DIR=
export GIT_AUTHOR_DATE='1700000000 +0100' GIT_COMMITTER_DATE='1700000000 +0100'
key() { read -r key; printf '%s' "$key"; }

# fill writes what there is in every repository, in four steps; between them somebody packs.
fill() {
	case $1 in
	1)
		i=0
		mkdir -p src
		while [ $i -lt 12 ]; do
			{ seq 1 300 | sed "s/$/ of a file that changes/"; echo "value $i"; } >src/settings.txt
			[ $((i % 4)) != 0 ] || key >>src/settings.txt
			echo "part $i" >"src/part$((i % 3)).txt"
			g add -A
			g commit -q -m "change $i"
			i=$((i + 1))
		done
		g commit -q --allow-empty -m "a message with $(key)"
		;;
	2)
		g checkout -q -b side
		key >side.txt
		g add -A
		g commit -q -m side
		g checkout -q -
		key >main.txt
		g add -A
		g commit -q -m main
		g merge -q --no-ff -m merge side
		g branch -q -D side
		g tag -a -m "release $(key)" v1
		g tag light HEAD~1
		;;
	3)
		g notes add -m "note $(key)"
		g update-ref refs/pull/7/head HEAD~2
		g symbolic-ref refs/remotes/origin/HEAD "$(g symbolic-ref HEAD)"
		g checkout -q --detach
		key >lost.txt
		g add -A
		g commit -q -m "lost $(key)"
		g checkout -q -
		key >>src/settings.txt
		key >stashed.txt
		g stash push -q -u -m "stash $(key)"
		;;
	4)
		echo "nobody names $(key)" | g hash-object -w --stdin >/dev/null
		key >staged.txt
		g add staged.txt
		;;
	esac
}

old() {
	g init -q "$folder/old"
	cd "$folder/old"
	mkdir -p .git/branches .git/hooks .git/info # which the templates of that time bring
	fill 1
	g -c pack.indexVersion=1 repack -q -d
	fill 2
	g pack-refs --all
	g repack -q -d
	fill 3
	g multi-pack-index write
	g commit-graph write --reachable
	g update-index --split-index
	fill 4
	g worktree add -q --detach ../linked
}

new() {
	g init -q --ref-format=files "$folder/chains"
	cd "$folder/chains"
	g config core.multiPackIndex true
	fill 1
	g repack -q -d
	fill 2
	g pack-refs --all
	g repack -q -d
	g commit-graph write --reachable --split --changed-paths
	fill 3
	g reflog expire --expire=now --all
	g repack -q -d --cruft
	g multi-pack-index write --incremental --bitmap
	g commit -q --allow-empty -m "later $(key)"
	g repack -q -d
	g multi-pack-index write --incremental --bitmap
	g update-index --index-version 4
	fill 4
	g worktree add -q --detach --relative-paths ../chains-linked

	g init -q --ref-format=reftable --object-format=sha256 "$folder/tables"
	cd "$folder/tables"
	fill 1
	g pack-refs --all
	fill 2
	g repack -q -a -d --path-walk
	fill 3
	g refs optimize 2>/dev/null || g pack-refs --auto
	fill 4
	g worktree add -q --detach ../tables-linked
}

"$age"
rm -rf "$folder"/.cache "$folder"/.config
