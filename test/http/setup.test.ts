import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore, type Store } from '../../server/store/store.ts'
import { usePortal } from './portal.ts'

let away: Store
beforeAll(async () => {
  // A port that was free a moment ago: nobody listens there.
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  away = openStore(`postgres://nobody@127.0.0.1:${port}/nowhere`)
})
afterAll(() => away?.close())

/** The session is still found; the clock of the page is asked for when the database has gone. */
const portal = usePortal(() => ({ databaseNow: () => away.now() }))

test('the set-up page without a database is not a fault of the portal: 503, and when to try again', async () => {
  const answer = await portal.call('GET', '/api/setup', {
    cookie: await portal.cookie('administrator'),
  })

  expect(answer.statusCode, answer.body).toBe(503)
  expect(answer.headers['retry-after']).toBe('2')
  expect(answer.json()).toMatchObject({ code: 'unavailable', detail: expect.stringMatching(/\.$/) })
})
