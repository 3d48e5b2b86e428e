import { startDemo as start, type OwnDemo } from '../../scripts/stack/start-demo.ts';

export type Demo = OwnDemo;

/** A whole demo of the benchmark's own, on the embedded stores whatever the environment says. */
export const startDemo = (): Promise<Demo> =>
  start({ env: { PATH: process.env.PATH, HOME: process.env.HOME }, logLevel: 'warn' });

/** Polls until `holds` answers true. */
export async function until(what: string, holds: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
