import { isIPv6 } from 'node:net';

/** One part of an IPv4 address as `inet_aton` reads it: decimal, octal (leading 0) or hexadecimal (0x). */
function part(text: string): number | undefined {
  if (/^0x[0-9a-f]+$/.test(text)) return Number.parseInt(text, 16);
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  if (/^[1-9][0-9]*$/.test(text)) return Number.parseInt(text, 10);
  return undefined;
}

/**
 * The canonical form of anything IP-shaped, else undefined.
 *
 * IPv4 in every notation that `inet_aton` takes (dotted, short, octal, hexadecimal, one decimal number) becomes dotted
 * decimal; IPv6, also bracketed or with a zone, becomes RFC 5952 without either. Expects lower case.
 */
export function canonicalIp(text: string): string | undefined {
  if (text.includes(':')) return canonicalIpv6(text);
  if (!/^[0-9]/.test(text)) return undefined;
  const texts = (text.endsWith('.') ? text.slice(0, -1) : text).split('.');
  if (texts.length > 4) return undefined;
  const parts: number[] = [];
  for (const each of texts) {
    const value = part(each);
    if (value === undefined) return undefined;
    parts.push(value);
  }
  const last = parts[parts.length - 1] ?? 0;
  if (parts.slice(0, -1).some((value) => value > 255) || last >= 256 ** (5 - parts.length)) return undefined;
  const number = parts.slice(0, -1).reduce((sum, value, i) => sum + value * 256 ** (3 - i), 0) + last;
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

function canonicalIpv6(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  return isIPv6(bare) ? new URL(`http://[${bare}]/`).hostname.slice(1, -1) : undefined;
}

/** Whether text is an IPv4 address in canonical form already, as in nearly every list: four numbers to 255 without leading zeros. */
export function isDottedDecimal(text: string): boolean {
  if (text.length < 7 || text.length > 15) return false;
  let value = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      if (value === -1) return false;
      dots++;
      value = -1;
    } else {
      if (code < 48 || code > 57 || value === 0) return false;
      value = (value === -1 ? 0 : value * 10) + code - 48;
      if (value > 255) return false;
    }
  }
  return dots === 3 && value !== -1;
}
