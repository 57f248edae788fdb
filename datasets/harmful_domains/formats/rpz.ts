import { canonicalIp } from '../../shared/ip.js';
import type { Collector, Details, Format } from './parsed.js';
import { isSink } from './sinks.js';
import { words } from './text.js';

const TTL_OR_CLASS = /^(?:(?:\d+[smhdw]?)+|IN|CH|HS)$/i;
/** An owner that stands as it is: relative, no wildcard, nothing escaped. */
const PLAIN_OWNER = /^[a-z0-9_-](?:[a-z0-9._-]*[a-z0-9_-])?$/i;
const USUAL = ' CNAME .';
/** What an owner may hold that is a trigger of another kind: names are the same in any case. */
const MAYBE_TRIGGER = /rpz-/i;
const TRIGGER = /(?:^|\.)(rpz-(?:ip|client-ip|nsip|nsdname))$/i;
const BLOCKING = new Set(['.', '*.', 'rpz-drop.']);
/** A parenthesis that more lines leave open is taken for a mistake of its own line. */
const MAX_OPEN_LINES = 32;
const MAX_NAME = 253;
const BELOW: Details = { marks: { part: 'below' } };
const ALLOW: Details = { action: 'allow' };

/** A name of the file: below the zone's unknown apex, or absolute. */
interface Place {
  readonly absolute: boolean;
  readonly name: string;
}
const APEX_UNKNOWN: Place = { absolute: false, name: '' };

/**
 * A response policy zone (draft-vixie-dnsop-dns-rpz) as a master file (RFC 1035, 5): `name CNAME .` answers NXDOMAIN for
 * the name alone, `*.name` for what is below and not the name, so that it counts beside the name; `rpz-passthru.`, and the
 * name itself as target (the old spelling), make an exception. Owners are names below the zone, which `$ORIGIN` or the
 * owner of the SOA names; `32.d.c.b.a.rpz-ip` is the address a.b.c.d. A name means what its row says: that a name's own
 * row keeps a wildcard above from what is below it (RFC 4592) is not read as an exception.
 */
export const rpz: Format = (out) => {
  const reader = new ZoneReader(out);
  return {
    line(text, number, truncated) {
      if (reader.simple && text.endsWith(USUAL)) {
        const owner = text.slice(0, -USUAL.length);
        if (PLAIN_OWNER.test(owner) && !MAYBE_TRIGGER.test(owner)) {
          reader.last = owner;
          out.row();
          return out.name(owner, 'exact', number);
        }
      }
      reader.line(text, number, truncated);
    },
    end: () => reader.end(),
  };
};

class ZoneReader {
  /** Owners stand as they are: relative to the zone, no parenthesis open. */
  simple = true;
  /** Owner of the last record, for rows that begin with a blank. */
  last = '@';
  private origin: Place = APEX_UNKNOWN;
  private zone: string | null = null;
  private hasSoa = false;
  private open: { readonly text: string; readonly number: number; readonly truncated: boolean }[] = [];

  constructor(private readonly out: Collector) {}

  line(text: string, number: number, truncated: boolean) {
    if (this.open.length === 0 && (truncated || !opens(text))) {
      this.record(text, number, truncated);
      return;
    }
    this.open.push({ text, number, truncated });
    this.simple = false;
    if (closes(text)) this.close(this.open.splice(0));
    else if (truncated || this.open.length > MAX_OPEN_LINES) this.broken();
  }

  end() {
    while (this.open.length > 0) this.broken();
  }

  private close(lines: readonly { readonly text: string; readonly number: number }[]) {
    this.settle();
    for (const _ of lines.slice(1)) this.out.boilerplate();
    this.record(lines.map(({ text }) => beforeSemicolon(text).replace(/[()]/g, ' ')).join(' '), lines[0]?.number ?? 0, false);
  }

  /** Nobody closes the parenthesis: its line is refused, the others are read by themselves. */
  private broken() {
    const [first, ...others] = this.open.splice(0);
    if (first === undefined) return;
    this.settle();
    this.out.rejectRow(first.number, 'parenthesis that nobody closes', first.text.trim());
    for (const { text, number, truncated } of others) this.line(text, number, truncated);
  }

  private settle() {
    this.simple = this.open.length === 0 && this.origin.absolute === (this.zone !== null) && this.origin.name === (this.zone ?? '');
  }

  private record(text: string, number: number, truncated: boolean) {
    const { out } = this;
    const content = beforeSemicolon(text).trim();
    if (content === '') return out.comment();
    if (truncated) return out.rejectRow(number, 'line too long', content);
    if (content.startsWith('$')) return this.directive(content, number);
    const given = words(content);
    if (!/^\s/.test(text)) this.last = given.shift() ?? '@';
    // A TTL and a class, in either order.
    for (let i = 0; i < 2 && TTL_OR_CLASS.test(given[0] ?? ''); i++) given.shift();
    const [type = '', target = ''] = given;
    const place = this.placeOf(this.last);
    if (/^SOA$/i.test(type)) {
      if (!this.hasSoa) this.zone = place.absolute ? place.name : null;
      this.hasSoa = true;
      this.settle();
      return out.boilerplate();
    }
    const owner = this.ownerOf(place);
    if (owner === '' || /^NS$/i.test(type)) return out.boilerplate();
    this.policy(owner, type, target, number, content);
  }

  private directive(content: string, number: number) {
    const [name = '', value] = words(content);
    if (/^\$ORIGIN$/i.test(name) && value !== undefined) {
      this.origin = this.placeOf(value);
      // Without an SOA before it, the first origin is the zone.
      if (!this.hasSoa && this.zone === null && this.origin.absolute && this.origin.name !== '') this.zone = this.origin.name;
      this.settle();
      return this.out.boilerplate();
    }
    if (/^\$TTL$/i.test(name)) return this.out.boilerplate();
    const reason = /^\$INCLUDE$/i.test(name) ? 'include of another file' : /^\$GENERATE$/i.test(name) ? 'names that a server generates' : 'directive that is not known';
    this.out.rejectRow(number, reason, content);
  }

  private placeOf(owner: string): Place {
    if (owner === '@') return this.origin;
    if (owner.endsWith('.') && !/(?:^|[^\\])(?:\\\\)*\\\.$/.test(owner)) return { absolute: true, name: owner.slice(0, -1).toLowerCase() };
    const { absolute, name } = this.origin;
    return { absolute, name: name === '' ? owner.toLowerCase() : `${owner}.${name}`.toLowerCase() };
  }

  /** The name below the zone; empty for the apex, null for what is outside. */
  private ownerOf({ absolute, name }: Place): string | null {
    if (!absolute || this.zone === null || this.zone === '') return name;
    if (name === this.zone) return '';
    return name.endsWith(`.${this.zone}`) ? name.slice(0, -this.zone.length - 1) : null;
  }

  private policy(given: string | null, type: string, target: string, number: number, content: string) {
    const { out } = this;
    const to = target.toLowerCase();
    const action = to === 'rpz-passthru.' ? 'allow' : 'block';
    if (given === null) return out.rejectRow(number, 'owner outside the zone', content, action);
    const owner = unescaped(given);
    if (owner === undefined) return out.rejectRow(number, 'escaped character that no host name has', content, action);
    const wild = owner.startsWith('*.');
    const name = wild ? owner.slice(2) : owner;
    if (/^(?:A|AAAA)$/i.test(type)) {
      if (!isSink(to)) return out.rejectRow(number, 'policy that does not block', content);
    } else if (!/^CNAME$/i.test(type)) return out.rejectRow(number, 'record that is no policy', content);
    else if (action === 'block' && !BLOCKING.has(to)) {
      // The old spelling of an exception: the name itself as target.
      if (wild || to !== `${owner}.`) return out.rejectRow(number, 'policy that does not block', content);
      return this.allow(owner, name, wild, number, content);
    }
    if (action === 'allow') return this.allow(owner, name, wild, number, content);
    if (this.trigger(owner, number, content, {})) return;
    out.row();
    if (owner.length > MAX_NAME) return out.reject(number, `longer than ${MAX_NAME} characters`, owner);
    if (wild) out.name(name, 'subtree', number, BELOW);
    else out.name(name, 'exact', number);
  }

  private allow(owner: string, name: string, wild: boolean, number: number, content: string) {
    if (this.trigger(owner, number, content, ALLOW)) return;
    this.out.row();
    if (owner.length > MAX_NAME) return this.out.reject(number, `longer than ${MAX_NAME} characters`, owner, 'allow');
    this.out.name(name, wild ? 'subtree' : 'exact', number, ALLOW);
  }

  /** Whether an owner is a trigger of another kind than a name; then it is dealt with. */
  private trigger(owner: string, number: number, content: string, details: Details): boolean {
    const kind = TRIGGER.exec(owner)?.[1]?.toLowerCase();
    if (kind === undefined) return false;
    const address = kind === 'rpz-ip' ? addressOf(owner.slice(0, -'.rpz-ip'.length)) : undefined;
    if (address === undefined) this.out.rejectRow(number, kind === 'rpz-ip' ? 'trigger of a network' : `trigger ${kind}, which is of no name`, content, details.action);
    else {
      this.out.row();
      this.out.name(address, 'exact', number, details);
    }
    return true;
  }
}

/** `32.d.c.b.a` and `128.…` with `zz` for `::`; undefined for networks. */
function addressOf(owner: string): string | undefined {
  const [bits, ...labels] = owner.split('.');
  labels.reverse();
  if (bits === '32' && labels.length === 4) return canonicalIp(labels.join('.'));
  if (bits !== '128') return undefined;
  const text = labels.join(':').replace('zz', '');
  return canonicalIp(labels[0] === 'zz' ? `:${text}` : labels.at(-1) === 'zz' ? `${text}:` : text);
}

/** A name with its escapes (`\DDD`, `\C`) taken off; undefined where one is none, or stands for what no host name has. */
function unescaped(name: string): string | undefined {
  if (!name.includes('\\')) return name;
  let sound = true;
  const plain = name.replace(/\\(\d{3}|\D)?/g, (_, said: string | undefined) => {
    const character = said === undefined ? '' : said.length === 3 ? String.fromCharCode(Number(said)) : said;
    if (!/^[a-z0-9_*-]$/i.test(character)) sound = false;
    return character;
  });
  return sound ? plain.toLowerCase() : undefined;
}

/** A row without its comment; a semicolon in quotes or escaped begins none. */
function beforeSemicolon(text: string): string {
  if (!text.includes(';')) return text;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '\\') i++;
    else if (character === '"') quoted = !quoted;
    else if (character === ';' && !quoted) return text.slice(0, i);
  }
  return text;
}

const outsideQuotes = (text: string): string => beforeSemicolon(text).replace(/"(?:[^"\\]|\\.)*"|\\./g, '');

/** Whether a row opens a parenthesis that it does not close. */
function opens(text: string): boolean {
  if (!text.includes('(')) return false;
  const plain = outsideQuotes(text);
  return plain.lastIndexOf('(') > plain.lastIndexOf(')');
}

const closes = (text: string): boolean => text.includes(')') && outsideQuotes(text).includes(')');
