import { beforeEach, describe, expect, test } from 'vitest'
import type { CaContents } from '../../server/contract/ca.ts'
import type { CaOffers } from '../../server/contract/ca-offer.ts'
import { fixedBundles } from '../../server/core/trust/live-bundles.ts'
import { makeOffers } from '../../server/core/trust/offers.ts'
import { acceptedBundles, offerStore } from '../../server/store/ca-offers.ts'
import { asSuperuser } from '../store/mint-scenes.ts'
import { logOf } from '../store/store.ts'
import { aRoot } from '../trust/roots.ts'
import { partsOf, usePortal } from './portal.ts'

const portal = usePortal()
let cookie: string
beforeEach(async () => {
  cookie = await portal.cookie('administrator')
  await asSuperuser(portal.url, (client) =>
    client.query(
      "UPDATE ca_offer SET state = 'refused', decided_at = now() WHERE state = 'waiting'",
    ),
  )
})
const post = (path: string, body: object = {}) =>
  portal.call('POST', `/api/setup/ca${path}`, { cookie, body })
const list = async () => (await portal.call('GET', '/api/setup/ca', { cookie })).json<CaOffers>()
const bundle = (region: string) => portal.call('GET', `/api/ca/${region}.pem`)
const last = async (action: 'ca.offered' | 'ca.accepted' | 'ca.refused') =>
  (await logOf(portal.store, action)).at(-1)

test('a file that is given is used by nobody before it is accepted, and by everybody after', async () => {
  const pem = await aRoot('il-central-1')
  const offered = await post('', { pem })

  expect(offered.statusCode, offered.body).toBe(200)
  const [waiting] = offered.json<CaOffers>().waiting
  expect(waiting).toMatchObject({
    origin: 'upload',
    byPortal: false,
    added: [{ name: 'Amazon RDS il-central-1 Root CA ECC384 G1', key: 'EC P-256' }],
    gone: [],
    same: 0,
  })
  expect(await last('ca.offered')).toMatchObject({
    payload_j: { offer: waiting!.id, added: 1, origin: 'upload' },
  })
  expect((await bundle('il-central-1')).statusCode).toBe(404)

  const accepted = await post(`/${waiting!.id}/accept`)

  expect(accepted.statusCode, accepted.body).toBe(200)
  expect(accepted.json<CaOffers>()).toMatchObject({ waiting: [], accepted: [{ id: waiting!.id }] })
  const served = await bundle('il-central-1')
  expect(served.statusCode).toBe(200)
  expect(served.body).toContain(pem.trim())
  const contents = await portal.call('GET', '/api/ca/il-central-1/certificates')
  expect(contents.json<CaContents>().source).toBe('accepted')
  expect(await last('ca.accepted')).toMatchObject({
    payload_j: { offer: waiting!.id, added: 1, gone: 0 },
  })
  expect(await acceptedBundles(portal.store)()).toEqual([pem])
  // Decided is decided.
  expect((await post(`/${waiting!.id}/refuse`)).statusCode).toBe(404)
})

test('what is refused changes nothing, and may be given again', async () => {
  const pem = await aRoot('mx-central-1')
  const id = (await post('', { pem })).json<CaOffers>().waiting[0]!.id
  expect((await post(`/${id}/refuse`)).statusCode).toBe(200)
  expect((await bundle('mx-central-1')).statusCode).toBe(404)
  expect(await last('ca.refused')).toMatchObject({
    payload_j: { offer: id, why: 'by_administrator' },
  })
  expect((await post('', { pem })).json<CaOffers>().waiting).toHaveLength(1)
})

test('a known root with another key is not taken, and that is in the log', async () => {
  const answer = await post('', { pem: await aRoot('eu-west-1') })
  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toMatchObject({ code: 'invalid', reason: 'key_changed' })
  expect(await last('ca.refused')).toMatchObject({
    payload_j: { origin: 'upload', why: 'key_changed' },
  })
  expect((await list()).waiting).toEqual([])
})

test('two offers that pin each other: the second one cannot be accepted any more', async () => {
  const [one, other] = [await aRoot('ca-west-1'), await aRoot('ca-west-1')]
  const first = (await post('', { pem: one })).json<CaOffers>().waiting[0]!.id
  portal.truststore = async () => other
  const both = (await post('/refresh')).json<CaOffers>().waiting
  const second = both.find(({ origin }) => origin === 'aws')!.id
  expect((await post(`/${first}/accept`)).statusCode).toBe(200)

  const refused = await post(`/${second}/accept`)

  expect(refused.statusCode).toBe(400)
  expect(refused.json()).toMatchObject({ reason: 'key_changed' })
  expect((await bundle('ca-west-1')).body).toContain(one.trim())
  // It can be put away.
  expect((await post(`/${second}/refuse`)).statusCode).toBe(200)
})

test('two administrators who decide at once: one decision counts', async () => {
  const { id } = (await post('', { pem: await aRoot('us-race-1') })).json<CaOffers>().waiting[0]!
  const answers = await Promise.all([
    post(`/${id}/accept`),
    post(`/${id}/refuse`),
    post(`/${id}/accept`),
  ])
  expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1)
  for (const { statusCode } of answers) expect([200, 404, 409]).toContain(statusCode)
  const events = [
    ...(await logOf(portal.store, 'ca.accepted')),
    ...(await logOf(portal.store, 'ca.refused')),
  ]
  expect(
    events.filter(({ payload_j }) => (payload_j as { offer?: string }).offer === id),
  ).toHaveLength(1)
})

describe('what the portal fetches', () => {
  test('is offered once, as long as it is the same', async () => {
    const pem = await aRoot('us-fetch-1')
    portal.truststore = async () => pem
    const { caOffers } = await partsOf(portal)
    expect(await caOffers.refreshByItself()).toBe(1)
    expect(await caOffers.refreshByItself()).toBe(0)
    const [waiting] = (await list()).waiting
    expect(waiting).toMatchObject({ origin: 'aws', byPortal: true })
    expect(await last('ca.offered')).toMatchObject({ actor: 'portal' })
    await post(`/${waiting!.id}/refuse`)
    // Refused by somebody: the portal does not ask again by itself.
    expect(await caOffers.refreshByItself()).toBe(0)
  })

  test('a newer one takes the place of one that waits', async () => {
    const { caOffers } = await partsOf(portal)
    portal.truststore = () => aRoot('us-fetch-2', { kind: 'ONE' })
    await caOffers.refreshByItself()
    portal.truststore = () => aRoot('us-fetch-2', { kind: 'TWO' })
    await caOffers.refreshByItself()
    const { waiting } = await list()
    expect(waiting.map(({ added }) => added.map(({ name }) => name))).toEqual([
      ['Amazon RDS us-fetch-2 Root CA TWO G1'],
    ])
  })

  test('changes nothing where it cannot be had', async () => {
    portal.truststore = () => Promise.reject(new Error('no network'))
    expect((await post('/refresh')).statusCode).toBe(500)
    expect((await list()).waiting).toEqual([])
  })

  test('is not asked for where that is switched off', async () => {
    const parts = await partsOf(portal)
    const off = makeOffers({
      store: offerStore(portal.store),
      bundles: parts.caBundles as never,
      catalog: () => portal.catalog,
      fetchTruststore: undefined,
      record: portal.store.record,
      newId: () => crypto.randomUUID(),
      now: portal.store.now,
    })
    expect(off.canRefresh).toBe(false)
    await expect(off.refreshByItself()).rejects.toMatchObject({ reason: 'refresh_off' })
  })
})

test('a file of the operator decides, and nothing else', async () => {
  const parts = await partsOf(portal)
  const fixed = makeOffers({
    store: offerStore(portal.store),
    bundles: fixedBundles(parts.caBundles),
    catalog: () => portal.catalog,
    fetchTruststore: () => portal.truststore(),
    record: portal.store.record,
    newId: () => crypto.randomUUID(),
    now: portal.store.now,
  })
  const actor = { personId: crypto.randomUUID(), requestId: 'r', address: '' } as never
  await expect(fixed.upload(actor, await aRoot('us-file-1'))).rejects.toMatchObject({
    reason: 'file_overrides',
  })
})

test('a file of half a megabyte is read, a longer one is not', async () => {
  const long = `${await aRoot('us-long-1')}${'# a comment\n'.repeat(40_000)}`
  expect((await post('', { pem: long })).statusCode).toBe(200)
  const tooLong = await post('', { pem: 'x'.repeat(500_001) })
  expect(tooLong.statusCode).toBe(400)
  expect((await post('', { pem: 'x'.repeat(3_200_000) })).statusCode).toBe(413)
})
