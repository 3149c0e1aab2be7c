import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  Key,
  KeyCode,
  KeyCodeWish,
  KeyExchange,
  Keys,
  KeyWish,
  MadeKey,
} from '../../contract/key.ts'
import { Problem } from '../../contract/problem.ts'
import { ById, Nothing } from '../../contract/scalar.ts'
import type { Keys as PersonalKeys } from '../../core/key/index.ts'
import { addressOf } from '../address.ts'
import { viewKey } from '../view-key.ts'

/** One's own keys, in the browser. */
export const keys =
  (personal: PersonalKeys): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/keys', {
      schema: {
        summary: 'My keys: those that work, and those that stopped within 30 days',
        response: { 200: Keys, default: Problem },
      },
      handler: async ({ actor }) => {
        const { now, keys, freshUntil, longest } = await personal.listKeys(actor)
        return {
          now: now.toISOString(),
          longest,
          freshUntil: freshUntil !== null && now < freshUntil ? freshUntil.toISOString() : null,
          keys: keys.map((key) => viewKey(key, now)),
        }
      },
    })

    app.post('/keys', {
      schema: {
        summary: 'A new key, shown this once; within five minutes of signing in',
        body: KeyWish,
        response: { 201: MadeKey, default: Problem },
      },
      handler: async ({ actor, body }, reply) => {
        const { text, key } = await personal.makeKey(actor, body)
        return reply.code(201).send({ text, key: viewKey(key, key.createdAt) })
      },
    })

    app.post('/keys/:id/end', {
      schema: {
        summary: 'End one of my keys now',
        params: ById,
        body: Nothing,
        response: { 200: Key, default: Problem },
      },
      handler: async ({ actor, params }) => {
        const key = await personal.endKey(actor, params.id)
        return viewKey(key, key.endedAt ?? key.expiresAt)
      },
    })

    app.post('/key-codes', {
      schema: {
        summary: 'Let a terminal fetch a key; within five minutes of signing in',
        body: KeyCodeWish,
        response: { 201: KeyCode, default: Problem },
      },
      handler: async ({ actor, body }, reply) =>
        reply.code(201).send(await personal.allowKey(actor, body)),
    })
  }

/** For terminals: no cookie is read, so no page has to ask. */
export const keyExchange =
  (personal: PersonalKeys): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post('/keys/exchange', {
      config: { acceptsPrograms: true },
      schema: {
        summary: 'The key that was allowed to this terminal, for its code and verifier',
        body: KeyExchange,
        response: { 201: MadeKey, default: Problem },
      },
      handler: async (request, reply) => {
        const visit = { address: addressOf(request), requestId: request.id }
        const { text, key } = await personal.fetchKey(request.body, visit)
        return reply.code(201).send({ text, key: viewKey(key, key.createdAt) })
      },
    })
  }
