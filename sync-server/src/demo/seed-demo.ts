import type { Role } from '@recado/domain/access/access';
import { type AgentEvent, decideStatus } from '@recado/domain/agent/agent';
import { agentStream } from '@recado/domain/commit/stream-id';
import { accept } from '@recado/domain/outcome';
import { defaultRouting } from '@recado/domain/settings/settings';
import { minute } from '@recado/domain/time';
import type { SecretBox } from '@recado/event-store/secret-box';
import type { Directory } from '../accounts/directory.ts';
import type { Passwords } from '../accounts/passwords.ts';
import { createConfigure } from '../set-up/configure.ts';
import type { TenantRuntime } from '../tenants/tenant.ts';

/** The tenant that a newcomer meets. Only what is missing is written, so it can run at every start. */
export interface DemoDeps {
  directory: Directory;
  passwords: Passwords;
  tenantOf: (tenantId: string) => Promise<TenantRuntime>;
  secrets: SecretBox;
  now: () => string;
}

export const demoTenant = 'demo';
export const demoPassword = 'recado-demo';

const people: { userId: string; name: string; email: string; roles: Role[] }[] = [
  { userId: 'admin', name: 'Adriana Mejía', email: 'admin@demo.test', roles: ['admin'] },
  { userId: 'supervisor', name: 'Santiago Rojas', email: 'supervisor@demo.test', roles: ['supervisor'] },
  { userId: 'ana', name: 'Ana Torres', email: 'ana@demo.test', roles: ['agent'] },
  { userId: 'bruno', name: 'Bruno Díaz', email: 'bruno@demo.test', roles: ['agent'] },
  { userId: 'calidad', name: 'Camila Ortiz', email: 'calidad@demo.test', roles: ['quality'] },
  { userId: 'auditor', name: 'Andrés Vélez', email: 'auditor@demo.test', roles: ['auditor'] },
];
const agents = ['ana', 'bruno'];

export async function seedDemo(deps: DemoDeps): Promise<void> {
  const { directory, passwords, tenantOf } = deps;
  if (!directory.tenant(demoTenant)) await directory.saveTenant({ tenantId: demoTenant, name: 'Demo' });
  for (const person of people) {
    if (directory.user(person.userId)) continue;
    const passwordHash = await passwords.hash(demoPassword);
    await directory.saveUser({ ...person, tenantId: demoTenant, passwordHash, disabled: false });
  }
  const tenant = await tenantOf(demoTenant);
  await configure(deps, tenant);
  await openShift(tenant);
}

/** The first shift begins by itself: a newcomer's message finds somebody at work before anyone has logged in. */
async function openShift({ agents: aggregate }: TenantRuntime): Promise<void> {
  for (const agentId of agents) {
    await aggregate.handle({
      stream: agentStream(agentId),
      actor: { kind: 'system', id: 'demo' },
      cause: { commandId: `demo.shift.${agentId}` },
      decide: ({ agent }, head) =>
        head.version > 0
          ? accept<AgentEvent>()
          : decideStatus(agent, { agentId, status: 'available', reason: 'stated' }),
    });
  }
}

async function configure({ secrets, now }: DemoDeps, { store }: TenantRuntime): Promise<void> {
  const configured = createConfigure({
    store,
    now,
    actor: { kind: 'system', id: 'demo' },
    onlyMissing: true,
  });
  await configured.routing(defaultRouting);
  await configured.queue({
    queueId: 'general',
    name: 'Atención general',
    slaMs: 5 * minute,
    agentIds: agents,
  });
  await configured.number({
    numberId: '100000000000001',
    provider: 'meta',
    name: 'Línea principal',
    displayPhone: '+57 300 555 0100',
    state: 'active',
    queueId: 'general',
    greeting: '¡Hola! Gracias por escribirnos. En un momento le atiende una persona de nuestro equipo.',
    meta: {
      phoneNumberId: '100000000000001',
      wabaId: '200000000000001',
      verifyToken: 'demo-verify-token',
      sealedAppSecret: secrets.seal('demo-app-secret'),
      sealedAccessToken: secrets.seal('demo-access-token'),
    },
  });
}
