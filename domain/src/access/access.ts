import { reject, type Rejection } from '../outcome.ts';

/** Who may do what. Pure predicates with the reason in their name; routes and commands declare one of them. */
export const roles = ['agent', 'supervisor', 'quality', 'auditor', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface Person {
  userId: string;
  tenant: string;
  roles: readonly Role[];
}

const has = (person: Person, ...any: Role[]): boolean => any.some((role) => person.roles.includes(role));

/** Permission → who has it. The session tells the interface which of these the person has. */
export const permissions = {
  /** Has a mailbox with the conversations assigned to them. */
  attend: (person: Person) => has(person, 'agent', 'supervisor'),
  /** Acts on conversations that are not theirs: take, transfer, return, close. */
  takeOver: (person: Person) => has(person, 'supervisor', 'admin'),
  /** Sees the live board. */
  viewBoard: (person: Person) => has(person, 'supervisor', 'admin'),
  viewReports: (person: Person) => has(person, 'supervisor', 'quality', 'admin'),
  /** Reads any conversation of the tenant, without changing anything. */
  readAnyConversation: (person: Person) => has(person, 'supervisor', 'quality', 'auditor', 'admin'),
  viewAudit: (person: Person) => has(person, 'auditor', 'admin'),
  configure: (person: Person) => has(person, 'admin'),
} as const;
export type Permission = keyof typeof permissions;

export const may = (person: Person, permission: Permission): boolean => permissions[permission](person);
export const permissionsOf = (person: Person): Permission[] =>
  (Object.keys(permissions) as Permission[]).filter((name) => may(person, name));

/** Reading one conversation: those who may read any, and the agent to whom it is or was last assigned. */
export const mayReadConversation = (person: Person, conversation: { agentId: string | null }): boolean =>
  may(person, 'readAnyConversation') || (may(person, 'attend') && conversation.agentId === person.userId);

/** Acting on a conversation at all. What exactly is allowed, the conversation's own state decides. */
export const refuseCommand = (person: Person): Rejection | null =>
  may(person, 'attend') || may(person, 'takeOver') ? null : reject('forbidden', 'this role only reads');

/** The actor kind under which a person's decisions are recorded: the strongest of their roles. */
export const actorKindOf = (person: Person): 'admin' | 'supervisor' | 'agent' | 'quality' | 'auditor' =>
  (['admin', 'supervisor', 'agent', 'quality', 'auditor'] as const).find((role) =>
    person.roles.includes(role),
  ) ?? 'agent';
