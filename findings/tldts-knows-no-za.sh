#!/bin/sh
# Whether a top level exists, asked of the public suffix list.
#
# Versions: tldts 7.5.5 and psl 1.15.0 (npm).
# Expected: za is South Africa's top level, in the root zone since 1990, so a name under it is told as one under a suffix that the
#   list knows; only invented top levels are not.
# Seen: the list has rules below za (co.za, org.za ...) and none for za itself. Both libraries fall back to the list's default
#   rule: isIcann is false and listed is false for example.za exactly as for a name under an invented top level, while
#   example.co.za is known. A check for "unknown top level" built on these flags refuses or miscounts real names.
# Needs: Node.js 20 and the network for npm's packages.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work"
npm install --silent --no-audit --no-fund --prefix "$work" tldts@7.5.5 psl@1.15.0 >/dev/null
seen=$(node -e '
  const { parse } = require("tldts");
  const psl = require("psl");
  for (const name of ["example.co.za", "example.za", "example.no-such-top-level"])
    console.log(`${name}: tldts isIcann ${parse(name).isIcann}, psl listed ${psl.parse(name).listed}`);')
echo "$seen"
[ "$seen" = 'example.co.za: tldts isIcann true, psl listed true
example.za: tldts isIcann false, psl listed false
example.no-such-top-level: tldts isIcann false, psl listed false' ] || {
  echo 'this is not what was seen when the finding was written' >&2
  exit 1
}
