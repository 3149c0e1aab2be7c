import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { readIn, type Sources } from '../../server/metrics/read.ts'
import { scrapeOf } from '../../server/metrics/registry.ts'
import { accessStore } from '../../server/store/access.ts'
import { outbox } from '../../server/store/outbox.ts'
import { openStore } from '../../server/store/store.ts'
import { countWaiting } from '../../server/store/waiting.ts'
import { aMessage, webhookOnly } from '../notify/scenes.ts'
import { signIn, useStore } from '../store/store.ts'
import { parseExposition, valueOf } from './exposition.ts'

const used = useStore()

function scraper(waiting: Sources['waiting'] = () => countWaiting(used.store)) {
  const registry = new Registry()
  const read = readIn(registry, {
    waiting,
    pool: () => ({ idle: 2, busy: 1, waiting: 4 }),
    catalog: () => ({ loadedAt: new Date(90_500), refused: true }),
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
  const { samples } = scraper(() => countWaiting(store))
  expect(valueOf(await samples(), 'latchkey_requests_pending')).toBeDefined()

  await store.close()

  const all = await samples()
  expect(valueOf(all, 'latchkey_store_up')).toBe(0)
  for (const name of [
    'latchkey_requests_pending',
    'latchkey_emergencies_unreviewed',
    'latchkey_outbox_pending',
    'latchkey_deliveries_failing',
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
