import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBrowser } from './ensure-browser.ts';
import { buildPwaIfNeeded } from './stack/build-pwa.ts';
import { root } from './stack/child.ts';

/** `npm test [-- vitest arguments]`: everything, the browser tests included. Nothing is skipped silently. */
const say = (text: string) => process.stdout.write(`${text}\n`);
try {
  const browser = ensureBrowser(process.env, say);
  buildPwaIfNeeded(say);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { status } = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, CHROME_PATH: browser },
  });
  process.exit(status ?? 1);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
