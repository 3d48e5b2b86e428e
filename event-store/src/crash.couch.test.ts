import type { Commit } from '@recado/domain/commit/commit';
import { workDatabase } from '@recado/domain/databases';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCheckpoints } from './checkpoints.ts';
import { connectCouch, type CouchConnection } from './couch/connect.ts';
import { createCouchEventStore, type CouchEventStore } from './couch-event-store.ts';
import { follow } from './follow.ts';
import { installEventsDatabase } from './install-events-database.ts';
import { retry } from './retry.ts';
import type { Checkpoints, Follower } from './ports.ts';
import { verifyStreams } from './verify-stream.ts';

/**
 * Kills the store and the writer without warning, again and again, and asks afterwards: is every acknowledged
 * commit there, once, do the chains hold, did the follower see everything? Always on the embedded store, which
 * alone can be killed here. `CRASH_SEED=<seed>` repeats the moments and the choices of a run.
 */
const rounds = 20;
const tenant = 'crash';
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const random = seededRandom(seed);
const source = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

let folder: string;
let port: number;
let storeProcess: ChildProcess;
let writer: ChildProcess | undefined;
let couch: CouchConnection;
let store: CouchEventStore;
let follower: Follower | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recado-crash-'));
  port = await freePort();
  couch = connectCouch({ url: `http://127.0.0.1:${port}`, timeoutMs: 3_000 });
  store = createCouchEventStore({ couch, tenant, heartbeatMs: 1_000 });
  storeProcess = await startStore();
  await installEventsDatabase(couch, tenant);
  await couch.ensureDatabase(workDatabase(tenant));
});

afterAll(async () => {
  await follower?.stop();
  await kill(writer);
  await kill(storeProcess);
  await rm(folder, { recursive: true, force: true });
});

test(
  `nothing acknowledged is lost or doubled by ${rounds} crashes (seed ${seed})`,
  { timeout: 120_000 },
  async () => {
    console.log(`crash test: CRASH_SEED=${seed}`);
    const acknowledgedFile = join(folder, 'acknowledged');
    const seen = new Map<string, number>();
    const handled = new Set<string>();
    const disorder: string[] = [];
    const handle = async (commits: Commit[]) => {
      for (const { _id, stream, version } of commits) {
        const last = seen.get(stream) ?? 0;
        if (version > last + 1) disorder.push(`${stream} jumped from ${last} to ${version}`);
        if (version > last) seen.set(stream, version);
        handled.add(_id);
      }
    };
    const checkpoints = createCheckpoints({ database: couch.database(workDatabase(tenant)) });
    let crashable = startFollower(checkpoints, handle);
    follower = crashable.follower;

    let acknowledgedBefore = 0;
    for (let round = 1; round <= rounds; round++) {
      writer ??= spawn(
        process.execPath,
        [source('./crash-writer.crash.ts'), couch.url, tenant, acknowledgedFile, `r${round}`],
        {
          stdio: ['ignore', 'ignore', 'inherit'],
        },
      );
      // Only a crash in the midst of work tells anything.
      acknowledgedBefore = await moreLinesThan(acknowledgedFile, acknowledgedBefore);
      await delay(50 + random() * 400);
      const victim = random();
      if (victim < 0.7) {
        await kill(storeProcess);
        storeProcess = await startStore();
      }
      if (victim > 0.4) {
        await kill(writer);
        writer = undefined;
      }
      if (round % 5 === 0) {
        await crashable.crash();
        crashable = startFollower(checkpoints, handle);
        follower = crashable.follower;
      }
    }
    await kill(writer);
    writer = undefined;

    const acknowledged = (await lines(acknowledgedFile)).map((line) => line.split(' ') as [string, string]);
    // The store may still be busy with the last request of the killed writer: what comes after this is not asked for.
    const stored = await storedCommits();
    await crashable.follower.settled();
    const hashes = new Map(stored.map((commit) => [commit._id, commit.hash]));
    const lost = acknowledged.filter(([id, hash]) => hashes.get(id) !== hash);
    const nonces = stored.map((commit) => commit.events[0]?.data['nonce']);
    const faults = [];
    for await (const proof of verifyStreams(store)) if (proof.fault) faults.push(proof);

    expect(acknowledged.length).toBeGreaterThan(rounds * 10);
    expect(lost).toEqual([]);
    expect(new Set(acknowledged.map(([id]) => id)).size).toBe(acknowledged.length);
    expect(hashes.size).toBe(stored.length);
    expect(new Set(nonces).size).toBe(nonces.length);
    expect(faults).toEqual([]);
    expect(disorder).toEqual([]);
    expect(stored.filter((commit) => !handled.has(commit._id))).toEqual([]);
    console.log(`crash test: ${acknowledged.length} acknowledged of ${stored.length} stored commits`);
  },
);

/** A follower that can die as a process does: what it would still save is not saved. */
function startFollower(checkpoints: Checkpoints, handle: (commits: Commit[]) => Promise<void>) {
  let dead = false;
  const mortal: Checkpoints = {
    load: (name) => checkpoints.load(name),
    save: async (name, position) => {
      if (!dead) await checkpoints.save(name, position);
    },
  };
  const its = follow({
    store,
    checkpoints: mortal,
    name: 'crash',
    handle,
    limit: 200,
    backoff: { maxMs: 500 },
  });
  return {
    follower: its,
    async crash() {
      dead = true;
      await its.stop();
    },
  };
}

async function storedCommits(): Promise<Commit[]> {
  const commits: Commit[] = [];
  const feed = store.changes({ after: null, live: false, signal: new AbortController().signal });
  for await (const batch of feed) commits.push(...batch.commits);
  return commits;
}

async function startStore(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [source('../../embedded-couchdb/src/main.ts')], {
    env: { ...process.env, RECADO_DATA: folder, RECADO_COUCHDB_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const isUp = () => couch.call({ path: '', timeoutMs: 1_000 });
  await retry(isUp, { baseMs: 50, maxMs: 100, attempts: 300 });
  return child;
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function lines(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1);
}

const moreLinesThan = (file: string, before: number): Promise<number> =>
  retry(
    async () => {
      const count = (await lines(file)).length;
      if (count <= before) throw new Error(`the writer acknowledges nothing after commit ${before}`);
      return count;
    },
    { baseMs: 20, maxMs: 50, attempts: 600 },
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** mulberry32: small, and the same numbers for the same seed. */
function seededRandom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
