import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const described = readFileSync(join(root, '.env.example'), 'utf8');

const configs = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && (entry.name === 'config.ts' || entry.name === 'ensure-browser.ts'))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => !path.includes('node_modules') && !/[/\\]pwa[/\\]/.test(path));

describe('.env.example', () => {
  test.each(configs.map((path) => [relative(root, path), path]))(
    'describes every variable that %s reads',
    (_name, path) => {
      const read =
        readFileSync(path, 'utf8').match(/\b(?:RECADO|COUCHDB|CLICKHOUSE|META|CHROME)_[A-Z_]+\b/g) ?? [];
      expect([...new Set(read)].filter((name) => !described.includes(`${name}=`))).toEqual([]);
    },
  );
});
