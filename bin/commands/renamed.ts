/** Commands that have another name now; the former one goes on working, with a notice. */
export const RENAMED: Readonly<Record<string, string>> = {
  check: 'health',
  'serve-lists': 'serve-export',
};

/** The words of a command line with the command's name of today. @param tell what is said of a former name */
export function withNamesOfToday(words: readonly string[], tell: (notice: string) => void): string[] {
  const at = words[0] === 'help' ? 1 : 0;
  const former = words[at] ?? '';
  const name = Object.hasOwn(RENAMED, former) ? RENAMED[former] : undefined;
  if (name === undefined) return [...words];
  tell(`${former} is now ${name}: ./sluice ${name}`);
  return words.with(at, name);
}
