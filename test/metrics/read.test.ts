import { randomUUID } from 'node:crypto'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import type { Sealing } from '../../server/core/audit/ports.ts'
import { readIn, type Sources } from '../../server/metrics/read.ts'
import { scrapeOf } from '../../server/metrics/registry.ts'
import { accessStore } from '../../server/store/access.ts'
import { outbox } from '../../server/store/outbox.ts'
import { outlets } from '../../server/store/outlets.ts'
import { openSealerPool } from '../../server/store/pool.ts'
import { auditProofs } from '../../server/store/proofs.ts'
import { openStore } from '../../server/store/store.ts'
import { countWaiting } from '../../server/store/waiting.ts'
import { aMessage, webhookOnly } from '../notify/scenes.ts'
import { sealAll } from '../store/sealed.ts'
import { signIn, useStore } from '../store/store.ts'
import { parseExposition, valueOf } from './exposition.ts'

const used = useStore()

let sealing: Sealing = { state: 'works' }

function scraper(
  waiting: Sources['waiting'] = () => countWaiting(used.store),
  store = () => used.store,
) {
  const registry = new Registry()
  const read = readIn(registry, {
    waiting,
    pool: () => ({ idle: 2, busy: 1, waiting: 4 }),
    catalog: () => ({ loadedAt: new Date(90_500), refused: true }),
    sealing: () => sealing,
    log: async () => {
      const proofs = auditProofs(store(), ['anchor:file', 'stream:stdout'])
      return { ...(await proofs.status()), verified: await proofs.lastVerified() }
    },
  })
  const scrape = scrapeOf(registry, read)
  return { scrape, samples: async () => parseExposition(await scrape()) }
}

test('what waits in the store is counted: requests, emergencies, messages, what fails and what was given up', async () => {
  const { samples } = scraper()
  const waiting = async () => {
    const all = await samples()
    return [
      valueOf(all, 'latchkey_store_up'),
      valueOf(all, 'latchkey_requests_pending'),
      valueOf(all, 'latchkey_emergencies_unreviewed'),
      valueOf(all, 'latchkey_outbox_pending'),
      valueOf(all, 'latchkey_deliveries_failing', { state: 'retrying' }),
      valueOf(all, 'latchkey_deliveries_failing', { state: 'given_up' }),
    ]
  }
  expect(await waiting()).toEqual([1, 0, 0, 0, 0, 0])

  await aMessage(used.store)
  expect(await waiting()).toEqual([1, 0, 0, 1, 0, 0])
  const messages = outbox(used.store)
  await messages.spread(webhookOnly, 10)
  expect(await waiting()).toEqual([1, 0, 0, 1, 0, 0])
  const [delivery] = await messages.claim('webhook:default', 1, 60)
  await messages.failed(delivery!, { code: 'http_500' })
  expect(await waiting()).toEqual([1, 0, 0, 1, 1, 0])
  await messages.failed(delivery!, { code: 'http_410', permanent: true })
  expect(await waiting()).toEqual([1, 0, 0, 0, 0, 1])
  await messages.done(delivery!)
  expect(await waiting()).toEqual([1, 0, 0, 0, 0, 0])

  const { actor } = await signIn(used.store, { subject: 'waits' })
  const wish = {
    personId: actor.personId,
    team: 'payments',
    database: 'orders',
    user: 'orders_writer',
    seconds: 60,
    reason: null,
    startsAt: null,
  }
  await accessStore(used.store).transaction((tx) =>
    tx.openRequest({ ...wish, emergency: false }, 60),
  )
  expect(await waiting()).toEqual([1, 1, 0, 0, 0, 0])
  await accessStore(used.store).transaction(async (tx) =>
    tx.openGrant(await tx.approvedRequest({ ...wish, emergency: true })),
  )
  expect(await waiting()).toEqual([1, 1, 1, 0, 0, 0])
})

test('without its store a scrape is answered, says so, and leaves out what only the store knows', async () => {
  const store = openStore(used.url)
  const { samples } = scraper(
    () => countWaiting(store),
    () => store,
  )
  expect(valueOf(await samples(), 'latchkey_requests_pending')).toBeDefined()

  await store.close()

  const all = await samples()
  expect(valueOf(all, 'latchkey_store_up')).toBe(0)
  for (const name of [
    'latchkey_requests_pending',
    'latchkey_emergencies_unreviewed',
    'latchkey_outbox_pending',
    'latchkey_deliveries_failing',
    'latchkey_audit_events',
    'latchkey_audit_seal_lag_seconds',
    'latchkey_audit_outlet_behind_events',
    'latchkey_audit_verification_holds',
  ])
    expect(all.filter((sample) => sample.name === name)).toEqual([])
  expect(valueOf(all, 'latchkey_pool_connections', { state: 'idle' })).toBe(2)
  expect(valueOf(all, 'latchkey_pool_waiting')).toBe(4)
  expect(valueOf(all, 'latchkey_catalog_last_load_timestamp_seconds')).toBe(90.5)
  expect(valueOf(all, 'latchkey_catalog_refused')).toBe(1)
})

test('a crowd of scrapers asks the store once, and the next one asks again', async () => {
  let asked = 0
  const { scrape } = scraper(() => {
    asked += 1
    return countWaiting(used.store)
  })
  const texts = await Promise.all(Array.from({ length: 20 }, scrape))
  expect(new Set(texts).size).toBe(1)
  expect(asked).toBe(1)
  await scrape()
  expect(asked).toBe(2)
})

test('of the audit log: what is sealed and what waits, how far its outlets are, and what the last verification said', async () => {
  const { samples } = scraper()
  const one = (all: Awaited<ReturnType<typeof samples>>, name: string, labels = {}) =>
    valueOf(all, `latchkey_audit_${name}`, labels)
  await sealAll(used.url)
  const { rows } = await used.store.pool.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM audit.log',
  )
  const { n } = rows[0]!
  const all = await samples()
  expect(one(all, 'sealing')).toBe(1)
  expect(one(all, 'events', { state: 'sealed' })).toBe(n)
  expect(one(all, 'events', { state: 'unsealed' })).toBe(0)
  expect(one(all, 'seal_lag_seconds')).toBe(0)
  expect(all.filter(({ name }) => /audit_(verification|outlet)/.test(name))).toEqual([])

  const pool = openSealerPool(used.url)
  const kept = outlets(pool)
  for (const name of ['anchor:file', 'anchor:s3', 'stream:stdout'] as const)
    await kept.open(name, 'start')
  await kept.take('stream:stdout', 60)
  await kept.arrived('stream:stdout', { size: n }, 0)
  await kept.take('anchor:file', 60)
  await kept.failed('anchor:file', 'ENOSPC', 0)
  await pool.end()
  await used.store.record({
    action: 'log.verified',
    actor: 'portal',
    subject: null,
    requestId: randomUUID(),
    detail: { from: 0, to: n, holds: false, findings: [], milliseconds: 5 },
  })
  sealing = { state: 'fails', text: 'no' }

  const later = await samples()
  expect(one(later, 'sealing')).toBe(0)
  expect(one(later, 'events', { state: 'sealed' })).toBe(n)
  // That the anchor failed is an event itself.
  expect(one(later, 'events', { state: 'unsealed' })).toBe(2)
  expect(one(later, 'seal_lag_seconds')).toBeGreaterThan(0)
  expect(one(later, 'outlet_behind_events', { outlet: 'stream:stdout' })).toBe(0)
  expect(one(later, 'outlet_failing_seconds', { outlet: 'stream:stdout' })).toBe(0)
  expect(one(later, 'outlet_behind_events', { outlet: 'anchor:file' })).toBe(n)
  expect(one(later, 'outlet_failing_seconds', { outlet: 'anchor:file' })).toBeGreaterThan(0)
  // Was configured once, and is not any more.
  expect(later.filter(({ labels }) => labels['outlet'] === 'anchor:s3')).toEqual([])
  expect(one(later, 'verification_holds')).toBe(0)
  expect(one(later, 'verification_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000 - 600)
})
