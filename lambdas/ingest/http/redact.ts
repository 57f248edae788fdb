import { urlOf } from '../../../datasets/shared/url.js';
import { visible } from '../../../datasets/shared/visible.js';

const SECRET_NAME = /key|token|secret|auth|pass|sig|credential/i;

/** A URL as logs and reasons may hold it: no user information, no value of a parameter that sounds like a secret. */
export function redactUrl(text: string): string {
  const url = urlOf(text);
  if (url === undefined) return '(no URL)';
  url.username = '';
  url.password = '';
  for (const name of [...url.searchParams.keys()]) if (SECRET_NAME.test(name)) url.searchParams.set(name, '***');
  return url.href;
}

/** A reason as logs, metrics and tables may hold it: neither secrets nor control characters, however a server words them. */
export function redact(text: string, url: string, secrets: readonly string[]): string {
  let told = text.replaceAll(url, redactUrl(url));
  for (const secret of secrets) if (secret !== '') told = told.replaceAll(secret, '***');
  return visible(told).slice(0, 500);
}
