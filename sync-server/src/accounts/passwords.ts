import { hash, verify } from '@node-rs/argon2';

/** argon2id (the library's default variant), 19 MiB, two passes, one lane: OWASP's first recommendation. */
const cost = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

export interface Passwords {
  hash(password: string): Promise<string>;
  /** With `null` (no such account) the same work is done, so that time does not tell who has an account. */
  verify(passwordHash: string | null, password: string): Promise<boolean>;
}

export function createPasswords(): Passwords {
  const decoy = hash('no account has this password', cost);
  return {
    hash: (password) => hash(password, cost),
    async verify(passwordHash, password) {
      const matches = await verify(passwordHash ?? (await decoy), password);
      return matches && passwordHash !== null;
    },
  };
}
