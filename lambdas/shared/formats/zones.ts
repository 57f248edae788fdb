import type { Format } from './parsed.js';
import { beforeComment, words } from './text.js';

const RECORD_CLASS = /^(?:\d+[smhdw]?|IN|CH|HS)$/i;

/**
 * A response policy zone (draft-vixie-dnsop-dns-rpz): `name CNAME .` answers NXDOMAIN. `*.name` means what is below;
 * `rpz-passthru.` is an exception; `N.a.b.c.d.rpz-ip` is the address d.c.b.a.
 */
export const rpz: Format = (out) => ({
  line(text, number, truncated) {
    const content = beforeComment(text, ';');
    if (content === '') return out.comment();
    if (truncated) return out.rejectRow(number, 'line too long', content);
    // Directives, the zone's own records, and a line that goes on from one of them.
    if (content.startsWith('$') || /^[\s@]/.test(text) || content === ')') return out.boilerplate();
    const [owner = '', ...rest] = words(content);
    const [type = '', target = ''] = rest.filter((word) => !RECORD_CLASS.test(word));
    if (/^(?:SOA|NS)$/i.test(type)) return out.boilerplate();
    if (!/^CNAME$/i.test(type)) return out.rejectRow(number, 'record that is no policy', content);
    if (!['.', '*.', 'rpz-drop.', 'rpz-passthru.'].includes(target.toLowerCase())) return out.rejectRow(number, 'policy that does not block', content);
    out.row();
    const details = target.toLowerCase() === 'rpz-passthru.' ? { action: 'allow' as const } : {};
    const address = /^32\.(\d+)\.(\d+)\.(\d+)\.(\d+)\.rpz-ip\.?$/i.exec(owner);
    if (address) return out.name(address.slice(1).reverse().join('.'), 'exact', number, details);
    if (/\.rpz-[a-z]+\.?$/i.test(owner)) return out.reject(number, 'trigger that is no name', owner);
    out.name(owner.replace(/^\*\./, ''), owner.startsWith('*.') ? 'subtree' : 'exact', number, details);
  },
});

/** BIND's `zone "d" { … };`, one a line: an empty zone takes over the name and everything below it. */
export const bind: Format = (out) => ({
  line(text, number, truncated) {
    const content = text.trim();
    if (content === '' || /^(?:#|\/\/|\/\*)/.test(content)) return out.comment();
    if (truncated) return out.rejectRow(number, 'line too long', content);
    const match = /^zone\s+"([^"]*)"(?:\s+IN)?\s*\{(.*)\}\s*;$/i.exec(content);
    if (!match) return out.rejectRow(number, 'line that is no zone', content);
    if (!/\btype\s+(?:master|primary|redirect)\b/i.test(match[2] ?? '')) return out.rejectRow(number, 'zone that is not served from here', content);
    out.row();
    out.name(match[1] ?? '', 'subtree', number);
  },
});

const SINK = /^(?:|#|0\.0\.0\.0|127\.0\.0\.1|::|::1)$/;

/**
 * dnsmasq's `address=/d/…`, `server=/d/` and `local=/d/`: the name and everything below it, several names a line;
 * `host-record=d,0.0.0.0,::`: the name alone.
 */
export const dnsmasq: Format = (out) => ({
  line(text, number, truncated) {
    const content = text.trim();
    if (content === '' || content.startsWith('#')) return out.comment();
    if (truncated) return out.rejectRow(number, 'line too long', content);
    const record = /^host-record=([^,]+),(.+)$/.exec(beforeComment(content, ' #'));
    if (record) {
      const [, name = '', addresses = ''] = record;
      if (!addresses.split(',').every((address) => SINK.test(address.trim()))) return out.rejectRow(number, 'address is no sinkhole', content);
      out.row();
      return out.name(name, 'exact', number);
    }
    const match = /^(address|server|local)=\/(.+)\/([^/]*)$/.exec(beforeComment(content, ' #'));
    if (!match) return out.rejectRow(number, 'line that blocks no name', content);
    const [, kind, names = '', target = ''] = match;
    if (kind === 'address' ? !SINK.test(target) : target === '#') {
      out.row();
      // `server=/d/#` sends the name to the standard servers: an exception.
      for (const name of names.split('/')) {
        if (kind === 'address') out.reject(number, 'address is no sinkhole', name);
        else out.name(name, 'subtree', number, { action: 'allow' });
      }
      return;
    }
    if (kind !== 'address' && target !== '') return out.rejectRow(number, 'name that is sent to another server', content);
    out.row();
    for (const name of names.split('/')) out.name(name, 'subtree', number);
  },
});

const BLOCKING_ZONES = new Set(['always_nxdomain', 'always_null', 'always_refuse', 'always_deny', 'always_nodata', 'static', 'refuse', 'deny', 'redirect', 'inform_deny']);

/**
 * unbound's `local-zone: "d" always_nxdomain`: the name and everything below it. `local-data` that answers for a zone
 * before it is that zone's; for any other name, with the address of a sinkhole, it stands for that name alone.
 */
export const unbound: Format = (out) => {
  let zone = '';
  return {
    line(text, number, truncated) {
      const content = beforeComment(text, '#');
      if (content === '') return out.comment();
      if (truncated) return out.rejectRow(number, 'line too long', content);
      if (/^(?:server|local-data-ptr):/.test(content)) return out.boilerplate();
      const data = /^local-data:\s*["']?(\S+?)\.?\s+(?:\d+\s+)?(?:IN\s+)?([A-Z]+)\s+([^\s"']+)/i.exec(content);
      if (data) {
        const [, name = '', type = '', target = ''] = data;
        if (type.toUpperCase() !== 'A' || !SINK.test(target) || name === zone || name.endsWith(`.${zone}`)) return out.boilerplate();
        out.row();
        return out.name(name, 'exact', number);
      }
      const match = /^local-zone:\s*"?([^"\s]*)"?\s+"?([a-z_]+)"?$/.exec(content);
      if (!match) return out.rejectRow(number, 'line that is no local-zone', content);
      const [, name = '', type = ''] = match;
      // The `always_` types answer without data: what follows them is not theirs.
      zone = type.startsWith('always_') ? '' : name.replace(/\.$/, '');
      const allow = type === 'always_transparent';
      if (!allow && !BLOCKING_ZONES.has(type)) return out.rejectRow(number, `zone type ${type} does not block`, content);
      out.row();
      out.name(name, 'subtree', number, allow ? { action: 'allow' } : {});
    },
  };
};
