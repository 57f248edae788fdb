import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { driverPython, sparkProfile } from '../../localstack/front-door/spark-profile.js';
import { homeAt } from '../../localstack/paths.js';

const work = realpathSync(mkdtempSync(join(tmpdir(), 'profile with space ')));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('settings of a driver on this machine', () => {
  const home = { ...homeAt(join(work, 'home')), tools: join(work, 'tools') };
  for (const part of ['python', 'jars', 'classes']) {
    mkdirSync(join(work, 'cache', part), { recursive: true });
    mkdirSync(home.tools, { recursive: true });
    symlinkSync(join(work, 'cache', part), join(home.tools, part));
  }
  const javaOptions = () => sparkProfile(home, { s3Endpoint: 'http://127.0.0.1:9', uiPort: 0, memory: '1g', runTmp: work })['spark.driver.extraJavaOptions'];

  test('go without an archive of classes where none could be made', () => expect(javaOptions()).not.toContain('SharedArchiveFile'));

  test('map the archive where it is, and name what it was made with by its real path', () => {
    writeFileSync(join(work, 'cache', 'classes', 'spark.jsa'), '');
    expect(javaOptions()).toContain(`"-XX:SharedArchiveFile=${join(work, 'cache', 'classes', 'spark.jsa')}"`);
    expect(driverPython(home)).toBe(join(work, 'cache', 'python', 'bin', 'python'));
    expect(sparkProfile(home, { s3Endpoint: '', uiPort: 0, memory: '1g', runTmp: work })['spark.driver.extraClassPath']).toBe(join(work, 'cache', 'jars', 'spark', '*'));
  });
});
