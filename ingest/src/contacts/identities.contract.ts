import { beforeEach, describe, expect, test } from 'vitest';
import type { Identities } from './identities.ts';

/** What every keeper of identities must do. `open` gives one that is empty. */
export function identitiesContract(name: string, open: () => Promise<Identities>): void {
  describe(`identities ${name}`, () => {
    let identities: Identities;
    const phone = { scheme: 'wa_phone', value: '+573015550101' } as const;
    const id = { scheme: 'wa_bsuid', value: 'CO.ab+c/d&e%' } as const;
    beforeEach(async () => {
      identities = await open();
    });

    test('what nobody has claimed is nobody’s', async () => {
      expect(await identities.find([phone, id])).toEqual([null, null]);
      expect(await identities.find([])).toEqual([]);
    });

    test('who claims first has it', async () => {
      expect(await identities.claim([phone], 'x')).toEqual(['x']);
      expect(await identities.claim([phone, id], 'y')).toEqual(['x', 'y']);
      expect(await identities.find([id, phone])).toEqual(['y', 'x']);
      expect(await identities.claim([], 'z')).toEqual([]);
    });

    test('of many who claim at once one has it, and all agree who', async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => identities.claim([phone], `c${index}`)),
      );
      expect(new Set(answers.flat()).size).toBe(1);
    });

    test('only what the mistaken one still holds is moved', async () => {
      await identities.claim([phone], 'x');
      await identities.claim([id], 'y');
      await identities.move([phone, id], 'y', 'x');
      expect(await identities.find([phone, id])).toEqual(['x', 'x']);
      await identities.move([phone], 'y', 'z');
      expect(await identities.find([phone])).toEqual(['x']);
    });
  });
}
