import { describe, expect, test } from 'vitest';
import { internalToken } from './internal-token.ts';
import {
  actorKindOf,
  mayReadConversation,
  permissionsOf,
  refuseCommand,
  roles,
  type Role,
} from './access.ts';

const person = (...of: Role[]) => ({ userId: 'ana', tenant: 'demo', roles: of });

describe('access', () => {
  test('each role has exactly these permissions', () => {
    expect(Object.fromEntries(roles.map((role) => [role, permissionsOf(person(role))]))).toEqual({
      agent: ['attend'],
      supervisor: ['attend', 'takeOver', 'viewBoard', 'viewReports', 'readAnyConversation'],
      quality: ['viewReports', 'readAnyConversation'],
      auditor: ['readAnyConversation', 'viewAudit'],
      admin: ['takeOver', 'viewBoard', 'viewReports', 'readAnyConversation', 'viewAudit', 'configure'],
    });
  });

  test('a person without a role may do nothing', () => {
    expect(permissionsOf(person())).toEqual([]);
  });

  test('an agent reads only what is theirs; an auditor reads everything', () => {
    expect(mayReadConversation(person('agent'), { agentId: 'ana' })).toBe(true);
    expect(mayReadConversation(person('agent'), { agentId: 'bruno' })).toBe(false);
    expect(mayReadConversation(person('agent'), { agentId: null })).toBe(false);
    expect(mayReadConversation(person('auditor'), { agentId: null })).toBe(true);
  });

  test('those who only read cannot command', () => {
    expect(refuseCommand(person('auditor'))).toMatchObject({ rejected: 'forbidden' });
    expect(refuseCommand(person('agent'))).toBeNull();
  });

  test('a decision is recorded under the strongest role', () => {
    expect(actorKindOf(person('agent', 'supervisor'))).toBe('supervisor');
  });

  test('the token between services depends on the secret and does not show it', () => {
    expect(internalToken('a')).not.toBe(internalToken('b'));
    expect(internalToken('secret')).not.toContain('secret');
  });
});
