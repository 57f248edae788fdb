export interface CostItem {
  readonly service: string;
  readonly what: string;
  /** A month of 730 hours, USD. */
  readonly monthly: number;
  /** Whom it is for; null where all datasets stand on it. */
  readonly dataset: string | null;
  /** Logical id, to find it again; empty for what runs. */
  readonly resource: string;
  /** Whether deleting the stacks leaves it, and its bill. */
  readonly stays: boolean;
}

export const total = (items: readonly Pick<CostItem, 'monthly'>[]): number => items.reduce((sum, { monthly }) => sum + monthly, 0);

/** Like items in one line, the largest first. */
export function grouped(items: readonly CostItem[]): CostItem[] {
  const lines = new Map<string, { item: CostItem; count: number; monthly: number }>();
  for (const item of items) {
    const key = JSON.stringify([item.service, item.what, item.stays, item.dataset]);
    const line = lines.get(key);
    if (line) {
      line.count++;
      line.monthly += item.monthly;
    } else lines.set(key, { item, count: 1, monthly: item.monthly });
  }
  return [...lines.values()]
    .map(({ item, count, monthly }) => ({ ...item, what: count > 1 ? `${count} × ${item.what}` : item.what, monthly }))
    .sort((a, b) => b.monthly - a.monthly);
}

/** What each dataset costs, the largest first; `null` is what they share. */
export function byDataset(items: readonly CostItem[]): { readonly dataset: string | null; readonly monthly: number }[] {
  const sums = new Map<string | null, number>();
  for (const { dataset, monthly } of items) sums.set(dataset, (sums.get(dataset) ?? 0) + monthly);
  return [...sums].map(([dataset, monthly]) => ({ dataset, monthly })).sort((a, b) => b.monthly - a.monthly);
}
