import type { Collector, Details, Format } from './parsed.js';
import { isSink } from './sinks.js';

/** Types that answer for a name and all below without looking at data. */
const BLOCKING = new Set(['always_nxdomain', 'always_null', 'always_refuse', 'always_deny', 'always_nodata']);
/** Types that block what has no data. */
const BLOCKING_WITHOUT_DATA = new Set(['static', 'refuse', 'deny', 'redirect', 'inform_deny', 'inform_redirect']);
/** Types that let pass what has no data: an exception below a zone that blocks. */
const OPEN = new Set(['transparent', 'typetransparent', 'inform']);
const ANSWERS_DATA: Details = { marks: { answersData: true } };
const ALLOW: Details = { action: 'allow', marks: { ignoresData: true } };
/** Clauses of unbound.conf; those of others than `server` hold no zones of names for everybody. */
const CLAUSE = /^(?:server|view|forward-zone|stub-zone|auth-zone|remote-control|rpz|python|dynlib|dnscrypt|cachedb|dnstap|ipset|redis):$/;
const ATTRIBUTE = /^([a-z][a-z0-9-]*):(.*)$/;
const USUAL = /^local-zone: "([^"]*)" ([a-z_]+)$/;

/**
 * unbound's `local-zone: "d" TYPE`: the name and everything below it; the last zone of a name holds. `local-data` with a
 * sinkhole's address stands for its name alone, or is its zone's. Data of real addresses rewrite: their zone blocks
 * nothing, and below a zone that blocks and lets data answer they make an exception, as zones that let names pass do.
 * Words may stand on lines of their own, quoted or not.
 */
export const unbound: Format = (out) => {
  const reader = new ConfReader(out);
  return {
    line(text, number, truncated) {
      const usual = reader.idle ? USUAL.exec(text) : null;
      if (usual !== null && !truncated) {
        out.row();
        return reader.zone(usual[1] ?? '', usual[2] ?? '', number);
      }
      reader.line(text, number, truncated);
    },
    end: () => reader.end(),
  };
};

class ConfReader {
  /** In `server`, with no statement begun. */
  idle = true;
  private clause = 'server';
  private pending: { readonly name: string; readonly wanted: number; readonly values: string[]; readonly line: number } | null = null;
  /** The last zone that data may answer for. */
  private dataZone = '';
  private dataZoneType = '';
  private told = false;

  constructor(private readonly out: Collector) {}

  line(text: string, number: number, truncated: boolean) {
    const { out } = this;
    const given = tokens(text);
    if (given.length === 0) return out.comment();
    if (truncated) return out.rejectRow(number, 'line too long', text);
    // What a line comes to is told once; a line that only goes on is the format's own.
    this.told = false;
    for (let i = 0; i < given.length; i++) {
      const token = given[i] as string;
      if (this.pending !== null && /^(?:[a-z][a-z0-9-]*:$|local-(?:zone|data):)/.test(token)) this.unfinished();
      if (this.pending === null) {
        const [, name = '', rest = ''] = ATTRIBUTE.exec(token) ?? [];
        if (CLAUSE.test(token)) {
          this.clause = token.slice(0, -1);
          this.tell('boilerplate');
          continue;
        }
        if (name !== 'local-zone' && name !== 'local-data') {
          this.other(name, text.trim(), number);
          break;
        }
        this.pending = { name, wanted: name === 'local-zone' ? 2 : 1, values: [], line: number };
        if (rest !== '') this.take(rest);
      } else this.take(token);
    }
    if (!this.told) out.boilerplate();
    this.idle = this.pending === null && this.clause === 'server';
  }

  end() {
    this.unfinished();
  }

  private unfinished() {
    if (this.pending === null) return;
    this.out.reject(this.pending.line, 'statement without its end', [this.pending.name, ...this.pending.values].join(' '));
    this.pending = null;
  }

  private tell(what: 'row' | 'boilerplate') {
    if (!this.told) this.out[what]();
    this.told = true;
  }

  private take(value: string) {
    const { pending } = this;
    if (pending === null) return;
    pending.values.push(value.replace(/^["']|["']$/g, ''));
    if (pending.values.length < pending.wanted) return;
    this.pending = null;
    const [first = '', second = ''] = pending.values;
    if (pending.name === 'local-data') return this.data(first, pending.line);
    this.tell('row');
    if (this.clause !== 'server') return this.out.reject(pending.line, this.clause === 'view' ? 'zone of a view' : `zone in a clause ${this.clause}`, first);
    this.zone(first, second, pending.line);
  }

  private other(name: string, content: string, number: number) {
    if (name === 'local-data-ptr') return this.tell('boilerplate');
    this.tell('row');
    this.out.reject(number, name === 'include' || name === 'include-toplevel' ? 'include of another file' : 'line that is no local-zone', content);
  }

  zone(name: string, type: string, line: number) {
    const { out } = this;
    const lets = BLOCKING_WITHOUT_DATA.has(type);
    this.dataZone = lets ? name.replace(/\.$/, '').toLowerCase() : '';
    this.dataZoneType = type;
    if (BLOCKING.has(type)) return out.name(name, 'subtree', line);
    if (lets) return out.name(name, 'subtree', line, ANSWERS_DATA);
    if (type === 'always_transparent') return out.name(name, 'subtree', line, ALLOW);
    const reason = `zone type ${type} does not block`;
    if (OPEN.has(type)) return out.name(name, 'subtree', line, { action: 'allow', marks: { unlessCovered: reason } });
    out.reject(line, reason, name);
  }

  private data(record: string, line: number) {
    const [name = '', ...rest] = record.trim().split(/\s+/);
    const [type = '', target = ''] = rest.filter((word, i) => i > 1 || !/^(?:\d+|IN)$/i.test(word));
    const owner = name.replace(/\.$/, '').toLowerCase();
    if (!/^(?:A|AAAA|CNAME)$/i.test(type) || this.clause !== 'server') return this.tell('boilerplate');
    const own = owner === this.dataZone;
    const inZone = this.dataZone !== '' && (own || owner.endsWith(`.${this.dataZone}`));
    if (isSink(target)) {
      if (inZone) return this.tell('boilerplate');
      this.tell('row');
      return this.out.name(owner, 'exact', line);
    }
    this.tell('row');
    const wide = own && this.dataZoneType.endsWith('redirect');
    this.out.name(owner, wide ? 'subtree' : 'exact', line, { action: 'allow', marks: { data: true, unlessCovered: 'data that rewrite the name' } });
  }
}

/** The words of a line, quoted ones whole with their quotes. */
function tokens(text: string): string[] {
  const found: string[] = [];
  for (const [token] of text.matchAll(/#.*$|(?:[a-z][a-z0-9-]*:)?(?:"[^"]*"|'[^']*')|[^\s"'#]+|["']/g)) {
    if (token.startsWith('#')) break;
    found.push(token);
  }
  return found;
}
