import type { HttpSource } from '../../../contracts/index.js';
import { parseHosts } from './hosts.js';
import type { Parser } from './parsed.js';

/** The parser of each format that a contract can name. */
export const PARSERS: Readonly<Record<HttpSource['format'], Parser>> = { hosts: parseHosts };
