import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Parts } from '../../server/app.ts'
import type { Session } from '../../server/core/person/ports.ts'
import { sessionStore } from '../../server/store/session.ts'
import { collectRoutes, type Place, routesOf } from './declared.ts'
import type { Words } from './from-schema.ts'
import { type Kind, openGrant, type Portal } from './portal.ts'
import type { Permission } from '../../server/http/permission.ts'
import { JSON_TYPE } from './rough.ts'
import { type Answer, patiently, send, useRejections } from './send.ts'
import { type Try, triesOf } from './try.ts'
import { times } from '../thorough.ts'

/** At random, besides each thing that can be wrong. */
const WRONG = times(100, 1_000)
/** These find what a validator refuses, or lets pass, by mistake. */
const OTHER = WRONG / 5

/** Looks each session up once: what is wrong is stopped by its schema, and a look at the database before it is all it costs. */
export function rememberSessions({ store }: Portal): Pick<Parts, 'sessions'> {
  const sessions = sessionStore(store)
  const found = new Map<string, Session>()
  const find = async (key: string) => {
    const session = found.get(key) ?? (await sessions.find(key))
    if (session) found.set(key, session)
    return session
  }
  return { sessions: { ...sessions, find } }
}

/** Tests that walk every route which declares something at one of these places, by its schema alone. */
export async function walkRoutes(portal: Portal, places: readonly Place[]): Promise<void> {
  const routes = await collectRoutes()
  const rejections = useRejections()
  const cases = routes.flatMap((declared) =>
    places
      .filter((place) => declared.schemas[place])
      .map((place) => [declared.route, place, declared] as const),
  )

  describe('whatever is sent, the answer is an answer', () => {
    test('the routes that are tried are all routes there are', () => {
      expect(routes).toEqual(routesOf(portal.app.declaredRoutes))
      expect(cases.length).toBeGreaterThan(3)
    })

    test.concurrent.each(cases)(
      `%s, %s: each thing that can be wrong, ${WRONG} at random, and ${OTHER} that may be right`,
      async (route, place, declared) => {
        const subject = `${route} ${place}`
        const as = await patiently(() => credentials(portal, declared.permission, subject))
        // A grant of their own: what ends here must not end the test of another route.
        const words = await patiently(() => wordsOf(portal, subject))
        const { each, wrong, other } = triesOf(declared, place, words)
        const attempt = async (one: Try) =>
          judge(one, place, await send(portal, { method: declared.method, ...as, ...one }))

        for (const fault of each) await attempt(fc.sample(fault, 1)[0]!)
        if (each.length > 0) await fc.assert(fc.asyncProperty(wrong, attempt), { numRuns: WRONG })
        await fc.assert(fc.asyncProperty(other, attempt), { numRuns: OTHER })
        const again = await patiently(() => portal.cookie('team', subject))
        const still = await send(portal, { method: 'GET', url: '/api/databases', cookie: again })
        expect(still.status).toBe(200)
      },
      300_000,
    )

    test('and the portal is as well as before', async () => {
      const cookie = await patiently(() => portal.cookie('team', 'the survivor'))
      const grant = await patiently(() => openGrant(portal, cookie))
      const url = `/api/grants/${grant}/tokens`
      const payload = '{"endpoint":"writer"}'
      const token = await send(portal, { method: 'POST', url, cookie, payload, type: JSON_TYPE })
      expect(token.status, token.told).toBe(201)
      expect(rejections).toEqual([])
    })
  })
}

/** Of whoever gets past session, key and role, so that it is the schema that answers. */
async function credentials(portal: Portal, permission: Permission, subject: string) {
  if (permission !== 'key') return { cookie: await portal.cookie(WHO[permission], subject) }
  const { text } = await portal.key(await portal.cookie('team', subject))
  return { authorization: `Bearer ${text}` }
}

const WHO = {
  public: 'team',
  'signed-in': 'team',
  auditor: 'auditor',
  administrator: 'administrator',
} satisfies Record<string, Kind>

/** What the portal knows, so that what is right by its schema goes on to the portal's own questions. */
async function wordsOf(portal: Portal, subject: string): Promise<Words> {
  const cookie = await portal.cookie('team', subject)
  return {
    id: [await openGrant(portal, cookie, 28_800)],
    name: ['orders', 'shipments'],
    team: ['payments'],
    database: ['orders'],
    user: ['orders_reader', 'orders_writer'],
    seconds: [60, 3600],
    endpoint: ['writer', 'reader'],
    file: ['eu-west-1.pem'],
  }
}

function judge({ fault, rough }: Try, place: Place, { status, problem, told }: Answer): void {
  if (rough === 'unreadable') expect(status, told).toBeGreaterThanOrEqual(400)
  if (rough) return
  if (!fault) {
    expect(problem?.reason, `refused though right: ${told}`).not.toBe('schema')
    return
  }

  expect(status, `accepted though wrong at ${place}${fault.at}: ${told}`).toBeGreaterThanOrEqual(
    400,
  )
  // A part of a path that is too long, and a key that could change what all objects are, are stopped before any schema.
  if (place === 'params' && status === 414) return
  if (fault.named === '__proto__' && problem?.reason !== 'schema') return
  const [where] = problem?.detail.split(' ', 1) ?? []
  expect(problem, told).toMatchObject({ status: 400, code: 'invalid', reason: 'schema' })
  expect(`${where}/`, told).toContain(`${place}${fault.at}/`)
  expect(problem?.mend, told).toContain((fault.named ?? '').slice(0, 64))
}
