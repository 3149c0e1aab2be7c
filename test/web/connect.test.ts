import { flushSync, mount, unmount } from 'svelte'
import { afterEach, expect, test, vi } from 'vitest'
import type { Database } from '../../server/contract/database.ts'
import Connect from '../../web/pages/database/Connect.svelte'
import { clock } from '../../web/lib/clock.svelte.ts'
import { aGrant } from './requests.ts'
import { reactive } from './reactive.svelte.ts'

const endpoint = (name: string) => ({
  name,
  kind: name,
  signing: { host: `${name}.example.com`, port: 5432 },
  dial: { host: `${name}.example.com`, port: 5432 },
})
const database: Database = {
  name: 'orders',
  engine: 'postgres',
  region: 'eu-west-1',
  account: '111122223333',
  dbname: 'orders',
  environment: null,
  description: null,
  tags: [],
  endpoints: [endpoint('writer'), endpoint('reader')],
  offers: [],
  grants: [],
}
const open = () =>
  aGrant({
    startsAt: new Date(clock.now - 1000).toISOString(),
    endsAt: new Date(clock.now + 3_600_000).toISOString(),
  })

let card: Record<string, unknown> | undefined
afterEach(async () => {
  if (card) await unmount(card)
  card = undefined
  vi.unstubAllGlobals()
})

const tokenButton = () =>
  [...document.querySelectorAll('button')].find((each) =>
    /^(Get token|Renew)/.test(each.textContent.trim()),
  )

test('a newer answer about the same access takes no token away; another endpoint does', async () => {
  const token = {
    ...{ token: 'the-token', length: 9, endsWith: 'token' },
    forms: { raw: 'the-token', percent: 'the-token', pgpass: 'the-token' },
    issuedAt: new Date(clock.now).toISOString(),
    expiresAt: new Date(clock.now + 900_000).toISOString(),
    now: new Date(clock.now).toISOString(),
  }
  const connection = {
    ...{ endpoint: endpoint('writer'), user: 'orders_reader', dbname: 'orders' },
    ...{ tls: { mode: 'verify-full', why: null }, caFile: 'f', caCommand: 'c', snippets: [] },
  }
  vi.stubGlobal('fetch', (path: string) =>
    Promise.resolve(new Response(JSON.stringify(path.endsWith('/tokens') ? token : connection))),
  )
  const first = open()
  const props = reactive({
    ...{ database, grant: first, grants: [first] },
    ...{ onchoose: () => {}, onended: () => Promise.resolve() },
  })
  card = mount(Connect, { target: document.body, props })
  flushSync()
  tokenButton()?.click()
  await vi.waitFor(() => {
    flushSync()
    expect(document.querySelector('[role="timer"]')).not.toBeNull()
  })

  const newer = { ...first }
  Object.assign(props, { grant: newer, grants: [newer], database: { ...database } })
  flushSync()
  expect(document.querySelector('[role="timer"]')).not.toBeNull()

  document.querySelector<HTMLInputElement>('input[value="reader"]')?.click()
  flushSync()
  expect(document.querySelector('[role="timer"]')).toBeNull()
})
