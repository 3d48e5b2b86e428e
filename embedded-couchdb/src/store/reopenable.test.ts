import { describe, expect, it } from 'vitest';
import { createReopenable } from './reopenable.ts';

describe('something that is opened when used', () => {
  function recorded() {
    const log: string[] = [];
    let opened = 0;
    let failNext = false;
    const files = createReopenable<number>({
      async open() {
        await Promise.resolve();
        if (failNext) {
          failNext = false;
          throw new Error('cannot open');
        }
        opened += 1;
        log.push(`open ${opened}`);
        return opened;
      },
      async close(which) {
        await Promise.resolve();
        log.push(`close ${which}`);
      },
    });
    return { log, files, failNextOpening: () => (failNext = true) };
  }

  it('is opened once for all who use it', async () => {
    const { log, files } = recorded();
    expect(await Promise.all([1, 2, 3].map(() => files.use((which) => Promise.resolve(which))))).toEqual([
      1, 1, 1,
    ]);
    expect(log).toEqual(['open 1']);
  });

  it('is closed only when its users are done, and newcomers wait for that', async () => {
    const { log, files } = recorded();
    const { promise: work, resolve: finish } = Promise.withResolvers<void>();
    const first = files.use(() => work);
    const closed = files.close();
    const second = files.use((which) => Promise.resolve(log.push(`used ${which}`)));
    await Promise.resolve();
    finish();
    await Promise.all([first, closed, second]);
    expect(log).toEqual(['open 1', 'close 1', 'open 2', 'used 2']);
  });

  it('may be tried again after it could not be opened', async () => {
    const { files, failNextOpening } = recorded();
    failNextOpening();
    await expect(files.use(() => Promise.resolve())).rejects.toThrow('cannot open');
    expect(await files.use((which) => Promise.resolve(which))).toBe(1);
    await files.close();
    await files.close();
  });
});
