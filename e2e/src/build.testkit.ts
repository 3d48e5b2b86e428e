import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** A folder with a built PWA that a test may replace, as a deployment would, without disturbing other suites. */
export interface OwnBuild {
  folder: string;
  version(): Promise<string>;
  /**
   * Puts the next version in the place of this one. Everything that is named by its content has a new name, as if
   * every source had changed, so nothing of the old version can be had from the server any more.
   */
  release(): Promise<string>;
  remove(): Promise<void>;
}

const built = join(import.meta.dirname, '../../pwa/build');

export async function copyBuild(): Promise<OwnBuild> {
  const base = await mkdtemp(join(tmpdir(), 'recado-build-'));
  const folder = join(base, 'current');
  // Without what the build compressed: that would have to be made anew with every release.
  await cp(built, folder, { recursive: true, filter: (path) => !/\.(br|gz)$/.test(path) });
  const version = async () =>
    (JSON.parse(await readFile(join(folder, '_app/version.json'), 'utf8')) as { version: string }).version;
  let releases = 0;
  return {
    folder,
    version,
    async release() {
      releases += 1;
      const next = join(base, `release-${releases}`);
      await cp(folder, next, { recursive: true });
      await makeNext(next, releases, await version());
      await rm(folder, { recursive: true });
      await rename(next, folder);
      return version();
    },
    remove: () => rm(base, { recursive: true, force: true }),
  };
}

async function makeNext(folder: string, release: number, version: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  // `start.DLrUspDU.js`, `DclECHGd.js`: the name ends with a hash.
  const named = files.filter((file) => file.includes('/_app/immutable/')).map((file) => basename(file));
  const renamed = (name: string) => name.replace(/\.(\w+)$/, `-r${release}.$1`);
  const change = (text: string): string => {
    let next = text.replaceAll(version, `${version}${release}`);
    for (const name of named) next = next.replaceAll(name, renamed(name));
    return next;
  };
  for (const file of files.filter((name) => /\.(js|css|html|json)$/.test(name))) {
    const text = change(await readFile(file, 'utf8'));
    await writeFile(file, file.endsWith('.html') ? withHash(text) : text);
  }
  for (const file of files.filter((name) => named.includes(basename(name))))
    await rename(file, join(file, '..', renamed(basename(file))));
}

/** The page names the hash of its own start script, which holds the version. */
function withHash(page: string): string {
  const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(script).digest('base64');
  return page.replace(/'sha256-[^']+'/, `'sha256-${hash}'`);
}
