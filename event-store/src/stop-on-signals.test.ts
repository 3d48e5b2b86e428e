import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const file = new URL('stop-on-signals.ts', import.meta.url).href;

/** A process that stops so, and is asked to as often as told. @returns its exit code, and how often `stop` was called. */
async function stopped(stop: string, { signals = 1 }: { signals?: number } = {}) {
  const script = `
    import { stopOnSignals } from ${JSON.stringify(file)};
    setInterval(() => undefined, 1_000);
    const logger = { info: () => console.log('stopping'), error: () => console.log('unclean') };
    stopOnSignals(${stop}, logger, { withinMs: 200 });
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    if (text.includes('ready')) for (let n = 0; n < signals; n += 1) child.kill('SIGTERM');
    said += text.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said: said.split('\n').filter(Boolean) };
}

test('a process that stops ends with 0, asked once or more', async () => {
  const clean = { code: 0, said: ['ready', 'stopping'] };
  expect(await stopped('() => Promise.resolve()')).toEqual(clean);
  expect(await stopped('() => new Promise((resolve) => setTimeout(resolve, 50))', { signals: 3 })).toEqual(
    clean,
  );
});

test('one that fails to stop, or never does, ends with 1', async () => {
  const unclean = { code: 1, said: ['ready', 'stopping', 'unclean'] };
  expect(await stopped(`() => Promise.reject(new Error('store'))`)).toEqual(unclean);
  expect(await stopped('() => new Promise(() => undefined)')).toEqual(unclean);
});
