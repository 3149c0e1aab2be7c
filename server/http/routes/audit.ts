import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AuditPage, AuditPageWish } from '../../contract/audit.ts'
import { Problem } from '../../contract/common.ts'
import type { Actor } from '../../core/actor.ts'
import type { LogPage } from '../../core/audit/read-log.ts'

type ReadLog = (actor: Actor, wish: { before: bigint | null; limit: number }) => Promise<LogPage>

export const audit =
  (readLog: ReadLog): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/events', {
      schema: {
        summary: 'The audit log, newest first; reading it is recorded too',
        querystring: AuditPageWish,
        response: { 200: AuditPage, default: Problem },
      },
      handler: async ({ actor, query }) => {
        const { now, events, next } = await readLog(actor, {
          before: query.before === undefined ? null : BigInt(query.before),
          limit: Number(query.limit ?? 50),
        })
        const entries = events.map((event) => ({ ...event, at: event.at.toISOString() }))
        return { now: now.toISOString(), entries, next }
      },
    })
  }
