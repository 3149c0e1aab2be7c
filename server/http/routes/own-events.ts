import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AuditPage, OwnEventsWish } from '../../contract/audit.ts'
import { Problem } from '../../contract/problem.ts'
import { cursorText } from '../../core/audit/cursor.ts'
import type { AuditLog } from '../../core/audit/read-log.ts'
import { cursorOf } from '../audit-wish.ts'
import { viewOwnEvent } from '../view-audit.ts'

/** For everybody who is signed in: what the log says about themselves, and nothing about anybody else. */
export const ownEvents =
  (log: AuditLog): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/', {
      schema: {
        summary: 'The events that I caused, or that were done to me; newest first',
        querystring: OwnEventsWish,
        response: { 200: AuditPage, default: Problem },
      },
      handler: async ({ actor, query: { before, limit = '50' } }) => {
        const { now, events, next, people } = await log.own(actor, cursorOf(before), Number(limit))
        return {
          now: now.toISOString(),
          entries: events.map((event) => viewOwnEvent(event, people, actor.personId)),
          next: next && cursorText(next),
          people,
        }
      },
    })
  }
