import { MAX_REJECT_SAMPLES, rejectSample } from '../../shared/samples.js';
import { classify, classifyUrl, type Entry, type Scope } from '../entries.js';

/**
 * What the lines of a body came to. `lines = comments + boilerplate + rows`; of the names on the rows,
 * `names = accepted + rejects + ignored`, repeats among the accepted included.
 */
export interface ParseCounts {
  lines: number;
  comments: number;
  boilerplate: number;
  rows: number;
  names: number;
  accepted: number;
  rejects: number;
  /** Those of the rejects that were exceptions: they leave names blocked, the others let names through. */
  exceptionsRefused: number;
  ignored: number;
  /** Accepted names whose form said "and all below" of a private public suffix, which stands for itself alone. */
  narrowed: number;
  /** Accepted names under a top level that the public suffix list does not know. */
  unknownTopLevel: number;
}

export interface ParseReport {
  readonly counts: ParseCounts;
  /** `LINE: reason: text`, at most {@link MAX_REJECT_SAMPLES}, control characters escaped. */
  readonly rejectSamples: readonly string[];
  /** What a trailer such as URLhaus's `# Number of entries: N` claims; null where there is none. */
  readonly claimedEntries: number | null;
  /** Why nothing in the body can be read, such as a header without a column that is needed; null where it can. */
  readonly refusal: string | null;
  /** Rules that the list switches off, wherever they stand in it, by {@link ruleOf}. */
  readonly badfilters: ReadonlySet<string>;
}

/** Badfilter rules kept of a body: they are held in memory until the whole of it was read. */
export const MAX_BADFILTERS = 100_000;

/**
 * What of a row takes the whole list to be understood. `datasets/harmful_domains/resolve.ts` does that, and keeps none of it.
 */
export interface Marks {
  /** Pattern of an Adblock rule with `N` for the name, where it is not `||N^`; `N` alone for a bare name or a hosts row. */
  readonly form?: string;
  /** The form meant all below, too; the entry was narrowed, as its name is a private public suffix. */
  readonly wide?: true;
  /** The row blocks what is below its name, or addresses of IPv6, and counts only beside a row that blocks the name. */
  readonly part?: keyof typeof PARTS;
  /** An exception only where the list blocks a name above; refused for this reason elsewhere. */
  readonly unlessCovered?: string;
  /** The row answers with real data: a zone of the same name that lets data answer rewrites, and blocks nothing. */
  readonly data?: true;
  /** The zone lets names pass whatever data the list has for them. */
  readonly ignoresData?: true;
  /** The zone lets data of names in it answer. */
  readonly answersData?: true;
  /** Of two rows that disagree on a name, the one of the higher rank wins; of equal ones the exception. @default 0 */
  readonly rank?: number;
}

/** Why a row that is half a statement is refused where the other half is missing. */
export const PARTS = { below: 'all below a name, but not the name', ipv6: 'addresses of IPv6 alone' } as const;

/** What a row says beyond its name. */
export interface Details {
  /** `allow`: an exception that its list makes from its own rules. @default 'block' */
  readonly action?: 'block' | 'allow';
  /** Options of an Adblock rule that keep the host, as written. */
  readonly options?: string;
  /** When the source says that it first saw the entry, ISO 8601. */
  readonly listed_at?: string;
  /** The source's own words for the threat. */
  readonly tags?: readonly string[];
  /** Why an operator allows or denies the name. */
  readonly reason?: string;
  /** When an operator's entry ends, ISO 8601. */
  readonly valid_until?: string;
  readonly marks?: Marks;
}

/** What a badfilter rule is held against: action, pattern, name, and options in any order. */
export function ruleOf(action: 'block' | 'allow', name: string, { options, marks }: Pick<Details, 'options' | 'marks'>): string {
  const said = [...new Set(options?.split(',') ?? [])].sort().join(',');
  return `${action}\t${marks?.form ?? '||N^'}\t${name}\t${said}`;
}

const NO_DETAILS: Details = {};

/** An entry, the line it stands on, and what the row says beyond it. */
export type EmitEntry = (entry: Entry, line: number, details: Details) => void;

/** Reads one body, line by line. Pure, and never throws on content. */
export interface LineParser {
  line(text: string, number: number, truncated: boolean): void;
  end?(): void;
}

export interface FormatOptions {
  /** Of a ranked list, rows up to this rank are entries; the others are ignored. @default - all */
  readonly top?: number;
  /** Hosts whose URLs stand for themselves, besides private public suffixes. @default - those of shared-hosts.ts */
  readonly isShared?: (host: string) => boolean;
  /** Told of each URL and who reported it, before anything is made of it; then nothing is: the body is read for evidence. */
  readonly watch?: (url: string, reporter: string | undefined) => void;
}

/** Makes the parser of one format, which tells `out` what each line is. */
export type Format = (out: Collector, options: FormatOptions) => LineParser;

/** Counts what the lines of a body are, classifies names, keeps samples of rejects. */
export class Collector {
  readonly counts: ParseCounts = {
    lines: 0,
    comments: 0,
    boilerplate: 0,
    rows: 0,
    names: 0,
    accepted: 0,
    rejects: 0,
    exceptionsRefused: 0,
    ignored: 0,
    narrowed: 0,
    unknownTopLevel: 0,
  };
  readonly rejectSamples: string[] = [];
  readonly badfilters = new Set<string>();
  claimedEntries: number | null = null;
  refusal: string | null = null;

  constructor(
    private readonly emit: EmitEntry,
    private readonly options: Pick<FormatOptions, 'isShared' | 'watch'> = {},
  ) {}

  /** A comment or a blank line. */
  comment(): void {
    this.counts.lines++;
    this.counts.comments++;
  }

  /** A row that the format wants for itself. */
  boilerplate(): void {
    this.counts.lines++;
    this.counts.boilerplate++;
  }

  /** A row with names: one call for the line, then one for each name. */
  row(): void {
    this.counts.lines++;
    this.counts.rows++;
  }

  reject(line: number, reason: string, text: string, action: Details['action'] = 'block'): void {
    this.counts.names++;
    this.counts.rejects++;
    if (action === 'allow') this.counts.exceptionsRefused++;
    if (this.rejectSamples.length < MAX_REJECT_SAMPLES) this.rejectSamples.push(rejectSample(line, reason, text));
  }

  /** A whole row that the contract does not want. */
  ignoreRow(): void {
    this.row();
    this.counts.names++;
    this.counts.ignored++;
  }

  /** A whole row that is refused. */
  rejectRow(line: number, reason: string, text: string, action: Details['action'] = 'block'): void {
    this.row();
    this.reject(line, reason, text, action);
  }

  /** A whole row that switches a rule of the list off: it stands for no name itself. */
  badfilter(raw: string, action: 'block' | 'allow', rule: Pick<Details, 'options' | 'marks'>): void {
    const named = classify(raw, 'subtree');
    if (named.kind === 'entry' && this.badfilters.size < MAX_BADFILTERS) this.badfilters.add(ruleOf(action, named.entry.name, rule));
    this.ignoreRow();
  }

  name(raw: string, scope: Scope, line: number, details: Details = NO_DETAILS): void {
    this.take(classify(raw, scope), raw, line, details);
  }

  url(raw: string, line: number, details: Details = NO_DETAILS, reporter?: string): void {
    const { watch, isShared } = this.options;
    if (watch !== undefined) watch(raw, reporter);
    else this.take(classifyUrl(raw, isShared), raw, line, details);
  }

  /** A URL that its list says stands for itself. */
  urlItself(raw: string, line: number, details: Details): void {
    this.take(
      classifyUrl(raw, () => true),
      raw,
      line,
      details,
    );
  }

  private take(classified: ReturnType<typeof classify>, raw: string, line: number, details: Details): void {
    const { counts } = this;
    switch (classified.kind) {
      case 'reject':
        this.reject(line, classified.reason, raw, details.action);
        return;
      case 'ignored':
        counts.names++;
        counts.ignored++;
        return;
      case 'entry':
        counts.names++;
        counts.accepted++;
        if (classified.unknownTopLevel) counts.unknownTopLevel++;
        if (!classified.narrowed) {
          this.emit(classified.entry, line, details);
          return;
        }
        counts.narrowed++;
        this.emit(classified.entry, line, details.action === 'allow' ? { ...details, marks: { ...details.marks, wide: true } } : details);
    }
  }
}
