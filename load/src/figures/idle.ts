import { startDemo, until } from '../demo.ts';
import { round, type Figure } from '../figure.ts';
import { memoryOf } from '../machine.ts';

/** Memory of all processes of an idle demo, and the time until every one of them is ready. */
export async function measureIdle(): Promise<Figure[]> {
  const demo = await startDemo();
  try {
    const total = () =>
      demo.children.reduce((sum, child) => sum + memoryOf(child.pid() ?? 0), memoryOf(process.pid));
    // Garbage of the start is collected within moments; what remains is what it keeps.
    const began = performance.now();
    await until('the memory has settled', async () => performance.now() - began > 15_000);
    const bytes = total();
    const each = Object.fromEntries(
      demo.children.map((child) => [child.name, round(memoryOf(child.pid() ?? 0) / 1e6)]),
    );
    return [
      {
        what: 'memory of the whole demo, idle; start to ready once installed and built',
        wanted: '≤ 1.2 GB; ≤ 15 s',
        measured: `${round(bytes / 1e9, 2)} GB; ${round(demo.startedInMs / 1_000, 1)} s`,
        met: bytes <= 1.2e9 && demo.startedInMs <= 15_000,
        values: { bytes, startedInMs: demo.startedInMs, ...each },
      },
    ];
  } finally {
    await demo.stop();
  }
}
