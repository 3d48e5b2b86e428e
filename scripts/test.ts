import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBrowser } from './ensure-browser.ts';
import { buildPwaIfNeeded } from './stack/build-pwa.ts';
import { root } from './stack/child.ts';

/** `npm test [-- vitest arguments]`: everything, the browser tests included. Nothing is skipped silently. */
const say = (text: string) => process.stdout.write(`${text}\n`);
const vitest = join(root, 'node_modules/vitest/vitest.mjs');

interface Counted {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  success: boolean;
}

function run(args: string[], browser: string, folder: string): Counted {
  const report = join(folder, `${args.join('-').replace(/\W+/g, '-')}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  spawnSync(process.execPath, [vitest, 'run', ...args, ...reporters], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, CHROME_PATH: browser },
  });
  return JSON.parse(readFileSync(report, 'utf8')) as Counted;
}

function main(): number {
  const asked = process.argv.slice(2);
  const browser = ensureBrowser(process.env, say);
  buildPwaIfNeeded(say);
  const folder = mkdtempSync(join(tmpdir(), 'recado-test-'));
  try {
    // The parts first and alone: the browser tests then have the machine to themselves.
    const rounds = asked.length > 0 ? [asked] : [['--project=parts'], ['--project=whole']];
    const results = rounds.map((args) => run(args, browser, folder));
    const sum = (count: (result: Counted) => number) =>
      results.reduce((total, result) => total + count(result), 0);
    const skipped = sum((result) => result.numPendingTests);
    say(
      `\n${sum((r) => r.numPassedTests)} passed, ${sum((r) => r.numFailedTests)} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    );
    return results.every((result) => result.success) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
