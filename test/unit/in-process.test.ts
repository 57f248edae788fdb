import { expect, test } from 'vitest';
import { runHere } from '../support/in-process.js';

test('commands run in this process end with codes and words of their own, and what else is written is not theirs', async () => {
  const commands = Promise.all([runHere(['cost', '--region', 'mars-north-1']), runHere(['--version']), runHere(['frobnicate']), runHere(['clean'])]);
  process.stderr.write('  said beside them\n');
  const [unknown, version, wrong, asked] = await commands;
  expect(unknown).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^sluice: no prices are known for region "mars-north-1"/) });
  expect(version).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' });
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error: unknown command 'frobnicate'/) });
  expect(asked).toMatchObject({ code: 2, stderr: expect.stringMatching(/^sluice: say what to remove/) });
  expect(process.exitCode).toBeUndefined();
});
