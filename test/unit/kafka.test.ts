import { describe, expect, test } from 'vitest';
import { kafkaSettings } from '../../lambdas/shared/kafka.js';

const settings = (auth: 'iam' | 'none') => kafkaSettings({ bootstrapServers: 'a:9098,b:9098', auth, region: 'eu-west-1' }, 'c');

describe('a Kafka client', () => {
  test('waits a second and more on MSK, whose small brokers take four new connections a second with IAM', () => {
    const { retry: { initialRetryTime = 0, factor = 0, maxRetryTime = 0, retries = 0 } = {}, ssl, sasl } = settings('iam');
    // kafkajs waits a share (`factor`) more or less.
    expect(initialRetryTime * (1 - factor)).toBeGreaterThanOrEqual(1_000);
    const longest = Array.from({ length: retries }, (_, i) => Math.min(maxRetryTime, initialRetryTime * 2 ** i) * (1 + factor)).reduce((sum, each) => sum + each, 0);
    expect(longest, 'the shortest function has a minute').toBeLessThan(50_000);
    expect([ssl, sasl?.mechanism]).toEqual([true, 'oauthbearer']);
  });

  test('is quick on this machine', () => {
    expect(settings('none')).toMatchObject({ brokers: ['a:9098', 'b:9098'], retry: { initialRetryTime: 200 } });
    expect(settings('none')).not.toHaveProperty('sasl');
  });
});
