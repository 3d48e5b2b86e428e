import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './child.ts';

const stamp = join(root, 'pwa/build/.built-from');

/** Builds the PWA when its sources differ from those it was last built from. */
export function buildPwaIfNeeded(say: (text: string) => void): void {
  const sources = hashSources([
    'pwa/src',
    'pwa/static',
    'pwa/vite.config.ts',
    'pwa/package.json',
    'domain/src',
    'package-lock.json',
  ]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  say('Building the app …');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, 'build'], {
    cwd: join(root, 'pwa'),
    // Whatever the caller runs as: under a test's, what is built would be the app of a developer.
    env: { ...process.env, NODE_ENV: 'production' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The app could not be built:\n${stdout}\n${stderr}`);
  writeFileSync(stamp, sources);
}

function hashSources(paths: string[]): string {
  const hash = createHash('sha256');
  const files = paths
    .flatMap((path) => filesBelow(join(root, path)))
    .filter((file) => !/\.test\.ts$/.test(file));
  for (const file of files.sort()) hash.update(`${relative(root, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function filesBelow(path: string): string[] {
  if (existsSync(path) && statSync(path).isFile()) return [path];
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { withFileTypes: true, recursive: true }).filter((entry) =>
    entry.isFile(),
  );
  return entries.map((entry) => join(entry.parentPath, entry.name));
}
