/** Rejects kept as samples per body; all are counted. */
export const MAX_REJECT_SAMPLES = 20;
const MAX_SAMPLE_CHARACTERS = 120;

/** `PLACE: REASON: TEXT`, bounded; the reason may quote the text, as JSON.parse's does. */
export function rejectSample(place: number, reason: string, text: string): string {
  const safe = (part: string) => JSON.stringify(part.slice(0, MAX_SAMPLE_CHARACTERS)).slice(1, -1);
  return `${place}: ${safe(reason)}: ${safe(text)}`;
}
