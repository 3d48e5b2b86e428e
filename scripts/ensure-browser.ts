import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './stack/child.ts';

/**
 * Path of a Chromium or Chrome for the browser tests: an installed one, else one installed by the means the
 * machine has (apt as root on Debian, else Playwright's download).
 * @throws Error that says exactly what to install.
 */
export function ensureBrowser(env: NodeJS.ProcessEnv, say: (text: string) => void): string {
  const installed = findBrowser(env);
  if (installed) return installed;
  if (process.platform === 'linux' && process.getuid?.() === 0 && onPath(env, 'apt-get')) {
    say('No Chromium found: installing it with apt-get …');
    run('apt-get', ['update', '-qq']);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
    const fromApt = findBrowser(env);
    if (fromApt) return fromApt;
  }
  say('No Chromium found: asking Playwright for one …');
  run(process.execPath, [join(root, 'node_modules/playwright-core/cli.js'), 'install', 'chromium']);
  const downloaded = playwrightBrowser();
  if (downloaded) return downloaded;
  throw new Error(
    'The browser tests need Chromium or Chrome and none could be installed. Install one ' +
      '(Debian/Ubuntu: `sudo apt-get install chromium`; macOS: `brew install --cask chromium`; ' +
      'elsewhere: `npx playwright-core install --with-deps chromium`), or name it in CHROME_PATH.',
  );
}

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const macPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

function findBrowser(env: NodeJS.ProcessEnv): string | null {
  if (env.CHROME_PATH) {
    if (existsSync(env.CHROME_PATH)) return env.CHROME_PATH;
    throw new Error(`CHROME_PATH names ${env.CHROME_PATH}, which does not exist.`);
  }
  for (const name of names) {
    const found = onPath(env, name);
    if (found) return found;
  }
  return macPaths.find((path) => existsSync(path)) ?? playwrightBrowser();
}

function playwrightBrowser(): string | null {
  const program = "process.stdout.write(require('playwright-core').chromium.executablePath() ?? '')";
  const { stdout } = spawnSync(process.execPath, ['-e', program], { cwd: root, encoding: 'utf8' });
  return stdout && existsSync(stdout) ? stdout : null;
}

function onPath(env: NodeJS.ProcessEnv, name: string): string | null {
  const folders = (env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

function run(command: string, args: string[]): void {
  spawnSync(command, args, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
