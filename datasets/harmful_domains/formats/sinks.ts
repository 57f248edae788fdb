/** Addresses that stand for no machine but the asking one: who answers with them blocks. */
const SINKS: ReadonlySet<string> = new Set(['0.0.0.0', '127.0.0.1', '::', '::1']);

export const isSink = (address: string): boolean => SINKS.has(address);
