import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { roles, type Role } from '@recado/domain/access/access';
import { isTenantId, isUserId } from '@recado/domain/databases';
import { defaultRouting } from '@recado/domain/settings/settings';
import { minute } from '@recado/domain/time';
import { connectCouch } from '@recado/event-store/couch/connect';
import { createCouchEventStore } from '@recado/event-store/couch-event-store';
import { installEventsDatabase } from '@recado/event-store/install-events-database';
import { createSecretBox } from '@recado/event-store/secret-box';
import { pino } from 'pino';
import { createDirectory } from '../accounts/directory.ts';
import { createPasswords } from '../accounts/passwords.ts';
import { createConfigure } from './configure.ts';

const usage = `Sets an installation up from the command line, until there are screens for it.
COUCHDB_URL and RECADO_SECRET must be those of the services. Secrets are asked for, or read from standard input, a line each.

  npm run set-up -- tenant acme --name "Acme S.A.S."
  npm run set-up -- person acme marta --name "Marta Gil" --email marta@acme.co --roles agent,supervisor
                    asks for: password
  npm run set-up -- queue acme ventas --name "Ventas" --sla-minutes 5 --agents marta,luis
  npm run set-up -- number acme 105551234567890 --waba 205551234567890 --name "Línea principal"
                    --phone "+57 601 555 0100" --queue ventas --verify-token … [--greeting "¡Hola!"] [--paused]
                    asks for: app secret, access token
`;

class UsageError extends Error {
  override name = 'UsageError';
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: 'string' },
    email: { type: 'string' },
    roles: { type: 'string' },
    'sla-minutes': { type: 'string', default: '5' },
    agents: { type: 'string', default: '' },
    waba: { type: 'string' },
    phone: { type: 'string' },
    queue: { type: 'string' },
    'verify-token': { type: 'string' },
    greeting: { type: 'string' },
    paused: { type: 'boolean', default: false },
  },
});

const need = (value: string | undefined, what: string): string => {
  if (!value) throw new UsageError(`${what} is missing`);
  return value;
};
const list = (text: string): string[] => text.split(',').filter((part) => part !== '');

async function main(): Promise<void> {
  const [kind, tenant = '', id = ''] = positionals;
  if (kind === undefined) throw new UsageError('say what to set up');
  if (!isTenantId(tenant))
    throw new UsageError(`${tenant || 'the tenant'}: an id is lowercase letters and digits, a letter first`);
  const couch = connectCouch({ url: need(process.env.COUCHDB_URL, 'COUCHDB_URL') });
  const directory = createDirectory({ couch, logger: pino({ level: 'warn' }) });
  await directory.start();
  try {
    if (kind === 'tenant') {
      await installEventsDatabase(couch, tenant);
      await directory.saveTenant({ tenantId: tenant, name: need(values.name, '--name') });
    } else if (!directory.tenant(tenant)) {
      throw new UsageError(`there is no tenant ${tenant}: set it up first`);
    }
    const store = createCouchEventStore({ couch, tenant });
    const now = () => new Date().toISOString();
    const configure = createConfigure({ store, now, actor: { kind: 'admin', id: 'command-line' } });
    try {
      if (kind === 'tenant') await configure.routing(defaultRouting);
      else if (kind === 'person') await addPerson(directory, tenant, id);
      else if (kind === 'queue')
        await configure.queue({
          queueId: need(id, 'the id of the queue'),
          name: need(values.name, '--name'),
          slaMs: Number(values['sla-minutes']) * minute,
          agentIds: list(values.agents),
        });
      else if (kind === 'number') await configure.number(await askNumber(id));
      else throw new UsageError(`${kind}: there is no such thing to set up`);
    } finally {
      await store.stop();
    }
  } finally {
    await directory.stop();
  }
  process.stdout.write('Done.\n');
}

async function addPerson(
  directory: ReturnType<typeof createDirectory>,
  tenant: string,
  userId: string,
): Promise<void> {
  if (!isUserId(userId))
    throw new UsageError('a person’s id is lowercase letters and digits, a letter first');
  const chosen = list(need(values.roles, '--roles'));
  const unknown = chosen.filter((role) => !(roles as readonly string[]).includes(role));
  if (chosen.length === 0 || unknown.length > 0)
    throw new UsageError(`--roles takes some of ${roles.join(', ')}`);
  const known = directory.user(userId);
  if (known && known.tenantId !== tenant) throw new UsageError(`the id ${userId} is taken in another tenant`);
  const [password = ''] = await ask(['password']);
  if (password.length < 12) throw new UsageError('a password has 12 characters or more');
  const saved = await directory.saveUser({
    userId,
    tenantId: tenant,
    name: need(values.name, '--name'),
    email: need(values.email, '--email'),
    roles: chosen as Role[],
    passwordHash: await createPasswords().hash(password),
    disabled: false,
  });
  if (!saved) throw new UsageError(`${values.email} belongs to somebody else`);
}

async function askNumber(numberId: string) {
  const box = createSecretBox(need(process.env.RECADO_SECRET, 'RECADO_SECRET'));
  const [appSecret, accessToken] = await ask(['app secret', 'access token']);
  return {
    numberId: need(numberId, 'the phone number id'),
    provider: 'meta' as const,
    name: need(values.name, '--name'),
    displayPhone: need(values.phone, '--phone'),
    state: values.paused ? ('paused' as const) : ('active' as const),
    queueId: need(values.queue, '--queue'),
    greeting: values.greeting ?? null,
    meta: {
      phoneNumberId: numberId,
      wabaId: need(values.waba, '--waba'),
      verifyToken: need(values['verify-token'], '--verify-token'),
      sealedAppSecret: box.seal(need(appSecret, 'the app secret')),
      sealedAccessToken: box.seal(need(accessToken, 'the access token')),
    },
  };
}

/** Secrets come by standard input, never as arguments: those stand in shell histories and process lists. */
async function ask(questions: string[]): Promise<string[]> {
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  const answers: string[] = [];
  process.stderr.write(`${questions[0]}: `);
  for await (const line of lines) {
    answers.push(line.trim());
    if (answers.length === questions.length) break;
    process.stderr.write(`${questions[answers.length]}: `);
  }
  lines.close();
  return answers;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
    process.exit(1);
  },
);
