import type { Recording } from '../../contracts/recording.js';

const VENDORS = [
  ['Example Networks', 'Edge Gateway'],
  ['Example Networks', 'Edge Gateway and Core Gateway'],
  ['Sample Software', 'Mail Server'],
  ['Sample Software', 'Document Viewer, Document Editor'],
  ['Specimen Project', 'Web Framework'],
] as const;
const DAY_MS = 24 * 3600 * 1000;
const RECORDS = 1_200;

const day = (offset: number): string => new Date(Date.UTC(2024, 0, 1) + offset * DAY_MS).toISOString().slice(0, 10);

/** A catalogue of the shape of CISA's; its vendors, products and identifiers (of the year 1900) are made up. */
export const recording: Recording = {
  body(_source, random) {
    const vulnerabilities = Array.from({ length: RECORDS }, (_, i) => {
      const [vendorProject, product] = VENDORS[Math.floor(random() * VENDORS.length)] as (typeof VENDORS)[number];
      return {
        cveID: `CVE-1900-${String(10_000 + i)}`,
        vendorProject,
        product,
        vulnerabilityName: `${vendorProject} ${product} Vulnerability ${i + 1}`,
        dateAdded: day(Math.floor(i / 2)),
        shortDescription: `${product} has a made-up vulnerability.`,
        requiredAction: 'Nothing: it is made up.',
        dueDate: day(Math.floor(i / 2) + 21),
        knownRansomwareCampaignUse: random() < 0.2 ? 'Known' : 'Unknown',
        notes: '',
        cwes: random() < 0.7 ? [`CWE-${Math.floor(random() * 900) + 1}`] : [],
      };
    });
    return `${JSON.stringify({ title: 'A made-up catalogue', catalogVersion: '2026.11.01', dateReleased: '2026-11-01T00:00:00.000Z', count: vulnerabilities.length, vulnerabilities })}\n`;
  },
};
