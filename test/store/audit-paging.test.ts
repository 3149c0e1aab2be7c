import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { readCursor, cursorText, isSnapshot } from '../../server/core/audit/cursor.ts'
import type { AuditEvent, StoredEvent } from '../../server/core/audit/event.ts'
import { insertEvent } from '../../server/store/audit.ts'
import { auditReads } from '../../server/store/audit-search.ts'
import { openPool } from '../../server/store/pool.ts'
import { allPages } from './audit-scenes.ts'
import { times } from '../thorough.ts'
import { useStore } from './store.ts'

const used = useStore()

const WRITERS = 16
const TRANSACTIONS = times(30, 125)
const ROWS = 5
const ALL = WRITERS * TRANSACTIONS * ROWS

const anEvent = (requestId: string): AuditEvent => ({
  action: 'token.failed',
  actor: 'portal',
  subject: 'orders',
  requestId,
  detail: { grant: 'g', team: 'payments', database: 'orders', code: 'x' },
})

/** Not what the database had to say when it was brought up. */
const isWritten = ({ action }: StoredEvent) => action === 'token.failed'

/** Events in transactions that wait before they commit, so that they do not commit in the order of their times. */
async function write(url: string, committed: Set<string>) {
  const pool = openPool(url, { max: WRITERS })
  const writer = async (number: number) => {
    for (let i = 0; i < TRANSACTIONS; i++) {
      const names = Array.from({ length: ROWS }, (_, row) => `${number}-${i}-${row}`)
      const client = await pool.connect()
      try {
        await client.query('BEGIN')
        for (const name of names) {
          await insertEvent((sql, values) => client.query(sql, values), anEvent(name))
          await sleep(Math.random() * 4)
        }
        await sleep(Math.random() ** 2 * 300)
        await client.query('COMMIT')
      } finally {
        client.release()
      }
      for (const name of names) committed.add(name)
    }
  }
  try {
    await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)))
  } finally {
    await pool.end()
  }
}

test(`paging while ${ALL} events arrive from ${WRITERS} writers neither skips nor repeats one`, async () => {
  const reads = auditReads(used.store)
  const committed = new Set<string>()
  let writing = true
  const written = write(used.url, committed).finally(() => (writing = false))
  const lists: { before: Set<string>; seen: StoredEvent[] }[] = []
  while (writing) {
    const before = new Set(committed)
    const search = lists.length % 2 === 0 ? {} : { actions: ['token.failed', 'token.issued'] }
    // A page is read, then looked at for a while: the log grows in between, also by what is older than the page.
    const limit = (page: number) => (page < 15 ? 10 : 200)
    lists.push({ before, seen: await allPages(reads, search, limit, () => sleep(5)) })
  }
  await written

  expect(lists.length).toBeGreaterThan(2)
  expect(lists.some(({ before }) => before.size > ALL / 5)).toBe(true)
  for (const { before, seen } of lists) {
    const names = seen.filter(isWritten).map(({ requestId }) => requestId)
    expect(new Set(names).size, 'repeated').toBe(names.length)
    const there = new Set(names)
    expect(
      [...before].filter((name) => !there.has(name)),
      'skipped',
    ).toEqual([])
    // Of a transaction all is seen or nothing: the list is one moment of the log, not several.
    const rows = new Map<string, number>()
    for (const name of names) {
      const transaction = name.replace(/-\d+$/, '')
      rows.set(transaction, (rows.get(transaction) ?? 0) + 1)
    }
    expect([...rows].filter(([, count]) => count !== ROWS)).toEqual([])
  }
  expect(committed.size).toBe(ALL)
  expect((await allPages(reads, {}, 200)).filter(isWritten)).toHaveLength(ALL)
}, 240_000)

test('a cursor says the same when it is read again, and none that was made up is read', () => {
  const cursor = { snapshot: '7:12:8,11', asOf: 1_795_600_000_000_000n, at: 5n, id: 9n }
  expect(readCursor(cursorText(cursor))).toEqual(cursor)
  const made = (text: string) => readCursor(Buffer.from(text).toString('base64url'))
  expect(made('1;7:12:8,11;5;5;9')).toEqual({ snapshot: '7:12:8,11', asOf: 5n, at: 5n, id: 9n })
  for (const text of [
    '',
    '1;7:12:;5;5',
    '2;7:12:;5;5;9',
    '1;12:7:;5;5;9',
    '1;0:7:;5;5;9',
    '1;7:12:8,8;5;5;9',
    '1;7:12:6;5;5;9',
    '1;7:12:12;5;5;9',
    '1;7:12:8,;5;5;9',
    '1;7:99999999999999999999:;5;5;9',
    '1;7:12:;5;5;9999999999999999999',
    '1;7:12:;5;999999999999999999;9',
    '1;7:12:;-5;5;9',
    '1;7:12:;05;5;9',
    '1;7:12:;5;5;9\n',
    '1;7:12:;5;5;9;',
  ])
    expect(made(text), text).toBeNull()
  for (const text of ['x', '!!', cursorText(cursor).slice(0, -1), `${cursorText(cursor)}=`, 'é'])
    expect(readCursor(text), text).toBeNull()
  expect(isSnapshot('7:7:')).toBe(true)
})
