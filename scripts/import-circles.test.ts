import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

/**
 * No module imports itself by way of others, not even for a type: what stands in a circle can only be read, tested
 * and moved as a whole. What two modules need of each other belongs in a third one below both.
 * (Circles between workspaces cannot be: the rule of who may import whom, in eslint.config.js, has none.)
 */
const root = join(import.meta.dirname, '..');

type Imports = ReadonlyMap<string, readonly string[]>;

test('no module imports itself by way of others', () => {
  expect(circlesOf(importsOf(sources)).map((circle) => circle.join(' → '))).toEqual([]);
});

test('a circle is seen, also one that begins behind other modules', () => {
  const imports = new Map([
    ['main', ['a', 'c']],
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['a']],
  ]);
  expect(circlesOf(imports)).toEqual([['a', 'b', 'c', 'a']]);
});

const sources = globSync('{*/src,scripts}/**/*.{ts,svelte}', {
  cwd: root,
  exclude: (path) => path.includes('node_modules'),
});

function importsOf(files: readonly string[]): Imports {
  const known = new Set(files);
  return new Map(files.map((file) => [file, importedBy(file).filter((imported) => known.has(imported))]));
}

function importedBy(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const scripts = file.endsWith('.svelte')
    ? [...text.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(([, script]) => script)
    : [text];
  return ts.preProcessFile(scripts.join('\n')).importedFiles.flatMap(({ fileName }) => {
    if (fileName.startsWith('#lib/')) return [fileName.replace('#lib/', 'pwa/src/lib/')];
    return fileName.startsWith('.') ? [join(dirname(file), fileName)] : [];
  });
}

/** One circle, from a module back to itself, for each import that closes one. */
function circlesOf(imports: Imports): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file]);
    if (path.includes(file) || done.has(file)) return;
    for (const imported of imports.get(file) ?? []) visit(imported, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return circles;
}
