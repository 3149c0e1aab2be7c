import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Problem } from '../../contract/problem.ts'
import type { LiveEvent } from '../../contract/live.ts'
import type { Changes } from '../../core/access/changes.ts'
import { maySee } from '../../core/access/policy.ts'
import type { Catalog } from '../../core/catalog/catalog.ts'
import { DomainError } from '../../core/error.ts'
import type { SessionStore } from '../../core/person/ports.ts'
import { type EventStream, openEventStream } from '../event-stream.ts'
import type { Observe } from '../observe.ts'

/** How often the session is asked again, in ms; also less than the minute after which proxies cut what is silent. */
const BEAT = 15_000
const PER_SESSION = 8
const PER_PROCESS = 1_000

export type LiveParts = {
  changes: Changes
  sessions: SessionStore
  catalog: () => Catalog
  observe?: Observe
}

/** Pages follow what they may see. Who may see it is asked at each change, whether the session lasts at each beat. */
export const live =
  ({ changes, sessions, catalog, observe }: LiveParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const streams = new Map<EventStream, string>()
    let stopping = false
    app.addHook('preClose', async () => {
      stopping = true
      for (const stream of streams.keys()) stream.end()
    })

    app.get('/', {
      // HEAD would open a stream that nobody reads.
      exposeHeadRoute: false,
      config: { background: true, endless: true },
      schema: {
        summary: 'Which requests change, as server-sent events: hello, change, missed, over',
        response: {
          200: {
            description: 'The data of `change` is {"request": id}, that of the others {}',
            content: { 'text/event-stream': { schema: Type.Unsafe<Readable>(Type.String()) } },
          },
          default: Problem,
        },
      },
      handler: async ({ actor, log }, reply) => {
        const own = [...streams.values()].filter((id) => id === actor.sessionId)
        if (own.length >= PER_SESSION) throw tooManyPages()
        if (streams.size >= PER_PROCESS) throw tooManyStreams()

        const stream = openEventStream()
        const say = (event: LiveEvent, data?: object) => stream.say(event, data)
        streams.set(stream, actor.sessionId)
        observe?.streams(streams.size)
        const unsubscribe = changes.subscribe((heard) => {
          if (heard === 'missed') say('missed')
          else if (maySee(catalog(), actor, heard)) say('change', { request: heard.id })
        })
        const beats = setInterval(() => {
          stream.beat()
          sessions.detail(actor.sessionId).then(
            (session) => {
              if (session) return
              say('over')
              stream.end()
            },
            // A database that does not answer announces nothing either; the next beat asks again.
            (error: unknown) => log.warn({ err: error }, 'a session could not be asked for'),
          )
        }, BEAT)
        stream.body.once('close', () => {
          clearInterval(beats)
          unsubscribe()
          streams.delete(stream)
          observe?.streams(streams.size)
        })
        say('hello')
        if (stopping) stream.end()

        return reply
          .type('text/event-stream')
          .headers({
            'cache-control': 'no-store',
            'x-accel-buffering': 'no',
            // Kept alive after the stream, the connection would hold up a stop.
            connection: 'close',
          })
          .send(stream.body)
      },
    })
  }

const tooManyPages = () =>
  new DomainError('too_many', 'Too many pages of this session follow changes already.', {
    reason: 'session_streams',
    mend: 'Close some of them, or ask now and then instead.',
    retryAfter: 15,
  })

const tooManyStreams = () =>
  new DomainError('unavailable', 'Too many pages follow changes here already.', {
    reason: 'process_streams',
    mend: 'Ask now and then instead, and try again later.',
    retryAfter: 60,
  })
