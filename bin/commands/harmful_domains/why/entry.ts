import { classify, classifyUrl, type Entry } from '../../../../datasets/harmful_domains/entries.js';
import { CliError, EXIT } from '../../../output.js';

/** The entry that a word of the command line means. @throws CliError saying why it can be none */
export function entryOf(word: string): Entry {
  const classified = /^https?:\/\//i.test(word) ? classifyUrl(word) : classify(word.replace(/^\*\./, ''), 'exact');
  if (classified.kind === 'entry') return classified.entry;
  throw new CliError(`${JSON.stringify(word.slice(0, 80))}: ${classified.kind === 'reject' ? classified.reason : 'stands for nothing'}`, EXIT.misuse);
}

/**
 * The entries that a word may mean, what it says itself first. A URL stands for itself where its list's evidence had it
 * that many share the host (docs/validity.md), else for its host: only Gold knows which.
 */
export function entriesOf(word: string): Entry[] {
  const entry = entryOf(word);
  const itself = entry.type === 'domain' && /^https?:\/\//i.test(word) ? classifyUrl(word, () => true) : null;
  return itself?.kind === 'entry' && itself.entry.type === 'url' ? [itself.entry, entry] : [entry];
}

/** The name and the names above it, nearest first, down to two labels. */
export function lineage({ type, name }: Entry): string[] {
  if (type !== 'domain') return [name];
  const labels = name.split('.');
  return labels.slice(0, -1).map((_, i) => labels.slice(i).join('.'));
}

/** `ads[.]example[.]com`, `hxxps://…`: text that no program takes for a link. */
export const defang = (text: string): string => text.replaceAll('.', '[.]').replace(/^http/i, 'hxxp').replaceAll('://', '[://]');
