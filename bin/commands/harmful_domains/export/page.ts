import type { Manifest } from './manifest.js';

const html = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** What there is, for a browser. */
export function page(manifest: Manifest): string {
  const rows = Object.entries(manifest.tiers).map(
    ([tier, { entries, least_confidence, files }]) =>
      `<tr><th>${html(tier)}</th><td>${entries}</td><td>${least_confidence}</td><td>${Object.entries(files)
        .map(([format, { latest }]) => `<a href="/${html(latest)}">${html(format)}</a>`)
        .join(' ')}</td></tr>`,
  );
  const sources = manifest.sources.map(({ name, licence, attribution }) => `<li>${html(name)}: ${html(licence)} <a href="${html(attribution)}">${html(attribution)}</a></li>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sluice lists</title>
<style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}td,th{text-align:left;padding:.3rem 1rem .3rem 0;vertical-align:top}</style>
<h1>Lists of harmful names</h1><p>Version ${html(manifest.version)}, as of ${html(manifest.as_of)}. <a href="/lists/latest/manifest.json">manifest.json</a></p>
<table><tr><th>tier</th><th>entries</th><th>least confidence</th><th>formats</th></tr>${rows.join('')}</table>
<h2>Sources</h2><ul>${sources.join('')}</ul></html>
`;
}
