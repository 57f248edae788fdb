const LAYER_REFERENCE = /('(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*)|\b(bronze|silver|gold|quarantine|ops)(?=\s*\.\s*[a-z_"])/gi;

/**
 * Puts a stage's database names where SQL speaks of layers: `gold.x` becomes `sluice_dev_gold.x`. Text in quotes and
 * comments stays, and so does a qualified reference such as `catalog.gold.x`'s first part.
 */
export function qualifyDatabases(sql: string, databaseOf: (layer: string) => string): string {
  return sql.replace(LAYER_REFERENCE, (match, untouched: string | undefined, layer: string | undefined) =>
    untouched === undefined && layer !== undefined ? databaseOf(layer.toLowerCase()) : match,
  );
}
