import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }> | string[];
  volumes?: string[];
  ports?: string[];
  healthcheck?: object;
}
const compose = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, object>;
};
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  test('has the stores, the services and a proxy', () => {
    expect(Object.keys(compose.services).sort()).toEqual(
      ['analytics', 'clickhouse', 'couchdb', 'etl', 'ingest', 'proxy', 'simulator', 'sync-server'].sort(),
    );
  });

  test.each(services)(
    '%s comes from an image or the Dockerfile, and runs a file that exists',
    (_name, service) => {
      expect(service.image ?? service.build).toBeTruthy();
      if (service.build) expect(existsSync(join(root, service.build, 'Dockerfile'))).toBe(true);
      const entry = service.command?.find((part) => part.endsWith('.ts'));
      if (service.build) expect(entry && existsSync(join(root, entry))).toBe(true);
    },
  );

  test.each(services)(
    '%s waits only for services that are there and say when they are healthy',
    (_name, service) => {
      const dependencies = Array.isArray(service.depends_on)
        ? service.depends_on.map((name) => [name, { condition: 'service_started' }] as const)
        : Object.entries(service.depends_on ?? {});
      for (const [name, { condition }] of dependencies) {
        expect(compose.services[name], name).toBeDefined();
        if (condition === 'service_healthy') expect(compose.services[name]!.healthcheck, name).toBeDefined();
      }
    },
  );

  test.each(services)('%s mounts only volumes that are declared and files that exist', (_name, service) => {
    for (const volume of service.volumes ?? []) {
      const source = volume.split(':')[0]!;
      if (source.startsWith('.')) expect(existsSync(join(root, source)), source).toBe(true);
      else expect(compose.volumes[source], source).toBeDefined();
    }
  });

  test('only the proxy is open to the outside', () => {
    const open = services.filter(([, { ports }]) => ports?.some((port) => !port.startsWith('127.0.0.1:')));
    expect(open.map(([name]) => name)).toEqual(['proxy']);
  });

  test('no password has a default', () => {
    for (const [, name] of text.matchAll(/\$\{(\w*(?:SECRET|PASSWORD))\b/g)) {
      expect(text).not.toMatch(new RegExp(`\\$\\{${name}:?-`));
    }
  });

  test('every Recado variable it sets is described in .env.example', () => {
    const described = readFileSync(join(root, '.env.example'), 'utf8');
    const set = services.flatMap(([, service]) =>
      service.build ? Object.keys(service.environment ?? {}) : [],
    );
    for (const name of new Set(set)) expect(described, name).toContain(`${name}=`);
  });

  test('the image installs every workspace', () => {
    const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      workspaces: string[];
    };
    const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
    for (const name of workspaces) expect(dockerfile).toContain(`COPY ${name}/package.json ${name}/`);
  });
});
