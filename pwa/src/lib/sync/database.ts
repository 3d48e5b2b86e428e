import { createRxDatabase, type RxCollection, type RxDatabase, type RxStorage } from 'rxdb/plugins/core';
import type { BoardDoc, CmdDoc, ConvDoc, MsgDoc, RefDoc } from '@recado/domain/wire/documents';
import { localSchemas, type LocalDoc } from './local-schemas.ts';

export interface LocalCollections {
  conv: RxCollection<ConvDoc>;
  msg: RxCollection<MsgDoc>;
  ref: RxCollection<RefDoc>;
  /** Only for those who may see it. */
  board?: RxCollection<BoardDoc>;
  cmd: RxCollection<CmdDoc>;
  local: RxCollection<LocalDoc>;
}
export type LocalDatabase = RxDatabase<LocalCollections>;

export interface Owner {
  tenant: string;
  userId: string;
  epoch: number;
}

/** Without an epoch: how the names of all of a person's databases begin. */
export const databaseName = ({
  tenant,
  userId,
  epoch,
}: Omit<Owner, 'epoch'> & { epoch: number | '' }): string => `recado-${tenant}-${userId}-e${epoch}`;

export async function openDatabase(
  owner: Owner,
  {
    storage,
    withBoard,
    multiInstance = true,
  }: { storage: RxStorage<unknown, unknown>; withBoard: boolean; multiInstance?: boolean },
): Promise<LocalDatabase> {
  const database = await createRxDatabase<LocalCollections>({
    name: databaseName(owner),
    storage,
    multiInstance,
    eventReduce: true,
  });
  const { board, ...always } = localSchemas;
  const schemas: Record<string, unknown> = withBoard ? { ...always, board } : always;
  await database.addCollections(
    Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, { schema }])) as never,
  );
  return database;
}
