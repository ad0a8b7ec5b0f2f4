#!/usr/bin/env bash
# Runs the tests for Windows under Wine, where no Windows is at hand. It needs Debian's packages wine64 and binutils-mingw-w64-x86-64.
# Three things are made up for: random bytes, which Wine 8 has under another name; the way in which Go deletes files, for which Go falls
# back to an older one if it is told to; and git, which is that of this machine (scripts/winegit). What Wine cannot do besides is no
# failure of ours, and is told as "not shown". The workflow runs all tests on a real Windows.
#
#   scripts/test-windows.sh [PACKAGE…]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

wine=$(command -v wine64 || ls /usr/lib/wine/wine64) || { echo "Wine is missing: apt-get install wine64" >&2; exit 1; }
[ $# -gt 0 ] || set -- ./rules/... ./cmd/internal/... ./scanner ./scanner/archive ./scanner/files/... ./scanner/filelock \
	./scanner/gate/... ./scanner/git/... ./scanner/liveness ./scanner/run ./report/...

work=$(mktemp -d)
trap '/usr/lib/wine/wineserver -k || true; chmod -R u+w "$work"; rm -rf "$work"' EXIT # that of this folder alone
export WINEPREFIX=$work/wine WINEDEBUG=-all WINEDLLOVERRIDES='winedbg.exe=d;mscoree=;mshtml='
"$wine" wineboot --init >/dev/null 2>&1

# Go asks a library for random bytes that Wine has only since version 9. One without any code leads to where Wine has them.
if [ ! -e "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" ]; then
	printf 'LIBRARY bcryptprimitives\nEXPORTS\nProcessPrng = ADVAPI32.SystemFunction036\n' >"$work/random.def"
	x86_64-w64-mingw32-ld -shared -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" "$work/random.def"
fi

# Wine says that it has no such way to delete files in words that Go does not know.
deleting=$(go env GOROOT)/src/internal/syscall/windows/at_windows.go
sed 's/case STATUS_INVALID_INFO_CLASS,/& NTStatus(0xC0000002),/' "$deleting" >"$work/at_windows.go"
printf '{"Replace": {"%s": "%s"}}\n' "$deleting" "$work/at_windows.go" >"$work/overlay.json"

# git.exe hands all to winegit, which ends when its file is gone. What tests write has to lie on the drive that leads to this machine.
mkdir "$work/tmp" "$work/bin"
go build -C scripts/winegit -o "$work/winegit" .
GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go build -C scripts/winegit -o "$work/bin/git.exe" .
"$work/winegit" "$work/address" &
for variable in TEMP TMP; do
	"$wine" reg add 'HKCU\Environment' /v $variable /d "Z:${work//\//\\}\\tmp" /f >/dev/null 2>&1
done
while [ ! -e "$work/address" ]; do sleep 0.1; done
SKLEAK_WINE_GIT=$(cat "$work/address")
WINEPATH="Z:${work//\//\\}\\bin"
export SKLEAK_WINE_GIT WINEPATH

# judge tells failures that Wine explains from others: a test that misses a program has shown nothing.
judge() {
	awk '
		function done() { if (name != "") print other ? "FAILED" : "not shown:", name }
		/^(panic:|fatal error:)/ { print "FAILED", $0 }
		/^--- FAIL: / { done(); name = $3; other = missing = 0; next }
		/^(FAIL|PASS|ok)/ { done(); name = ""; next }
		name == "" || /^ *--- FAIL: / { next }
		/no git program|not installed|executable file not found|git-http-backend|git daemon/ { missing = 1; next }
		/took .* and .* MB|, [0-9]+ MB of memory$/ { next } # what a test tells that passes otherwise
		{ other = 1 }
		END { done() }' "$1"
}

# Tests that make symbolic links, which come out as something else; that compare folders which git of another system names in files;
# that need servers of git; and one of a file that is emptied while it is open, which is named here as one that changed.
links='TestIdxOfAHugePack|TestChangesWhileRead|TestLinks|TestRoots|TestReftableBroken|TestOpenEitherWay|TestWriteFileRefusesSymlinks'
links+='|TestFolderIsALink|TestFolderIsSwapped|TestJournalRefuses|TestObjectDirs|TestFetch|TestNoRepository|TestToken|TestRedirects'
failed=0
for package in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' "$@"); do
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go test -c -overlay "$work/overlay.json" -o "$work/test.exe" "$package"
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
