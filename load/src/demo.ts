import { startDemo as start, type OwnDemo } from '../../scripts/stack/start-demo.ts';

export type Demo = OwnDemo;

/** A whole demo of the benchmark's own, on the embedded stores whatever the environment says. */
export async function startDemo(): Promise<Demo> {
  const demo = await start({ env: { PATH: process.env.PATH, HOME: process.env.HOME }, logLevel: 'warn' });
  // The demo's number is set up while the services start; what comes before is nobody's and refused.
  const handshake = 'hub.mode=subscribe&hub.challenge=1&hub.verify_token=demo-verify-token';
  const isKnown = async () => (await fetch(`${demo.urls.ingest}/webhooks/meta?${handshake}`)).ok;
  await until('ingest knows the number', isKnown);
  return demo;
}

/** Polls until `holds` answers true. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  { withinMs = 60_000, everyMs = 50 }: { withinMs?: number; everyMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
