import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Cursor } from '../../server/core/audit/cursor.ts'
import { actionsThat } from '../../server/core/audit/outcome.ts'
import type { Search } from '../../server/core/audit/search.ts'
import { instantText } from '../../server/store/audit-rows.ts'
import { auditReads } from '../../server/store/audit-search.ts'
import { migrate } from '../../server/store/migrate.ts'
import { openAuditPool } from '../../server/store/pool.ts'
import { startPostgres } from '../lab/postgres.ts'
import { fillLog } from './audit-log.ts'
import { benchWholeLog } from './whole-log.ts'

const PAGE = 50
const FEW = 100_000
/** Of a page by SQL by hand, and of the same page in a log of a hundred thousand events. */
const LIMITS = { hand: 2, few: 1.5 }

/** A search, its rows by hand, and the SQL that finds values for it as often as they occur. */
type Case = { name: string; of: (value: string) => Search; hand: string; values: string }

const occurring = (what: string) =>
  `SELECT ${what} AS value FROM audit.event TABLESAMPLE system (1) WHERE ${what} IS NOT NULL`
const NEWEST = `ORDER BY e.at DESC, e.id DESC LIMIT ${PAGE}`
const having = (where: string) => `SELECT * FROM audit.event e WHERE ${where} ${NEWEST}`
const said = `SELECT * FROM (SELECT * FROM audit.event e
   WHERE (e.payload_j->>'reason' IS NOT NULL OR e.payload_j->>'comment' IS NOT NULL)
     AND audit.said(e.payload_j) @@ audit.sought($1) OFFSET 0) e ${NEWEST}`
const ofPerson = (also: string) => `SELECT * FROM (
  (${having(`e.actor = $1${also}`)}) UNION ALL
  (${having(`e.payload_j->>'person' = $1 AND e.actor <> $1${also}`)})) e ${NEWEST}`
const field = (name: string) => `e.payload_j->>'${name}'`

const CASES: Case[] = [
  { name: 'first page', of: () => ({}), hand: having('true'), values: `SELECT 'x' AS value` },
  {
    name: 'person',
    of: (person) => ({ person }),
    hand: ofPerson(''),
    values: occurring('actor'),
  },
  {
    name: 'action',
    of: (action) => ({ actions: [action] }),
    hand: having('e.action = $1'),
    values: occurring('action'),
  },
  {
    name: 'outcome',
    of: () => ({ outcome: 'failed' }),
    hand: `SELECT * FROM (${actionsThat('failed')
      .map((action) => `(${having(`e.action = '${action}'`)})`)
      .join(' UNION ALL ')}) e ${NEWEST}`,
    values: `SELECT 'x' AS value`,
  },
  ...(['database', 'team', 'request'] as const).map((name) => ({
    name,
    of: (value: string) => ({ [name]: value }),
    hand: having(`${field(name)} = $1`),
    values: occurring(field(name).replace('e.', '')),
  })),
  {
    name: 'text, a rare word',
    of: (text) => ({ text }),
    hand: said,
    values: occurring(`substring(payload_j->>'reason' FROM 'INC-[0-9]+')`),
  },
  {
    name: 'text, common words',
    of: (text) => ({ text }),
    hand: said,
    values: occurring(`substring(payload_j->>'reason' FROM 'word[0-9]+')`),
  },
  {
    name: 'address',
    of: (address) => ({ address }),
    hand: having('e.address = $1'),
    values: occurring('address'),
  },
  {
    name: 'a day',
    of: (from) => ({ from: new Date(from), to: new Date(Date.parse(from) + 86_400_000) }),
    hand: having(`e.at >= $1::timestamptz AND e.at < $1::timestamptz + interval '1 day'`),
    values: occurring(`to_char(date_trunc('day', at), 'YYYY-MM-DD"T00:00:00Z"')`),
  },
  {
    name: 'person and action',
    of: (person) => ({ person, actions: ['grant.ended'] }),
    hand: ofPerson(` AND e.action = 'grant.ended'`),
    values: occurring('actor'),
  },
  {
    name: 'database and outcome',
    of: (database) => ({ database, outcome: 'failed' }),
    hand: having(
      `e.payload_j->>'database' = $1 AND e.action IN (${actionsThat('failed')
        .map((action) => `'${action}'`)
        .join()})`,
    ),
    values: occurring(`payload_j->>'database'`),
  },
]

type Measured = { ours: number; hand: number }

/** Lines of the bench: the whole log read, and each kind of page at the 99th percentile, as shares of their limits. */
export async function benchAudit(events: number, asks: number): Promise<string[]> {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-bench-log-'))
  const settings = { shared_buffers: '512MB', max_wal_size: '4GB' }
  const postgres = await startPostgres(home, { settings })
  try {
    const measured = new Map<number, Awaited<ReturnType<typeof measureLog>>>()
    for (const count of [FEW, events]) {
      if (measured.has(count)) continue
      await postgres.createDatabase(`log_${count}`)
      measured.set(count, await measureLog(postgres.url(`log_${count}`), count, asks))
    }
    const pages = [...measured.get(events)!.measured].map(([name, { ours, hand }]) => {
      const few = measured.get(FEW)!.measured.get(name)!.ours
      const ratios = [`by hand ${hand.toFixed(1)} ms ${held(ours / hand, LIMITS.hand)}`]
      if (events !== FEW)
        ratios.push(`of ${FEW / 1000},000 ${few.toFixed(1)} ms ${held(ours / few, LIMITS.few)}`)
      return `  ${name.padEnd(22)} p99 ${ours.toFixed(1).padStart(6)} ms   ${ratios.join('   ')}`
    })
    return [...measured.get(events)!.whole, 'a page of the audit log', ...pages]
  } finally {
    await postgres.stop()
    rmSync(home, { recursive: true, force: true })
  }
}

const held = (ratio: number, limit: number) =>
  `ratio ${ratio.toFixed(2)} limit ≤ ${limit} ${ratio <= limit ? 'holds' : 'MISSES'}`

async function measureLog(url: string, count: number, asks: number) {
  await migrate(url)
  const client = new pg.Client(url)
  await client.connect()
  const pool = openAuditPool(url)
  try {
    await fillLog(client, count)
    const whole = await benchWholeLog(url)
    await client.query('VACUUM ANALYZE audit.seal, audit.tally')
    await client.query('CHECKPOINT')
    const reads = auditReads({ pool })
    const measured = new Map<string, Measured>()
    for (const one of CASES) {
      const values = await valuesFor(client, one)
      measured.set(
        one.name,
        await compare(asks, values, {
          ours: (value) => reads.page(one.of(value), null, PAGE),
          hand: (value) => client.query(byHand(one.hand), one.hand.includes('$1') ? [value] : []),
        }),
      )
    }
    const cursor = await cursorAt(client, Math.min(10_000 * PAGE, Math.floor(count * 0.9)))
    measured.set(
      'page 10,000',
      await compare(asks, ['x'], {
        ours: () => reads.page({}, cursor, PAGE),
        hand: () => client.query(byHand(AFTER), [instantText(cursor.at), cursor.id.toString()]),
      }),
    )
    return { measured, whole }
  } finally {
    await pool.end()
    await client.end()
  }
}

/** The same rows by somebody who knows tables, indexes and values, and nothing of moments, pages to come, or names. */
const byHand = (rows: string) =>
  `SELECT e.*, s.seq FROM (${rows}) e LEFT JOIN audit.seal s ON s.event_id = e.id ORDER BY e.at DESC, e.id DESC`
const AFTER = having(`e.at <= $1::timestamptz AND (e.at, e.id) < ($1::timestamptz, $2::bigint)`)

async function valuesFor(client: pg.Client, { values }: Case): Promise<string[]> {
  const { rows } = await client.query<{ value: string }>(
    `SELECT value FROM (${values}) v ORDER BY random() LIMIT 100`,
  )
  return rows.map(({ value }) => value)
}

async function cursorAt(client: pg.Client, row: number): Promise<Cursor> {
  const { rows } = await client.query<{
    id: string
    micros: string
    snapshot: string
    now: string
  }>(
    `SELECT id, (extract(epoch FROM at) * 1000000)::bigint AS micros, pg_current_snapshot()::text AS snapshot,
            (extract(epoch FROM now()) * 1000000)::bigint AS now
       FROM audit.event ORDER BY at DESC, id DESC OFFSET $1 LIMIT 1`,
    [row],
  )
  const { id, micros, snapshot, now } = rows[0]!
  return { snapshot, asOf: BigInt(now), at: BigInt(micros), id: BigInt(id) }
}

type Ways = Record<keyof Measured, (value: string) => Promise<unknown>>

/** Both ways in turns, with the same values: what else the machine does hits both alike. The first quarter warms up. */
async function compare(asks: number, values: string[], ways: Ways): Promise<Measured> {
  const taken: Record<keyof Measured, number[]> = { ours: [], hand: [] }
  for (let i = 0; i < asks; i++) {
    const order: (keyof Measured)[] = i % 2 === 0 ? ['ours', 'hand'] : ['hand', 'ours']
    for (const way of order) {
      const begun = performance.now()
      await ways[way](values[i % values.length] ?? '')
      if (i >= asks / 4) taken[way].push(performance.now() - begun)
    }
  }
  const p99 = (list: number[]) => list.toSorted((a, b) => a - b)[Math.floor(list.length * 0.99)]
  return { ours: p99(taken.ours) ?? NaN, hand: p99(taken.hand) ?? NaN }
}

/** `node build/test/bench/audit.js [events]`: this part alone. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const events = Number(process.argv[2] ?? 1_000_000)
  process.stdout.write(`${(await benchAudit(events, 400)).join('\n')}\n`)
}
