import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Connection } from '../../server/contract/connection.ts'
import type { Probes } from '../../server/contract/probe.ts'
import type { TlsFinding } from '../../server/core/trust/tls-finding.ts'
import { makeProbes, type Probes as Looks } from '../../server/core/trust/probe-endpoints.ts'
import { takeTurn } from '../../server/store/chores.ts'
import { probeStore } from '../../server/store/probes.ts'
import { asSuperuser } from '../store/mint-scenes.ts'
import { logOf } from '../store/store.ts'
import { openGrant, partsOf, usePortal } from './portal.ts'

let looks: Looks
const portal = usePortal((portal) => {
  looks = makeProbes({
    catalog: () => portal.catalog,
    bundles: { bundle: () => undefined },
    lookAt: (...given) => portal.lookAt(...given),
    store: probeStore(portal.store),
    newId: () => 'the background',
    now: portal.store.now,
    warn: () => {},
  })
  return { probes: looks }
})
const seen = (over: Partial<Extract<TlsFinding, { outcome: 'answered' }>> = {}): TlsFinding => ({
  outcome: 'answered',
  chain: [{ name: 'a', sha256: 'ab', expiresAt: '2030-01-01T00:00:00.000Z' }],
  names: ['writer.example.com'],
  verified: true,
  fault: null,
  nameCovered: true,
  expiresAt: '2030-01-01T00:00:00.000Z',
  ...over,
})
const administrator = () => portal.cookie('administrator')
const lookNow = async () => {
  const answer = await portal.call('POST', '/api/setup/probes', {
    cookie: await administrator(),
    body: {},
  })
  expect(answer.statusCode, answer.body).toBe(202)
  await looks.idle()
}
const list = async () =>
  (await portal.call('GET', '/api/setup/probes', { cookie: await administrator() })).json<Probes>()

test('every endpoint of the catalog is looked at, by its own address, and nothing else', async () => {
  const dialled: string[] = []
  portal.lookAt = async ({ endpoint }) => {
    dialled.push(`${endpoint.dial.host}:${endpoint.dial.port}`)
    return endpoint.kind === 'reader' ? seen({ nameCovered: false }) : seen()
  }
  await lookNow()

  const { endpoints, running } = await list()
  expect(running).toBe(false)
  expect(dialled.toSorted()).toEqual(endpoints.map(({ dial }) => dial).toSorted())
  expect(endpoints.map(({ database, endpoint, mode }) => [database, endpoint, mode])).toEqual([
    ['orders', 'writer', 'verify-full'],
    ['orders', 'reader', 'verify-ca'],
    ['shipments', 'writer', 'verify-full'],
  ])
  expect(endpoints[1]?.why).toContain('writer.example.com')
  const [event] = (await logOf(portal.store, 'tls.probed')).slice(-1)
  expect(event).toMatchObject({
    actor: expect.stringMatching(/^[0-9a-f-]{36}$/),
    payload_j: { endpoints: 3, verified: 3, nameAbsent: 1, unverified: 0, failed: 0 },
  })
})

test('the snippets of a connection follow what was proven, and only there', async () => {
  portal.lookAt = async ({ endpoint }) => seen({ nameCovered: endpoint.kind !== 'reader' })
  await lookNow()
  const cookie = await portal.cookie('team')
  const grant = await openGrant(portal, cookie)
  const connection = async (endpoint: string) =>
    (
      await portal.call('GET', `/api/grants/${grant}/connection?endpoint=${endpoint}`, { cookie })
    ).json<Connection>()
  const psql = ({ snippets }: Connection) =>
    JSON.stringify(snippets.find(({ client }) => client === 'psql')?.parts)

  const reader = await connection('reader')
  expect(reader.tls).toEqual({
    mode: 'verify-ca',
    why: expect.stringContaining('not for orders.cluster-ro'),
  })
  expect(psql(reader)).toContain('sslmode=verify-ca')
  const writer = await connection('writer')
  expect(writer.tls).toEqual({ mode: 'verify-full', why: null })
  expect(psql(writer)).toContain('sslmode=verify-full')

  portal.lookAt = async () => ({ outcome: 'failed', code: 'timeout' })
  await lookNow()
  expect((await connection('reader')).tls.mode).toBe('verify-full')
})

test('a look at an address that the catalog has changed since counts for nothing', async () => {
  portal.lookAt = async () => seen({ nameCovered: false })
  await lookNow()
  const orders = portal.catalog.databases.get('orders')!
  const moved = orders.endpoints.map((endpoint) => ({
    ...endpoint,
    dial: { host: '10.9.9.9', port: 5432 },
  }))
  portal.catalog = {
    ...portal.catalog,
    databases: new Map([['orders', { ...orders, endpoints: moved }]]),
  }
  const { endpoints } = await list()
  expect(endpoints.map(({ mode, seen }) => [mode, seen])).toEqual([
    ['verify-full', null],
    ['verify-full', null],
  ])
  await lookNow()
  const { rows } = await portal.store.pool.query('SELECT DISTINCT database FROM tls_probe')
  expect(rows).toEqual([{ database: 'orders' }])
})

test('two administrators who ask at once get one round', async () => {
  let count = 0
  let release = (_: TlsFinding) => {}
  const held = new Promise<TlsFinding>((resolve) => (release = resolve))
  portal.lookAt = () => {
    count++
    return held
  }
  const cookie = await administrator()
  const ask = () => portal.call('POST', '/api/setup/probes', { cookie, body: {} })
  await Promise.all([ask(), ask(), ask()])
  expect((await list()).running).toBe(true)
  release(seen())
  await looks.idle()
  expect(count).toBe(3)
})

test('what cannot be told of is not kept', async () => {
  portal.lookAt = async () => seen()
  await lookNow()
  await asSuperuser(portal.url, (client) =>
    client.query('REVOKE INSERT ON audit.event FROM latchkey_app'),
  )
  portal.lookAt = async () => seen({ names: ['never kept'] })
  const call = await portal.app.inject({
    method: 'POST',
    url: '/api/setup/probes',
    headers: { host: 'latchkey.example.com', origin: 'https://latchkey.example.com' },
  })
  expect(call.statusCode).toBe(401)
  looks.lookNow({ personId: crypto.randomUUID(), requestId: 'r', address: '', groups: [] } as never)
  await looks.idle()
  await asSuperuser(portal.url, (client) =>
    client.query(
      'GRANT INSERT (action, actor, subject, request_id, intent_id, address, payload) ON audit.event TO latchkey_app',
    ),
  )
  expect(JSON.stringify(await list())).not.toContain('never kept')
})

test('the background looks at what it has no evidence of, or old evidence; at MySQL once a week', async () => {
  const looked: string[] = []
  portal.lookAt = async ({ database, endpoint }) => {
    looked.push(`${database.name}/${endpoint.name}`)
    return seen()
  }
  const orders = portal.catalog.databases.get('orders')!
  const shop = { ...orders, name: 'shop', engine: 'mysql' as const }
  portal.catalog = {
    ...portal.catalog,
    databases: new Map([
      ['orders', orders],
      ['shop', shop],
    ]),
  }
  const after = async (hours: number) => {
    await portal.store.pool.query(
      'UPDATE tls_probe SET at = clock_timestamp() - make_interval(hours => $1)',
      [hours],
    )
    looked.length = 0
    await looks.lookAtOld()
    return looked.toSorted()
  }
  await portal.store.pool.query('DELETE FROM tls_probe')
  const all = ['orders/reader', 'orders/writer', 'shop/reader', 'shop/writer']
  expect(await after(0)).toEqual(all)
  expect(await after(1)).toEqual([])
  expect(await after(13)).toEqual(['orders/reader', 'orders/writer'])
  expect(await after(7 * 24 + 1)).toEqual(all)
})

test('one portal takes the turn at a chore, once in its time', async () => {
  const turns = () => Promise.all([1, 2, 3].map(() => takeTurn(portal.store, 'drill', 60)))
  expect((await turns()).filter(Boolean)).toHaveLength(1)
  expect((await turns()).filter(Boolean)).toHaveLength(0)
  await portal.store.pool.query("UPDATE chore SET due_at = clock_timestamp() WHERE name = 'drill'")
  expect((await turns()).filter(Boolean)).toHaveLength(1)
})

test('a portal that stops begins no further look, and keeps what it saw', async () => {
  const { probes } = await partsOf(portal)
  let count = 0
  portal.lookAt = async () => {
    count++
    await sleep(20)
    return seen()
  }
  const many = Array.from({ length: 40 }, (_, n) => {
    const orders = portal.catalog.databases.get('orders')!
    return [`orders-${n}`, { ...orders, name: `orders-${n}` }] as const
  })
  portal.catalog = { ...portal.catalog, databases: new Map(many) }
  probes.lookNow({ personId: crypto.randomUUID(), requestId: 'r', address: '' } as never)
  await probes.stop()
  expect(count).toBe(8)
  const { rows } = await portal.store.pool.query(
    "SELECT count(*)::int AS n FROM tls_probe WHERE database LIKE 'orders-%'",
  )
  expect(rows).toEqual([{ n: 8 }])
})
