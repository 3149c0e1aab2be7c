import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  AuditChoices,
  AuditEventId,
  AuditFilter,
  AuditHistogram,
  AuditPage,
  AuditPageWish,
  AuditStory,
  FoundPeople,
  PeopleWish,
} from '../../contract/audit.ts'
import { Problem } from '../../contract/problem.ts'
import { cloudTrailQuery } from '../../core/audit/cloud-trail.ts'
import { cursorText } from '../../core/audit/cursor.ts'
import { ACTIONS, outcomeOf } from '../../core/audit/outcome.ts'
import type { AuditLog } from '../../core/audit/read-log.ts'
import { notFound } from '../../core/error.ts'
import { cursorOf, searchOf } from '../audit-wish.ts'
import { viewEvent } from '../view-audit.ts'

/** For auditors and administrators; each read is itself recorded. */
export const audit =
  (log: AuditLog): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/events', {
      schema: {
        summary: 'The audit log, newest first; reading it is recorded too',
        querystring: AuditPageWish,
        response: { 200: AuditPage, default: Problem },
      },
      handler: async ({ actor, query: { before, limit = '50', ...filter } }) => {
        const found = await log.page(actor, searchOf(filter), cursorOf(before), Number(limit))
        const { now, events, next, people } = found
        return {
          now: now.toISOString(),
          entries: events.map((event) => viewEvent(event, people)),
          next: next && cursorText(next),
          people,
        }
      },
    })

    app.get('/histogram', {
      schema: {
        summary: 'How many events there are, over time; the same filters as the list',
        querystring: AuditFilter,
        response: { 200: AuditHistogram, default: Problem },
      },
      handler: async ({ actor, query }) => {
        const { now, range, seconds, buckets, count, completeFrom } = await log.histogram(
          actor,
          searchOf(query),
        )
        return {
          now: now.toISOString(),
          from: range?.from.toISOString() ?? null,
          to: range?.to.toISOString() ?? null,
          seconds,
          buckets: buckets.map((bucket) => ({ ...bucket, at: bucket.at.toISOString() })),
          count,
          completeFrom: completeFrom?.toISOString() ?? null,
        }
      },
    })

    app.get('/events/:id', {
      schema: {
        summary:
          'One event and all that belongs to it: request, decisions, grants, tokens, reviews',
        params: AuditEventId,
        response: { 200: AuditStory, default: Problem },
      },
      handler: async ({ actor, params }) => {
        const story = await log.story(actor, params.id)
        if (!story) throw notFound()
        const { now, event, events, people, ...rest } = story
        return {
          ...rest,
          now: now.toISOString(),
          entry: viewEvent(event, people),
          events: events.map((each) => viewEvent(each, people)),
          cloudTrail: events.flatMap((each) => cloudTrailQuery(each) ?? []),
          people,
        }
      },
    })

    app.get('/choices', {
      schema: {
        summary: 'What can be filtered by',
        response: { 200: AuditChoices, default: Problem },
      },
      handler: async () => ({
        actions: ACTIONS.map((action) => ({ action, outcome: outcomeOf(action)! })),
        ...(await log.choices()),
      }),
    })

    app.get('/people', {
      schema: {
        summary: 'People by part of their name or e-mail',
        querystring: PeopleWish,
        response: { 200: FoundPeople, default: Problem },
      },
      handler: async ({ actor, query }) => log.people(actor, query.text),
    })
  }
