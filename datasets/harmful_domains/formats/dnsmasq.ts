import { isIP } from 'node:net';
import { type Collector, type Details, type Format, type Marks, PARTS } from './parsed.js';
import { isSink } from './sinks.js';

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+)$/i;
/** `local=/d/` and its like yield to `server=/d/IP`, `address=/d/0.0.0.0` does not. */
const WEAK: Details = { marks: { rank: -1 } };
const IPV6: Details = { marks: { part: 'ipv6' } };
const BELOW: Marks = { part: 'below' };

/**
 * dnsmasq's `address=/d/…`, `server=/d/` and `local=/d/`: the name and everything below it, several names a line, a
 * leading dot no matter; `host-record=d,0.0.0.0,::`: the name alone. `*.d` (2.86 and newer) is what is below alone.
 *
 * Below a name that is blocked, what sends a name to a server (`server=/d/IP`) or answers with a real address makes an
 * exception; elsewhere it says nothing of harm, and is refused. `server=/d/#` (the standard servers) is always one.
 */
export const dnsmasq: Format = (out) => ({
  line(text, number, truncated) {
    const content = text.trim();
    if (content === '' || content.startsWith('#')) return out.comment();
    if (truncated) return out.rejectRow(number, 'line too long', content);
    const row = withoutComment(content);
    const equals = row.indexOf('=');
    const option = row.slice(0, Math.max(equals, 0)).trimEnd();
    const value = row.slice(equals + 1).trimStart();
    if (option === 'host-record') return hostRecord(out, value, number, content);
    const end = value.lastIndexOf('/');
    if ((option !== 'address' && option !== 'server' && option !== 'local') || !value.startsWith('/') || end < 1) return out.rejectRow(number, 'line that blocks no name', content);
    const target = value.slice(end + 1);
    if (option === 'address' && target !== '' && target !== '#' && !isSink(target) && isIP(target) === 0) return out.rejectRow(number, 'address that is none', content);
    const details = meaningOf(option, target);
    out.row();
    for (const name of value.slice(1, end).split('/')) domain(out, name, number, details);
  },
});

/** A `#` after a blank begins a comment. */
function withoutComment(content: string): string {
  if (!content.includes('#')) return content;
  return content.replace(/[ \t]#.*$/, '').trimEnd();
}

function meaningOf(option: 'address' | 'server' | 'local', target: string): Details {
  if (target === '') return WEAK;
  if (option === 'address') {
    if (target === '#') return {};
    // An address of IPv6 alone leaves those of IPv4 to upstream.
    if (isSink(target)) return target.includes(':') ? IPV6 : {};
    return { action: 'allow', marks: { unlessCovered: 'address is no sinkhole' } };
  }
  if (target === '#') return { action: 'allow', marks: { rank: -1 } };
  return { action: 'allow', marks: { rank: -1, unlessCovered: 'name that is sent to another server' } };
}

function domain(out: Collector, given: string, number: number, details: Details) {
  if (given === '#') return out.reject(number, 'every name there is', given, details.action);
  const below = given.startsWith('*.');
  if (given.startsWith('*') && !below) return out.reject(number, 'wildcard in the host', given, details.action);
  if (!below) return out.name(given.startsWith('.') ? given.slice(1) : given, 'subtree', number, details);
  if (details.marks?.part === 'ipv6') return out.reject(number, PARTS.ipv6, given);
  out.name(given.slice(2), 'subtree', number, { ...details, marks: { ...details.marks, ...BELOW } });
}

function hostRecord(out: Collector, value: string, number: number, content: string) {
  const fields = value.split(',').map((field) => field.trim());
  if (/^\d+$/.test(fields.at(-1) ?? '')) fields.pop();
  const addresses = fields.filter((field) => ADDRESS.test(field));
  const names = fields.filter((field) => !ADDRESS.test(field));
  if (names.length === 0 || addresses.length === 0) return out.rejectRow(number, 'record without a name or an address', content);
  const details: Details = addresses.every(isSink) ? {} : { action: 'allow', marks: { unlessCovered: 'address is no sinkhole' } };
  out.row();
  for (const name of names) out.name(name, 'exact', number, details);
}
