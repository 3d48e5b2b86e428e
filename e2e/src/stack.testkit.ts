import type { TestProject } from 'vitest/node';
import { buildPwaIfNeeded } from '../../scripts/stack/build-pwa.ts';
import { startDemo } from '../../scripts/stack/start-demo.ts';

/** What the tests are given: addresses of a whole demo that runs for them. */
export interface RunningDemo {
  app: string;
  phone: string;
  ingest: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    demo: RunningDemo;
  }
}

/** Starts one demo for all browser tests; they meet in it as people would, each with customers of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  buildPwaIfNeeded((text) => console.error(text));
  const { urls, stop } = await startDemo({
    env: process.env,
    onDeath: (name, how) => console.error(`${name} ended: ${how}`),
  });
  project.provide('demo', { app: urls.app, phone: urls.simulator!, ingest: urls.ingest });
  return stop;
}
