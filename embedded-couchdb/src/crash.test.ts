import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, 'main.ts');
const children: ChildProcess[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'recado-crash-'));
  folders.push(folder);
  return folder;
}

/** Runs the service as a process of its own, until its first line. */
async function run(
  folder: string,
): Promise<{ child: ChildProcess; line: Record<string, unknown>; url: string }> {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, RECADO_DATA: folder, RECADO_COUCHDB_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  const [text] = (await once(lines, 'line')) as [string];
  const line = JSON.parse(text) as Record<string, unknown>;
  return { child, line, url: String(line.url) };
}

const send = (method: string, url: string, body: unknown) =>
  fetch(url, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

describe('the process', () => {
  it('says where it listens, and stops when asked to', async () => {
    const { child, line, url } = await run(await newFolder());
    expect(line).toMatchObject({ msg: 'ready', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
    expect((await fetch(`${url}/_up`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('does not start on a directory that another process owns, and says so', async () => {
    const folder = await newFolder();
    await run(folder);
    const { child, line } = await run(folder);
    expect(line).toMatchObject({ msg: 'cannot start', code: 'directory_in_use' });
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(1);
  });

  it('loses nothing that it answered when it is killed in the middle of writes', async () => {
    const seed = Math.floor(Math.random() * 1000);
    console.log(`seed ${seed}`);
    const folder = await newFolder();
    const acknowledged = new Map<string, string>();
    let sequenceBefore = 0;

    for (let round = 0; round < 3; round += 1) {
      const { child, url } = await run(folder);
      const database = `${url}/events`;
      if (round === 0) await send('PUT', database, undefined);
      const killAfter = acknowledged.size + 150 + ((seed * (round + 7)) % 200);

      const write = async (writer: number): Promise<void> => {
        for (let n = 0; ; n += 1) {
          const ids = Array.from(
            { length: writer % 2 === 0 ? 1 : 20 },
            (_, k) => `r${round}:w${writer}:${n}:${k}`,
          );
          const docs = ids.map((_id) => ({ _id, text: 'x'.repeat(400) }));
          const response = await send('POST', `${database}/_bulk_docs`, { docs });
          for (const row of (await response.json()) as { id: string; rev: string }[])
            acknowledged.set(row.id, row.rev);
          if (acknowledged.size >= killAfter) child.kill('SIGKILL');
        }
      };
      const writers = await Promise.allSettled([0, 1, 2, 3].map(write));
      expect(writers.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));

      const restarted = await run(folder);
      const { rows } = (await (await fetch(`${restarted.url}/events/_all_docs`)).json()) as {
        rows: { id: string; value: { rev: string } }[];
      };
      const found = new Map(rows.map((row) => [row.id, row.value.rev]));
      for (const [id, rev] of acknowledged) expect([id, found.get(id)]).toEqual([id, rev]);

      // The feed tells of exactly the documents that are there, each under one sequence, ever rising.
      const feed = (await (await fetch(`${restarted.url}/events/_changes?since=0`)).json()) as {
        results: { id: string; seq: string }[];
      };
      expect(feed.results.map((row) => row.id).sort()).toEqual([...found.keys()].sort());
      const seqs = feed.results.map((row) => Number.parseInt(row.seq, 10));
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
      expect(seqs.at(-1)).toBeGreaterThan(sequenceBefore);
      sequenceBefore = seqs.at(-1) ?? 0;
      restarted.child.kill('SIGKILL');
      await once(restarted.child, 'exit');
    }
  });
});
