import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { sealAll } from '../store/sealed.ts'
import { usePortal } from './portal.ts'
import { JSON_TYPE, oddBodies, roughText, unreadableBodies } from './rough.ts'
import { patiently, send, useRejections } from './send.ts'
import { rememberSessions, walkRoutes } from './walk.ts'
import { times } from '../thorough.ts'

const portal = usePortal(rememberSessions)
// An export of a log without a seal is a 503, and rightly.
beforeAll(() => sealAll(portal.url))
await walkRoutes(portal, ['params', 'querystring'])

const rejections = useRejections()
const RUNS = times(100, 1_000)
/** Of what asks the database or the provider. */
const FEWER = times(30, 300)

/** What no schema describes: the provider's answers, the browsers' reports, and what is not there. */
test.concurrent.each([
  ['/auth/callback?code=%s&state=x', FEWER],
  ['/auth/callback?%s', FEWER],
  ['/auth/login?returnTo=%s', FEWER],
  ['/api/databases?%s', FEWER],
  ['/api/%s', RUNS],
  ['/%s', RUNS],
] as const)(
  'GET %s, %d times',
  async (address, numRuns) => {
    const cookie = await patiently(() => portal.cookie('team', 'the lost'))
    await fc.assert(
      fc.asyncProperty(roughText, async (text) => {
        await send(portal, { method: 'GET', url: address.replace('%s', () => text), cookie })
      }),
      { numRuns },
    )
    expect(rejections).toEqual([])
  },
  300_000,
)

test(`a report of a browser, ${RUNS} times`, async () => {
  const types = fc.constantFrom('application/csp-report', 'application/reports+json', JSON_TYPE)
  const right = fc.constant({ 'csp-report': { 'blocked-uri': 'inline' } })
  const reports = fc.oneof(unreadableBodies(right), oddBodies(right))
  await fc.assert(
    fc.asyncProperty(reports, types, async ({ payload }, type) => {
      await send(portal, { method: 'POST', url: '/api/csp-report', payload, type })
    }),
    { numRuns: RUNS },
  )
  expect(rejections).toEqual([])
}, 300_000)
