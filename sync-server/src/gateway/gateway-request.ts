import { must } from '@recado/domain/must';
import type { Collection } from '@recado/domain/wire/documents';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import type { OpenMailbox } from '../mailbox/mailboxes.ts';
import type { LiveSession } from '../session/sessions.ts';
import type { TenantRuntime } from '../tenants/tenant.ts';
import type { CollectionScope } from './collection-scope.ts';

/** A request to `/sync/<collection>` after its session, its mailbox and its collection were found. */
export interface GatewayRequest {
  couch: CouchConnection;
  session: LiveSession;
  tenant: TenantRuntime;
  mailbox: OpenMailbox;
  scope: CollectionScope;
  query: URLSearchParams;
}

/** Longest body of a request to `/sync`, bytes. Devices keep push batch × largest command below it. */
export const bodyLimit = 1_000_000;

export const collectionIn = (scope: CollectionScope): Collection =>
  must(scope.name === 'feed' ? null : scope.name, 'a single collection');
