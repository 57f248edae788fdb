#!/bin/sh
# @streamparser/json 0.0.26 (npm), a streaming JSON parser.
#
# Expected: `end()` after the last byte of a whole, valid document says that all is well, as `end` of a stream does; it complains
# where the document was cut.
# Seen: once the document's last bracket was read the parser has ended by itself (`isEnded` is true). `end()` then reports "Tokenizer
# ended in the middle of a token (state: ENDED)", the words it has for a cut document. Who calls `end()` always, to find cut
# documents, takes every whole one for cut. To be asked instead: `isEnded`, and `end()` only where it is false.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund @streamparser/json@0.0.26 >/dev/null 2>&1
cat > see.mjs <<'JS'
import { JSONParser } from '@streamparser/json';

function parse(text) {
  const parser = new JSONParser();
  const said = [];
  parser.onError = (error) => said.push(error.message.split('.')[0]);
  parser.onValue = () => undefined;
  parser.write(new TextEncoder().encode(text));
  const ended = parser.isEnded;
  try {
    parser.end();
  } catch (error) {
    said.push(error.message.split('.')[0]);
  }
  return { ended, said: [...new Set(said)] };
}

const whole = parse('{"a":[1,2]}');
const cut = parse('{"a":[1,');
console.log('whole:', JSON.stringify(whole));
console.log('cut:  ', JSON.stringify(cut));
const asSeen = whole.ended && whole.said.length === 1 && /ended in the middle/.test(whole.said[0]) && !cut.ended && cut.said.length === 1;
if (!asSeen) {
  console.log('this is not what was seen with 0.0.26');
  process.exit(1);
}
JS
node see.mjs
