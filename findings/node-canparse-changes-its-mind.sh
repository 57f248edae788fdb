#!/bin/sh
# Whether a text is a URL, asked of Node.js.
#
# Versions: Node.js 20.20.2 (npm package node, 20.x).
# Expected: URL.canParse says of a text what new URL does, however often it is asked.
# Seen: for a host with a letter of Latin-1 (an ordinary internationalised name, such as the German "bücher") it says true
#   some thousand times; when the engine has optimised the caller, it says false from then on, for ever. new URL goes on
#   accepting the same text, and names in ASCII are told right. A service that checks URLs so works in its tests and refuses
#   good URLs after some minutes of traffic.
# Needs: the network for npm's packages, and npm.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
npm install --silent --no-audit --no-fund --prefix "$work" node@20.20.2 >/dev/null
cat >"$work/ask.mjs" <<'JS'
const CALLS = 50_000;
const asked = (text) => {
  for (let call = 1; call <= CALLS; call++) if (!URL.canParse(text)) return 'says false after a while';
  return 'says true each time';
};
console.log(`canParse, host in ASCII: ${asked('https://buecher.example/')}`);
console.log(`canParse, host with a letter of Latin-1: ${asked('https://b\u00fccher.example/')}`);
console.log(`new URL, the same: ${new URL('https://b\u00fccher.example/').hostname}`);
JS
seen=$("$work/node_modules/.bin/node" "$work/ask.mjs")
echo "$seen"
[ "$seen" = 'canParse, host in ASCII: says true each time
canParse, host with a letter of Latin-1: says false after a while
new URL, the same: xn--bcher-kva.example' ] || {
  echo 'this is not what was seen when the finding was written' >&2
  exit 1
}
