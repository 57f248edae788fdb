import { inWords } from './health.js';
import { freshnessMatrix, type Overview, progressRows } from './overview.js';

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const cell = (text: string, mark = ''): string => `<td${mark === '' ? '' : ` class="${mark}"`}>${escaped(text)}</td>`;
const MARK: Readonly<Record<string, string>> = { ok: 'good', OK: 'good', degraded: 'fair', failed: 'bad', ALARM: 'bad', skipped: 'idle', INSUFFICIENT_DATA: 'idle' };
const HEALTH = (value: number): [string, string] => (value === 1 ? ['well', 'good'] : value === 0 ? ['failed', 'bad'] : ['degraded', 'fair']);

const table = (title: string, head: readonly string[], rows: readonly string[]): string =>
  `<section><h2>${escaped(title)}</h2>${
    rows.length === 0
      ? '<p>None.</p>'
      : `<table><thead><tr>${head.map((each) => `<th>${escaped(each)}</th>`).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row}</tr>`).join('')}</tbody></table>`
  }</section>`;

const STYLE = `:root{color-scheme:light dark;--good:#1a7f37;--fair:#9a6700;--bad:#cf222e;--idle:#6e7781;--line:#d0d7de55}
body{font:15px/1.45 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.3rem}h2{font-size:1rem;margin:1.6rem 0 .4rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
.good{color:var(--good)}.fair{color:var(--fair);font-weight:600}.bad{color:var(--bad);font-weight:700}.idle{color:var(--idle)}
.parts{display:flex;flex-wrap:wrap;gap:.6rem}.part{border:1px solid var(--line);border-radius:.4rem;padding:.4rem .8rem}`;

/** The overview as a page that needs nothing but a browser, and looks again by itself. */
export function page(overview: Overview, now: number): string {
  const { report, alarms, stage } = overview;
  const ago = (time: number) => `${inWords((now - time) / 60_000)} ago`;
  const firing = alarms.filter(({ state }) => state === 'ALARM');
  const parts = Object.entries(report?.health ?? {}).map(([name, value]) => {
    const [word, mark] = HEALTH(value);
    return `<div class="part">${escaped(name)} <span class="${mark}">${word}</span></div>`;
  });
  const sections =
    report === null
      ? ['<p>The monitor has not run yet: <code>./sluice health</code> runs it now.</p>']
      : [
          `<p>Looked at ${escaped(new Date(report.finishedAt).toISOString())}, ${ago(report.finishedAt)}; ${overview.failedChecksTotal} checks of ${overview.runsTotal} runs have failed.</p>`,
          `<div class="parts">${parts.join('')}</div>`,
          table(
            'Checks',
            ['check', 'state', 'found'],
            report.checks.map(({ check, state, summary }) => cell(check) + cell(state, MARK[state]) + cell(summary)),
          ),
          table(
            'Age of what waits, minutes; 0 where nothing does',
            ['dataset', 'bronze', 'silver', 'gold'],
            freshnessMatrix(report).map(
              ({ dataset, minutes }) => cell(dataset) + [minutes.bronze, minutes.silver, minutes.gold].map((each) => cell(each === null ? '' : each.toFixed(1))).join(''),
            ),
          ),
          table(
            'Behind',
            ['dataset', 'layer', 'records', 'a second', 'time left'],
            progressRows(overview.progress).map((row) => row.map((each) => cell(each)).join('')),
          ),
          table(
            'Looked at',
            ['what', 'state', 'found'],
            report.checks.flatMap(({ findings }) => findings.map(({ subject, state, message }) => cell(subject) + cell(state, MARK[state]) + cell(message))),
          ),
        ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="15">
<title>${escaped(stage)}: ${firing.length === 0 ? 'no alarm' : `${firing.length} in alarm`}</title><style>${STYLE}</style></head>
<body><h1>${escaped(stage)}</h1>
${table(
  'In alarm',
  ['alarm', 'since', 'what it means'],
  firing.map(({ name, since, description }) => cell(name, 'bad') + cell(ago(since)) + cell(description)),
)}
${sections.join('\n')}
${table(
  'All alarms',
  ['alarm', 'state'],
  alarms.map(({ name, state }) => cell(name) + cell(state, MARK[state])),
)}
</body></html>
`;
}
