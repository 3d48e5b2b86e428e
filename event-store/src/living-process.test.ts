import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { readLivingProcess } from './living-process.ts';

describe.runIf(process.platform === 'linux')('a process of this machine', () => {
  test('is not gone while it runs, and is once it was killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const { mark } = readLivingProcess(child.pid);
    const here = readLivingProcess();
    expect(here.isGone(mark!)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(here.isGone(mark!)).toBe(true);
  });

  test('that took the number of an earlier one is not that one', () => {
    const here = readLivingProcess();
    expect(here.isGone(here.mark!)).toBe(false);
    expect(here.isGone(here.mark!.replace(/\d+$/, '1'))).toBe(true);
  });

  test('of another machine, another boot or another container is never known to be gone', () => {
    const here = readLivingProcess();
    expect(here.isGone(`other-boot pid:[1] 999999 1`)).toBe(false);
    expect(here.isGone('')).toBe(false);
    expect(here.isGone(here.mark!.replace(/pid:\[\d+\]/, 'pid:[1]'))).toBe(false);
  });
});

test('a process that cannot be read has no mark', () => {
  expect(readLivingProcess(2 ** 30).mark).toBeNull();
});
