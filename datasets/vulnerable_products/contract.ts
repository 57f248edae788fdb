import { defineDataset } from '../../contracts/dataset.js';

export const vulnerableProducts = defineDataset({
  name: 'vulnerable_products',
  version: 1,
  owner: 'sluice',
  description: 'Products that the catalogue of exploited vulnerabilities names, one by one: a row per product and record, where the catalogue names several in one text.',
  terms: 'Made of vulnerabilities: CC0 1.0, public domain.',
  derived: { from: 'vulnerabilities' },
  record: {
    order: ['sequence'],
    fields: {
      source: { type: 'string', description: 'Source of the catalogue', example: 'cisa_kev' },
      cve_id: { type: 'string', description: 'Vulnerability', example: 'CVE-2021-44228' },
      vendor: { type: 'string', description: 'Vendor or project', example: 'Apache' },
      product: { type: 'string', description: 'One product', example: 'Log4j2' },
      event: { type: 'string', description: 'added, changed or gone, of the vulnerability', example: 'added' },
      sequence: { type: 'bigint', description: 'Number of the source’s snapshot in which that happened', example: 1 },
    },
  },
  rules: [
    { kind: 'notNull', name: 'product_present', field: 'product', action: 'quarantine' },
    { kind: 'maxLength', name: 'product_length', field: 'product', characters: 300, action: 'quarantine' },
  ],
  tables: [
    {
      layer: 'gold',
      name: 'vulnerable_products',
      kind: 'state',
      writer: 'gold',
      description: 'One row per product: its vulnerabilities that the catalogue has now, and those that it once had.',
      key: ['source', 'vendor', 'product'],
      columns: {
        source: { type: 'string', description: 'Source of the catalogue' },
        vendor: { type: 'string', description: 'Vendor or project' },
        product: { type: 'string', description: 'Product' },
        named: {
          type: 'array<struct<cve_id:string,sequence:bigint,current:boolean>>',
          description:
            'Each vulnerability that ever named it, by identifier, and the snapshot that last did; current says whether the catalogue has it, by the last record of it that named the product',
        },
      },
    },
  ],
  service: { triggerSeconds: 180, background: true, freshnessMinutes: { silver: 90, gold: 120 }, severity: 'ticket' },
  queries: [
    {
      name: 'vulnerable_products',
      description: 'Products by their known exploited vulnerabilities',
      sql: `SELECT vendor, product, cardinality(filter(named, n -> n.current)) AS vulnerabilities FROM gold.vulnerable_products
WHERE any_match(named, n -> n.current) ORDER BY vulnerabilities DESC, vendor, product LIMIT 50`,
    },
  ],
});
