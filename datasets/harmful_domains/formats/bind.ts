import type { Collector, Format } from './parsed.js';

/** A statement that goes on for more lines is taken for a mistake of its first. */
const MAX_LINES = 64;
const USUAL = /^zone\s+"([^"\s]+)"(?:\s+IN)?\s*\{([^{}"]*(?:"[^"]*"[^{}"]*)*)\}\s*;$/i;
const ZONE = /^zone\s+"?([^"\s{]*)"?(?:\s+"?([a-z]+)"?)?\s*\{([\s\S]*)\}$/i;
const SERVED = /\btype\s+(?:master|primary)\b/i;

/**
 * BIND's `zone "d" { … };` (named.conf), on one line or several, its name quoted or not, with or without a class: an empty
 * zone that is served takes over the name and everything below it (`redirect` is of the root alone). Comments are `#`, `//` and C's.
 */
export const bind: Format = (out) => {
  const reader = new ConfReader(out);
  return {
    line(text, number, truncated) {
      const usual = reader.idle && !truncated ? USUAL.exec(text) : null;
      if (usual === null) return reader.line(text, number, truncated);
      out.row();
      zone(out, usual[1] ?? '', usual[2] ?? '', number);
    },
    end: () => reader.end(),
  };
};

function zone(out: Collector, name: string, body: string, number: number) {
  if (SERVED.test(body)) out.name(name, 'subtree', number);
  else out.reject(number, 'zone that is not served from here', name);
}

class ConfReader {
  idle = true;
  private statement = '';
  private begun = 0;
  private lines = 0;
  private depth = 0;
  private inComment = false;
  private told = false;

  constructor(private readonly out: Collector) {}

  line(text: string, number: number, truncated: boolean) {
    const { out } = this;
    const content = this.withoutComments(text).trim();
    if (content === '') {
      this.idle = !this.inComment && this.statement === '';
      return out.comment();
    }
    if (truncated) return out.rejectRow(number, 'line too long', content);
    if (this.statement === '') {
      this.begun = number;
      this.lines = 0;
    }
    this.told = false;
    this.lines++;
    // A zone inside a zone: its brace or semicolon is missing.
    if (/^zone\s/i.test(content) && /^zone\b/i.test(this.statement)) this.broken(number);
    for (const piece of content.match(/"[^"]*"|[{};]|[^{};"]+|"/g) ?? []) {
      if (this.depth === 0 && this.statement.endsWith('}') && piece !== ';' && piece.trim() !== '') this.broken(number);
      if (piece === '{') this.depth++;
      if (piece === '}') this.depth = Math.max(0, this.depth - 1);
      if (piece === ';' && this.depth === 0) this.ended();
      else this.statement += piece;
    }
    if (this.statement !== '') this.statement += ' ';
    this.statement = this.statement.trimStart();
    // What begins with no word of its own ends with its line, so that a broken line costs itself.
    if (
      this.statement !== '' &&
      (this.lines > MAX_LINES || (this.depth === 0 && !/^(?:zone|options|view|acl|key|logging|include|controls|masters|primaries)\b/i.test(this.statement)))
    )
      this.ended();
    if (!this.told) out.boilerplate();
    this.idle = !this.inComment && this.statement === '';
  }

  end() {
    if (this.statement !== '') this.broken(this.begun);
  }

  /** Refuses a statement whose end is missing; the next begins. */
  private broken(next: number) {
    this.out.reject(this.begun, 'statement without its end', this.statement);
    this.statement = '';
    this.depth = 0;
    this.begun = next;
    this.lines = 1;
  }

  private ended() {
    const { out } = this;
    const statement = this.statement.trim();
    this.statement = '';
    this.depth = 0;
    if (statement === '') return;
    if (!this.told) out.row();
    this.told = true;
    const [whole, name = '', group, body = ''] = ZONE.exec(statement) ?? [];
    if (whole === undefined) return out.reject(this.begun, /^include\b/i.test(statement) ? 'include of another file' : 'line that is no zone', statement);
    if (group !== undefined && !/^in$/i.test(group)) return out.reject(this.begun, `zone of class ${group}`, name);
    zone(out, name, body, this.begun);
  }

  private withoutComments(text: string): string {
    if (!this.inComment && !/[#/]/.test(text)) return text;
    let kept = '';
    for (const piece of text.match(/"[^"]*"|\/\*|\*\/|\/\/|#|[^"/*#]+|[\s\S]/g) ?? []) {
      if (this.inComment) this.inComment = piece !== '*/';
      else if (piece === '/*') this.inComment = true;
      else if (piece === '//' || piece === '#') break;
      else kept += piece;
    }
    return kept;
  }
}
