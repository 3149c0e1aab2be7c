import { describe, expect, test } from 'vitest'
import type { Connection } from '../../server/contract/connection.ts'
import type { Token } from '../../server/contract/token.ts'
import { lines } from '../connect/fill.ts'
import { logOf } from '../store/store.ts'
import { catalogOf, CATALOG, openGrant, usePortal } from './portal.ts'

const portal = usePortal()
const ask = (cookie: string, grant: string, query = '') =>
  portal.call('GET', `/api/grants/${grant}/connection${query}`, { cookie })

async function granted(subject = 'the engineer') {
  const cookie = await portal.cookie('team', subject)
  return { cookie, grant: await openGrant(portal, cookie) }
}

describe('how to connect', () => {
  test('is told without a token, records nothing, and is the same once there is one', async () => {
    const { cookie, grant } = await granted()
    const before = (await logOf(portal.store)).length

    const answer = await ask(cookie, grant)

    expect(answer.statusCode, answer.body).toBe(200)
    const connection = answer.json<Connection>()
    expect(connection).toMatchObject({
      endpoint: { name: 'writer' },
      user: 'orders_reader',
      dbname: 'orders',
      tls: { mode: 'verify-full', why: null },
    })
    expect(connection.snippets.map(({ client }) => client)).toContain('psql')
    expect((await logOf(portal.store)).length).toBe(before)
    expect(portal.stsCalls).toEqual([])

    const body = { endpoint: 'writer' }
    const minted = await portal.call('POST', `/api/grants/${grant}/tokens`, { cookie, body })
    expect(minted.statusCode).toBe(201)
    expect((await ask(cookie, grant)).json()).toEqual(connection)
  })

  test('and a token make the line to paste', async () => {
    const { cookie, grant } = await granted()
    const [psql] = (await ask(cookie, grant, '?endpoint=reader')).json<Connection>().snippets
    const body = { endpoint: 'reader' }
    const minted = await portal.call('POST', `/api/grants/${grant}/tokens`, { cookie, body })
    const { token, forms } = minted.json<Token>()

    expect(lines(psql!, forms)).toContain(`PGPASSWORD='${token}' psql 'host=orders.cluster-ro-`)
    expect(forms.raw).toBe(token)
    expect(decodeURIComponent(forms.percent)).toBe(token)
  })

  test('follows a tunnel, while the certificate that is asked for stays', async () => {
    const { cookie, grant } = await granted()
    const answer = await ask(cookie, grant, '?dialHost=127.0.0.1&dialPort=6543')

    const { endpoint, snippets } = answer.json<Connection>()
    expect(endpoint.dial).toEqual({ host: '127.0.0.1', port: 6543 })
    expect(endpoint.signing.port).toBe(5432)
    expect(JSON.stringify(snippets[0])).toContain('hostaddr=127.0.0.1 port=6543')
  })

  test.each([
    '?dialHost=::g',
    '?dialHost=1:2',
    '?dialPort=0',
    '?dialPort=65536',
    '?dialPort=a',
    "?dialHost=a'b",
    '?dialHost=$(id)',
    '?dialHost=-x',
    '?shell=nu',
    '?endpoint=custom',
  ])('is refused for %s', async (query) => {
    const { cookie, grant } = await granted()
    const answer = await ask(cookie, grant, query)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'invalid' })
  })

  test('is not told once the access ended, or the catalog forgot it', async () => {
    const { cookie, grant } = await granted()
    const gone = await granted('of a rule that goes')
    await portal.call('POST', `/api/grants/${grant}/end`, { cookie, body: {} })
    portal.catalog = catalogOf(CATALOG.replace('user: orders_reader', 'user: orders_other'))

    expect((await ask(cookie, grant)).json()).toMatchObject({ reason: 'grant_ended' })
    expect((await ask(gone.cookie, gone.grant)).json()).toMatchObject({ reason: 'rule_gone' })
  })
})
