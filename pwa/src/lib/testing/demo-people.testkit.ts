import type { RefDoc } from '@recado/domain/wire/documents';

/** Made-up people who can sign in, and what their devices know by name. */
const supervisorRights = ['attend', 'takeOver', 'viewBoard', 'viewReports', 'readAnyConversation'];
const base = { tenant: 'demo', tenantName: 'Demo' };
export const person = {
  ana: {
    ...base,
    userId: 'ana',
    name: 'Ana Torres',
    email: 'ana@demo.test',
    roles: ['agent'],
    permissions: ['attend'],
    mailboxEpoch: 1,
  },
  supervisor: {
    ...base,
    userId: 'ana',
    name: 'Sofía Prada',
    email: 'supervisor@demo.test',
    roles: ['supervisor'],
    permissions: supervisorRights,
    mailboxEpoch: 1,
  },
  calidad: {
    ...base,
    userId: 'calidad',
    name: 'Clara Mejía',
    email: 'calidad@demo.test',
    roles: ['quality'],
    permissions: ['viewReports', 'readAnyConversation'],
    mailboxEpoch: null,
  },
};

const ref = (
  kind: RefDoc['kind'],
  key: string,
  name: string,
  data: Record<string, unknown> = {},
): RefDoc => ({ id: `ref.${kind}.${key}`, kind, key, name, data });
export const demoRefs: RefDoc[] = [
  ref('me', 'me', 'Ana Torres', { status: 'available' }),
  ref('colleague', 'bruno', 'Bruno Díaz', { status: 'on_break' }),
  ref('colleague', 'carla', 'Carla Nieto', { status: 'available' }),
  ref('queue', 'ventas', 'Ventas'),
  ref('queue', 'soporte', 'Soporte'),
  ref('number', '100000000000001', 'Línea principal'),
];
