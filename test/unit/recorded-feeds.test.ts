import { expect, test } from 'vitest';
import { isLoopbackUrl, recordedFeeds } from '../../lambdas/shared/recorded-feeds.js';

const url = 'http://127.0.0.1:4570';

test('recorded feeds are taken on this machine, and none where none are named', () => {
  expect(recordedFeeds({ SLUICE_FEEDS_URL: url, AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' })).toBe(url);
  expect(recordedFeeds({ SLUICE_FEEDS_URL: url, AWS_ENDPOINT_URL: 'http://localhost:4566' })).toBe(url);
  expect(recordedFeeds({ AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' })).toBeUndefined();
  expect(recordedFeeds({ SLUICE_FEEDS_URL: '' })).toBeUndefined();
});

test.each([
  ['on AWS, which names no endpoint', { SLUICE_FEEDS_URL: url }],
  ['with an endpoint of AWS', { SLUICE_FEEDS_URL: url, AWS_ENDPOINT_URL: 'https://vpce-1.example' }],
])('a function %s refuses them', (_where, env) => expect(() => recordedFeeds(env)).toThrow('SLUICE_FEEDS_URL is set, and this is not the local stage'));

test('a function refuses those of another machine', () =>
  expect(() => recordedFeeds({ SLUICE_FEEDS_URL: 'http://192.0.2.7/', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })).toThrow('"http://192.0.2.7/", which is not on this machine'));

test.each([
  ['http://127.0.0.1:1', true],
  ['http://127.1.2.3', true],
  ['http://[::1]:1', true],
  ['https://localhost', true],
  ['http://127.0.0.1.example', false],
  ['http://localhost.example', false],
  ['ftp://127.0.0.1', false],
  ['http://127.0.0.1@feeds.example/', false],
])('%s is of this machine: %s', (given, expected) => expect(isLoopbackUrl(given)).toBe(expected));
