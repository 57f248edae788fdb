/** Texts of an `IN (...)`. */
export const quoted = (texts: readonly string[]): string => texts.map((text) => `'${text.replaceAll("'", "''")}'`).join(', ');
export const number = (text: string | null | undefined): number | null => (text === null || text === undefined ? null : Number(text));
export const instant = (text: string | null | undefined): string | null => (text ? new Date(`${text.replace(' UTC', '').replace(' ', 'T')}Z`).toISOString() : null);
export const list = (text: string | null | undefined): string[] => (text ? text.split('\u001f') : []);
