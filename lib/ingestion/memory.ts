/**
 * V8 takes memory as it finds it: left alone, a list of a million names is read with 280 MB, of which 40 are held. Small
 * young and old spaces make it collect instead; bench/ingest measures with the same ones.
 */
export const INGEST_NODE_OPTIONS = ['--max-semi-space-size=4', '--max-old-space-size=256'] as const;
