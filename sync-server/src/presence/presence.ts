import type { AgentEvent, AgentStatus } from '@recado/domain/agent/agent';
import { decideStatus } from '@recado/domain/agent/agent';
import { may, type Person } from '@recado/domain/access/access';
import { agentStream } from '@recado/domain/commit/stream-id';
import { accept } from '@recado/domain/outcome';
import { ms } from '@recado/domain/time';
import type { CouchDatabase } from '@recado/event-store/couch/database';
import type { Logger } from 'pino';
import type { AgentAggregate, PresentAgent } from '../tenants/aggregates.ts';
import type { Roster } from '../tenants/roster.ts';

/**
 * Presence is what the agent says, plus recent sync. Every request to the gateway is a sign of life; an open
 * connection is none. An agent at work whose devices are silent for too long becomes offline (`silent`) and is
 * back as before with the next sync (`resumed`).
 */
export interface Presence {
  /** A device of this person has just synced. */
  synced(person: Person): void;
  loggedIn(person: Person): Promise<void>;
  /** The person's last session has ended. */
  loggedOut(person: Person): Promise<void>;
  /** Makes the silent offline. To be called now and then, by one process. */
  checkSilence(): Promise<void>;
  /** Stores when each person was last heard of, so that a restart silences nobody. Coarse: called now and then. */
  save(): Promise<void>;
}

export interface PresenceDeps {
  work: CouchDatabase;
  agents: AgentAggregate;
  roster: Roster;
  logger: Logger;
  now: () => number;
}

const documentId = 'presence';
type LastHeard = Record<string, number>;

export function createPresence({ work, agents, roster, logger, now }: PresenceDeps): Presence {
  const heard = new Map<string, number>();
  const startedAt = now();
  const resuming = new Set<string>();

  const change = async (
    userId: string,
    cause: string,
    next: (agent: PresentAgent) => { status: AgentStatus; reason: AgentEvent['data']['reason'] } | null,
  ): Promise<void> => {
    await agents.handle({
      stream: agentStream(userId),
      actor: { kind: 'system', id: 'presence' },
      cause: { timer: `presence.${cause}` },
      decide(present) {
        const wanted = next(present);
        return wanted === null ? accept() : decideStatus(present.agent, { agentId: userId, ...wanted });
      },
    });
  };

  const resume = async (userId: string): Promise<void> => {
    if (resuming.has(userId)) return;
    resuming.add(userId);
    try {
      await change(userId, 'resumed', ({ agent, beforeSilence }) =>
        agent.reason === 'silent' && beforeSilence !== null
          ? { status: beforeSilence, reason: 'resumed' }
          : null,
      );
    } catch (error) {
      // The next sync tries again.
      logger.warn({ err: error, userId }, 'an agent could not be resumed');
    } finally {
      resuming.delete(userId);
    }
  };

  return {
    synced({ userId }) {
      heard.set(userId, now());
      if (roster.state().agents[userId]?.reason === 'silent') void resume(userId);
    },
    async loggedIn(person) {
      if (!may(person, 'attend')) return;
      heard.set(person.userId, now());
      // Who logs in comes to work; who had said `offline` or `on_break` keeps it.
      await change(person.userId, 'login', ({ agent, beforeSilence }) => {
        if (agent.status !== 'offline' || agent.reason === 'stated') return null;
        return {
          status: agent.reason === 'silent' ? (beforeSilence ?? 'available') : 'available',
          reason: 'resumed',
        };
      });
    },
    async loggedOut({ userId }) {
      await change(userId, 'logout', ({ agent }) =>
        agent.status === 'offline' ? null : { status: 'offline', reason: 'logout' },
      );
    },
    async checkSilence() {
      const { settings, agents: known } = roster.state();
      const stored = (await work.getOrNull<{ heard: LastHeard }>(documentId))?.heard ?? {};
      for (const [userId, { status, since }] of Object.entries(known)) {
        if (status === 'offline') continue;
        const signs = [heard.get(userId) ?? 0, stored[userId] ?? 0, since === null ? 0 : ms(since)];
        // Just after a start nobody has had the time to be heard.
        const last = Math.max(...signs, Math.min(startedAt, now()));
        if (now() - last <= settings.routing.silentAfterMs) continue;
        await change(userId, 'silent', ({ agent }) =>
          agent.status === 'offline' ? null : { status: 'offline', reason: 'silent' },
        );
      }
    },
    async save() {
      if (heard.size === 0) return;
      const stored = (await work.getOrNull<{ heard: LastHeard }>(documentId))?.heard ?? {};
      const merged: LastHeard = { ...stored };
      for (const [userId, at] of heard) merged[userId] = Math.max(at, merged[userId] ?? 0);
      await work.overwrite(documentId, { heard: merged });
    },
  };
}
