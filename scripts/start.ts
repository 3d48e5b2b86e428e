import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildPwaIfNeeded } from './stack/build-pwa.ts';
import { root } from './stack/child.ts';
import { ConfigError, readStackConfig, type StackConfig } from './stack/config.ts';
import { isPortFree } from './stack/free-port.ts';
import { startStack, type Stack } from './stack/stack.ts';

/** `npm start`: the whole product on this machine, until Ctrl-C. */
const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const started = performance.now();
  if (existsSync(join(root, '.env'))) process.loadEnvFile(join(root, '.env'));
  const config = readStackConfig(process.env);
  await refuseBusyPorts(config);
  buildPwaIfNeeded(say);
  say('Starting …');
  const stack = await startStack(config, {
    onDeath: (name, how) =>
      say(`${name} ended (${how}); starting it again. Its log: ${config.dataDirectory}/logs/${name}.log`),
  });
  announce(stack, config, (performance.now() - started) / 1_000);
  await untilAskedToStop();
  say('\nStopping …');
  await stack.stop();
}

async function refuseBusyPorts({ ports, couchdbUrl, clickhouseUrl, demo }: StackConfig): Promise<void> {
  const needed: [string, number][] = [
    ['RECADO_PORT', ports.syncServer],
    ['RECADO_INGEST_PORT', ports.ingest],
    ['RECADO_ANALYTICS_PORT', ports.analytics],
    ...(demo ? [['RECADO_SIMULATOR_PORT', ports.simulator] as [string, number]] : []),
    ...(couchdbUrl ? [] : [['RECADO_COUCHDB_PORT', ports.couchdb] as [string, number]]),
    ...(clickhouseUrl ? [['RECADO_ETL_PORT', ports.etl] as [string, number]] : []),
  ];
  for (const [name, port] of needed)
    if (!(await isPortFree(port)))
      throw new ConfigError(
        `Port ${port} is taken by another program. Stop it, or choose another with ${name}.`,
      );
}

function announce({ urls }: Stack, { demo, dataDirectory }: StackConfig, seconds: number): void {
  say(`\nRecado is ready (${seconds.toFixed(1)} s).\n`);
  say(`  App        ${urls.app}`);
  if (urls.simulator) say(`  Phone      ${urls.simulator}   write here as a customer`);
  say(`  Webhooks   ${urls.ingest}/webhooks/meta`);
  say(`  Data       ${dataDirectory}`);
  if (demo) {
    say('\n  Accounts   ana@demo.test, bruno@demo.test (agents), supervisor@demo.test, admin@demo.test,');
    say('             calidad@demo.test, auditor@demo.test — password recado-demo');
  }
  say('\nCtrl-C stops everything.');
}

function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof ConfigError ? `\n${error.message}` : error);
    process.exit(1);
  },
);
