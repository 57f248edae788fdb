/** What a doctor found of one thing. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly found: string;
  /** How to mend it; empty where all is well. */
  readonly remedy: string;
}
