#!/usr/bin/env bash
# Compares a list of parts (CycloneDX) with what Go says is linked into the program: each module in its version, and nothing else.
#
#   scripts/check-sbom.sh PROGRAM SBOM
set -euo pipefail
program=${1:?which program?} sbom=${2:?which list?}

# A replaced module has the line "=>" behind it, which counts in its place.
linked=$(go version -m "$program" | awk -F'\t' '
	$2 == "dep" { if (held) print held; held = $3 "@" $4 }
	$2 == "=>" { held = $3 "@" $4 }
	END { if (held) print held }' | sort)
listed=$(sed -n '/"components"/,$ s/^ *"purl": "pkg:golang\/\([^"?]*\).*/\1/p' "$sbom" |
	sed 's/%2B/+/g' | grep -v '^std@' | sort)
if [ -z "$linked" ] || [ "$linked" != "$listed" ]; then
	echo "$sbom does not list what is in $program:" >&2
	diff <(printf '%s\n' "$linked") <(printf '%s\n' "$listed") >&2
	exit 1
fi
printf '%s lists the %s modules of %s\n' "$(basename "$sbom")" "$(wc -l <<<"$linked")" "$(basename "$program")"
