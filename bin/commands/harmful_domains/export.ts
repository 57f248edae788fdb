import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { target } from '../../lake/target.js';
import { bytes, printJson, printRows, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';
import { exportBucket, exportRoot, readExported, readManifest, runExport } from './export/bucket.js';
import { chosen, EXPORT_FORMATS, type ExportChoice, TIERS, validateChoice } from './export/choice.js';

interface ExportOptions extends ExportChoice {
  readonly out?: string;
  readonly json?: boolean;
  readonly stage: string;
}

export const exportCommand = () =>
  newCommand('export', 'write the lists that resolvers load: three tiers by confidence, nine formats, a manifest', [
    './sluice export --out .sluice/lists',
    './sluice export --tier light --format hosts',
  ])
    .option('--licences <names>', 'lists of sources under these licences alone, separated by commas; under paths of their own')
    .option('--out <folder>', 'copy the lists there, checked')
    .option('--tier <name>', `show and copy this tier alone: ${TIERS.join(', ')}`)
    .option('--format <name>', `show and copy this format alone: ${EXPORT_FORMATS.join(', ')}`)
    .addOption(jsonOption('the manifest'))
    .addOption(stageOption())
    .action(exportAll);

async function exportAll(options: ExportOptions): Promise<void> {
  const licences = validateChoice(options);
  const lake = target(options.stage);
  const bucket = await exportBucket(lake);
  say('exporting: Spark reads one version of gold.harmful_domains and writes every tier and format ...');
  await runExport(lake, licences);
  const manifest = await readManifest(lake, bucket, exportRoot(licences));
  const files = chosen(manifest, options);
  if (options.out !== undefined) {
    mkdirSync(options.out, { recursive: true });
    for (const file of files) writeFileSync(join(options.out, basename(file.path)), await readExported(lake, bucket, file));
    writeFileSync(join(options.out, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
    say(`${files.length} lists and manifest.json are in ${options.out}`);
  }
  if (options.json) return printJson(manifest);
  printRows(
    ['tier', 'format', 'entries', 'size', 'path'],
    files.map((file) => [file.tier, file.format, String(file.entries), bytes(file.bytes), file.latest]),
  );
  for (const [tier, { entries, added, removed }] of Object.entries(manifest.tiers))
    say(`${tier}: ${entries} entries, ${added} added and ${removed} removed since ${manifest.previous ?? 'never'}`);
  say(`version ${manifest.version}; subscribe with ./sluice serve-export, or by CloudFront on AWS (docs/lists.md says who should use which)`);
}
