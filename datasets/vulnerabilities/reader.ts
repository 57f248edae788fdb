import { dayOf, documentReader, Rejected, textOf, textsOf } from '../shared/document-reader.js';
import { vulnerabilities } from './contract.js';

const CVE = /^CVE-\d{4}-\d{4,19}$/;

/** A word that stands for yes or no; null where it is missing, `Unknown` is no knowledge of it. @throws Rejected for any other */
function verdictOf(record: unknown, name: string, yes: string, no: string): boolean | null {
  const text = textOf(record, name);
  if (text === null) return null;
  if (text !== yes && text !== no) throw new Rejected(`${name} is neither ${yes} nor ${no}`);
  return text === yes;
}

/** Reads the catalogue of known exploited vulnerabilities, by the names of CISA's JSON schema. */
export const reader = documentReader(vulnerabilities, (record) => {
  const cve_id = textOf(record, 'cveID');
  if (cve_id !== null && !CVE.test(cve_id)) throw new Rejected('cveID is no CVE-YYYY-NNNN');
  return {
    cve_id,
    vendor: textOf(record, 'vendorProject'),
    product: textOf(record, 'product'),
    name: textOf(record, 'vulnerabilityName'),
    date_added: dayOf(record, 'dateAdded'),
    date_due: dayOf(record, 'dueDate'),
    ransomware: verdictOf(record, 'knownRansomwareCampaignUse', 'Known', 'Unknown'),
    description: textOf(record, 'shortDescription'),
    required_action: textOf(record, 'requiredAction'),
    forensic_triage: verdictOf(record, 'forensicTriage', 'Yes', 'No'),
    notes: textOf(record, 'notes'),
    weaknesses: textsOf(record, 'cwes'),
  };
});
