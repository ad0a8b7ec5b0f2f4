#!/usr/bin/env bash
# Runs the tests for Windows under Wine, where no Windows is at hand. It needs Debian's packages wine64 and binutils-mingw-w64-x86-64.
# What Wine cannot do is no failure of ours, and is told as "not shown": Wine 8 has neither the way in which Go deletes files nor
# symbolic links, and there is no git in it. The workflow runs all tests on a real Windows.
#
#   scripts/test-windows.sh [PACKAGE…]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

wine=$(command -v wine64 || ls /usr/lib/wine/wine64) || { echo "Wine is missing: apt-get install wine64" >&2; exit 1; }
[ $# -gt 0 ] || set -- ./rules/... ./cmd/internal/... ./scanner ./scanner/archive ./scanner/files/... ./scanner/git/... ./report/...

work=$(mktemp -d)
trap '/usr/lib/wine/wineserver -k || true; rm -rf "$work"' EXIT # that of this folder alone
export WINEPREFIX=$work/wine WINEDEBUG=-all WINEDLLOVERRIDES='winedbg.exe=d;mscoree=;mshtml='
"$wine" wineboot --init >/dev/null 2>&1

# Go asks a library for random bytes that Wine has only since version 9. One without any code leads to where Wine has them.
if [ ! -e "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" ]; then
	printf 'LIBRARY bcryptprimitives\nEXPORTS\nProcessPrng = ADVAPI32.SystemFunction036\n' >"$work/random.def"
	x86_64-w64-mingw32-ld -shared -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" "$work/random.def"
fi

# judge tells failures that Wine explains from others. Of a test that leaves its folder behind all else has passed; one that misses git
# or another program has shown nothing, and neither has one whose own files could not be deleted. The rest has failed.
judge() {
	awk '
		function done() {
			if (name == "") return
			if (other) print "FAILED", name
			else if (missing) print "not shown:", name
			else print "passed, but its folder stays:", name
		}
		/^(panic:|fatal error:)/ { print "FAILED", $0 }
		/^--- FAIL: / { done(); name = $3; other = missing = 0; next }
		/^(FAIL|PASS|ok)/ { done(); name = ""; next }
		name == "" || /^ *--- FAIL: / || /TempDir RemoveAll cleanup: .*Invalid function/ { next }
		/Invalid function|"git"|no git program|not installed|executable file not found/ { missing = 1; next }
		/took .* and .* MB|, [0-9]+ MB of memory$/ { next } # what a test tells that passes otherwise
		{ other = 1 }
		END { done() }' "$1"
}

# Tests that make symbolic links, which come out as something else, or compare with git at length; and one of
# a file that is emptied while it is open, which is named here as one that changed.
links='TestIdxOfAHugePack|TestChangesWhileRead|TestLinks|TestRoots|TestReftableBroken|TestOpenEitherWay|TestWriteFileRefusesSymlinks|TestFolderIsALink|TestFolderIsSwapped'
failed=0
for package in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' "$@"); do
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go test -c -o "$work/test.exe" "$package"
	status=0
	(cd "$(go list -f '{{.Dir}}' "$package")" &&
		timeout 600 "$wine" "$work/test.exe" -test.short -test.timeout 500s -test.skip "$links") >"$work/said" 2>&1 || status=$?
	judge "$work/said" >"$work/judged"
	if grep -q '^FAILED' "$work/judged" || { [ "$status" != 0 ] && [ ! -s "$work/judged" ]; }; then
		failed=1
		sed 's/^/    /' "$work/said"
	fi
	echo "$package: status $status"
	sed 's/^/    /' "$work/judged"
done
exit "$failed"
