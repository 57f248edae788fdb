/** Text with its control and format characters, and Unicode's line ends, written as escapes: it can write neither lines nor colours into a log or a terminal. */
export const visible = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
