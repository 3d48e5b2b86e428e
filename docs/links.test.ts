import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

const documents = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => !/node_modules|[/\\]data[/\\]|\.svelte-kit|[/\\]build[/\\]/.test(path));

/** Headings as GitHub turns them into anchors. */
const anchorsOf = (markdown: string): Set<string> =>
  new Set(
    [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  );

describe('the documents', () => {
  test.each(documents.map((path) => [relative(root, path), path]))(
    '%s links only to what exists',
    (_name, path) => {
      const text = readFileSync(path, 'utf8').replace(/```[\s\S]*?```/g, '');
      const broken = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)]
        .map(([, link, attribute]) => (link ?? attribute)!)
        .filter((link) => !/^[a-z]+:/i.test(link))
        .filter((link) => {
          const [file, anchor] = link.split('#') as [string, string | undefined];
          const target = file === '' ? path : join(dirname(path), decodeURI(file));
          if (!existsSync(target)) return true;
          return (
            anchor !== undefined &&
            target.endsWith('.md') &&
            !anchorsOf(readFileSync(target, 'utf8')).has(anchor)
          );
        });
      expect(broken).toEqual([]);
    },
  );
});
