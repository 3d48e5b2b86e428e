// Runs before every script, on whatever Node (20 or later) the machine has, before anything is installed:
// installs when the lockfile is newer than what is in node_modules. Plain JavaScript with no dependencies.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.recado-installed');
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`Recado needs Node 20 or later to install itself; this is ${process.version}.`);
  process.exit(1);
}

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.error('Installing dependencies (first run, or the lockfile changed) …');
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm, 'ci']] : ['npm', ['ci']];
  // Engine warnings are expected here: npm runs on the machine's Node, Recado on the Node 24 that is being installed.
  const { status } = spawnSync(command, [...args, '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    console.error('`npm ci` failed; its message is above.');
    process.exit(status ?? 1);
  }
  writeFileSync(stamp, lock);
}

const node24 = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
if (!existsSync(node24) && major < 24) {
  console.error(
    `No Node 24 came with the dependencies for ${process.platform}-${process.arch}; install Node 24 and try again.`,
  );
  process.exit(1);
}
