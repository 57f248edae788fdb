const SIDE_BY_SIDE = 4;

/** Calls `work` for each item, a few at a time; results in the order of the items. */
export async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = items.map((item, i) => [item, i] as const);
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) results[next[1]] = await work(next[0]);
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, items.length) }, worker));
  return results;
}
