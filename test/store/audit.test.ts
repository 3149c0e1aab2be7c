import pg from 'pg'
import { describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../server/core/audit/event.ts'
import type { LogPage } from '../../server/core/audit/read-log.ts'
import type { Cursor } from '../../server/core/audit/cursor.ts'
import { auditReads } from '../../server/store/audit-search.ts'
import { recordIn } from '../../server/store/store.ts'
import { logOf, useStore } from './store.ts'

const used = useStore()

const anEvent = (reason: string | null = null): AuditEvent => ({
  action: 'request.created',
  actor: 'portal',
  subject: 'orders',
  requestId: 'r1',
  detail: { request: 'x', team: 'payments', database: 'orders', user: 'u', seconds: 60, reason },
})

describe('the portal’s role', () => {
  test('may add an event', async () => {
    await used.store.record(anEvent('why'))

    expect(await logOf(used.store, 'request.created')).toMatchObject([
      { payload_j: { reason: 'why' } },
    ])
  })

  test.each([
    ['change one', 'UPDATE audit.event SET subject = null'],
    ['delete one', 'DELETE FROM audit.event'],
    ['truncate', 'TRUNCATE audit.event'],
    ['truncate a partition', 'TRUNCATE audit.event_default'],
    ['read the table', 'SELECT * FROM audit.event'],
    [
      'choose the id',
      "INSERT INTO audit.event (id, action, actor, request_id, payload) OVERRIDING SYSTEM VALUE VALUES (1, 'a.b', 'x', 'x', '{}')",
    ],
    [
      'choose the time',
      "INSERT INTO audit.event (at, action, actor, request_id, payload) VALUES (now(), 'a.b', 'x', 'x', '{}')",
    ],
    [
      'choose the transaction',
      "INSERT INTO audit.event (xid, action, actor, request_id, payload) VALUES ('1', 'a.b', 'x', 'x', '{}')",
    ],
    ['write through the view', "INSERT INTO audit.log (action) VALUES ('a.b')"],
    ['disable the trigger', 'ALTER TABLE audit.event DISABLE TRIGGER append_only'],
    ['pretend to be a replica', 'SET session_replication_role = replica'],
    ['make a table of its own', 'CREATE TABLE audit.mine (x int)'],
    ['lengthen a grant', "UPDATE access_grant SET ends_at = now() + interval '1 year'"],
    ['change whose grant it is', 'UPDATE access_grant SET person_id = gen_random_uuid()'],
    ['forget the history of migrations', 'DELETE FROM _prisma_migrations'],
  ])('may not %s', async (_what, sql) => {
    await expect(used.store.pool.query(sql)).rejects.toMatchObject({ code: '42501' })
  })
})

describe('the superuser', () => {
  // Their power is shown by the checkpoints, not stopped here; but nothing happens by accident.
  test.each([
    ['change one', 'UPDATE audit.event SET subject = null'],
    ['delete one', 'DELETE FROM audit.event'],
    ['truncate all', 'TRUNCATE audit.event'],
    ['truncate one partition', 'TRUNCATE audit.event_default'],
    [
      'change one as a replica',
      'SET session_replication_role = replica; UPDATE audit.event SET subject = null',
    ],
  ])('does not %s by accident', async (_what, sql) => {
    await used.store.record(anEvent())
    const client = new pg.Client(used.url)
    await client.connect()
    try {
      await expect(client.query(sql)).rejects.toThrow('append-only')
    } finally {
      await client.end()
    }
  })
})

test('an event is undone with the change that it belongs to', async () => {
  const before = await logOf(used.store)

  const failing = used.store.transaction(async (tx) => {
    await recordIn(tx, anEvent('undone'))
    throw new Error('the change failed')
  })

  await expect(failing).rejects.toThrow('the change failed')
  expect(await logOf(used.store)).toEqual(before)
})

test.each([
  ['a NUL', 'a\u0000b', 'a\ufffdb'],
  ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
  ['an escaped backslash before u0000', 'a\\u0000b', 'a\\u0000b'],
  ['an emoji', 'a😀b', 'a😀b'],
])('%s in a detail cannot stop an event', async (_what, reason, stored) => {
  await used.store.record(anEvent(reason))

  expect((await logOf(used.store)).at(-1)).toMatchObject({ payload_j: { reason: stored } })
})

test('the log is read newest first, page by page, and nothing is skipped or repeated', async () => {
  for (let i = 0; i < 7; i++) await used.store.record(anEvent(`n${i}`))
  const all = (await logOf(used.store)).map(({ id }) => id).reverse()

  const seen: string[] = []
  let after: Cursor | null = null
  for (;;) {
    const page: LogPage = await auditReads(used.store).page({}, after, 3)
    seen.push(...page.events.map(({ id }) => id))
    after = page.next
    if (!after) break
    await used.store.record(anEvent('arrives while paging'))
  }

  expect(seen).toEqual(all)
})

test('events go to the partition of their month, and the next months are ready', async () => {
  const { rows } = await used.store.pool.query<{ name: string }>(
    "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit.event'::regclass ORDER BY 1",
  )
  expect(rows).toHaveLength(4)
  const { rows: again } = await used.store.pool.query('SELECT audit.ensure_partitions() AS made')
  expect(again).toEqual([{ made: 0 }])
})
