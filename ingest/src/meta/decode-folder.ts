import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, exit, stdout } from 'node:process';
import { decode } from './decode.ts';
import type { Update } from './update.ts';

/** `npm run decode -- <folder>`: what each payload of a folder becomes. Ends with 1 if one threw or became nothing. */
const [folder] = argv.slice(2);
if (folder === undefined) {
  console.error('Usage: npm run decode -- <folder with .json files>');
  exit(2);
}

const totals = new Map<string, number>();
let faults = 0;
for (const file of (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()) {
  const became = await decodeFile(join(folder, file));
  for (const word of became) totals.set(word, (totals.get(word) ?? 0) + 1);
  stdout.write(`${file.padEnd(84)} ${became.join(', ')}\n`);
}
stdout.write('\n');
for (const [word, count] of [...totals].sort(([a], [b]) => a.localeCompare(b))) {
  stdout.write(`${String(count).padStart(6)}  ${word}\n`);
}
stdout.write(faults === 0 ? '\nNone threw, none was dropped.\n' : `\n${faults} threw or were dropped.\n`);
exit(faults === 0 ? 0 : 1);

async function decodeFile(path: string): Promise<string[]> {
  const raw = await readFile(path, 'utf8');
  try {
    const updates = decode(parse(raw));
    if (updates.length > 0) return updates.map(describe);
    faults++;
    return ['DROPPED'];
  } catch (error) {
    faults++;
    return [`THREW ${error instanceof Error ? error.message : String(error)}`];
  }
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}

function describe(update: Update): string {
  switch (update.kind) {
    case 'message':
    case 'echo':
      return `${update.kind}:${update.content.kind === 'media' ? update.content.mediaType : update.content.kind}`;
    case 'status':
      return `status:${update.status}`;
    case 'parked':
      return `parked:${update.reason}(${update.field})`;
    default:
      return update.kind;
  }
}
