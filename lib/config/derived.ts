import type { Config } from './schema.js';

/** Whether data goes with its stack. Config must say so twice. */
export const deletesData = (config: Config): boolean => !config.retainData && config.deleteDataOf === config.stage;

/** Minutes between two canaries of a dataset. */
export const canaryMinutes = ({ monitoring }: Pick<Config, 'monitoring'>): number => Math.max(monitoring.everyMinutes, monitoring.canaryMinutes ?? 0);

const MONTH_HOURS = 730;

/** Hours of a month (730) in which the streaming jobs run. */
export function hoursAwake({ medallion: { window } }: Pick<Config, 'medallion'>): number {
  if (window === undefined) return MONTH_HOURS;
  return (MONTH_HOURS * ((window.toHour - window.fromHour + 24) % 24 || 24)) / 24;
}

/** What is allowed and likely not meant, for whoever deploys. */
export function warningsOf({ stage, monitoring: { page, ticket } }: Config): string[] {
  if (stage === 'local') return [];
  const nobody = ({ emails, urls, slack }: Config['monitoring']['page']) => emails.length === 0 && urls.length === 0 && slack === undefined;
  if (!nobody(page)) return [];
  return [
    `nobody is told when stage ${stage} stands still${nobody(ticket) ? ', nor of anything else' : ''}: set SLUICE_PAGE_EMAILS, SLUICE_PAGE_URLS or SLUICE_PAGE_SLACK in .env, and deploy again`,
  ];
}
