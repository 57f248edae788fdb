import { relative } from 'node:path';
import type { Outcome, Timing } from './outcome.js';

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    /** The file's whole path. */
    readonly name: string;
    readonly status: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string; readonly duration?: number | null }[];
  }[];
}

const SKIPPED: readonly string[] = ['skipped', 'pending', 'todo'];

/** What stands before, between and after a file's tests: a lake that starts is in no test's time. */
const SET_UP_SHOWN_MS = 1_000;

/** Of vitest's JSON report. A file that could not even be loaded counts as one failure. */
export function ofVitest(text: string, root: string): Outcome {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(text) as VitestReport;
  const unloaded = testResults.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some((each) => each.status === 'failed')).length;
  const timings = testResults.flatMap(({ name, startTime, endTime, assertionResults }): Timing[] => {
    const file = relative(root, name);
    const tests = assertionResults.map(({ fullName, duration }) => ({ name: `${file}: ${fullName}`, ms: duration ?? 0 }));
    const rest = endTime - startTime - tests.reduce((sum, { ms }) => sum + ms, 0);
    return rest < SET_UP_SHOWN_MS ? tests : [...tests, { name: `${file}: beside its tests`, ms: rest }];
  });
  return {
    passed: numPassedTests,
    failed: numFailedTests + unloaded,
    skips: testResults.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => SKIPPED.includes(status)).map(({ fullName }) => fullName)),
    timings,
  };
}

const decoded = (text: string): string => text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#10;', ' ').replaceAll('&amp;', '&');

const attribute = (tag: string, name: string): string => decoded(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '');

/** Of pytest's JUnit report. @param code with which pytest ended: where it ended badly, something failed */
export function ofPytest(xml: string, code: number): Outcome {
  const suite = /<testsuite [^>]*>/.exec(xml)?.[0] ?? '';
  const count = (name: string) => Number(attribute(suite, name));
  const failed = count('failures') + count('errors');
  return {
    passed: count('tests') - failed - count('skipped'),
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skips: [...xml.matchAll(/<skipped [^>]*>/g)].map(([tag]) => attribute(tag, 'message')),
    timings: [...xml.matchAll(/<testcase [^>]*>/g)].map(([tag]) => ({
      name: `${attribute(tag, 'classname').replaceAll('.', '/')}.py: ${attribute(tag, 'name')}`,
      ms: Number(attribute(tag, 'time')) * 1000,
    })),
  };
}
