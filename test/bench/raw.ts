import { randomUUID } from 'node:crypto'
import { openPool } from '../../server/store/pool.ts'
import type { Asker } from './site.ts'

/**
 * The two commits of a mint and nothing else: the statements of `server/store/mint.ts` through a pool of the same size,
 * with details of the same length. No HTTP, no session, no rule, no signature. The parent says how long.
 */
const pool = openPool(process.env['DATABASE_URL'] ?? '')
const EVENT =
  'INSERT INTO audit.event (action, actor, subject, request_id, intent_id, address, payload)'

async function mint({ grant, session }: Asker): Promise<void> {
  const intent = randomUUID()
  const client = await pool.connect()
  let now: Date | undefined
  try {
    await client.query('BEGIN')
    const { rows } = await client.query<{ now: Date }>({
      name: 'lock',
      text: `SELECT g.id, g.person_id, g.team, g.database, g.db_user, g.reason, g.starts_at, g.ends_at, g.ended_at, g.ended_by,
                    s.groups, clock_timestamp() AS now
               FROM access_grant g JOIN session s ON s.id = $2 AND s.person_id = g.person_id
              WHERE g.id = $1 FOR NO KEY UPDATE OF g, s`,
      values: [grant, session],
    })
    now = rows[0]?.now
    await client.query({
      name: 'intend',
      text: `${EVENT} SELECT $1, $2, $3, $4, $5::uuid, $6, $7 FROM access_grant g
              WHERE g.id = $8 AND g.ended_at IS NULL AND g.starts_at <= clock_timestamp() AND clock_timestamp() < g.ends_at`,
      values: ['token.intent', session, 'orders', intent, intent, '127.0.0.1', detail(330), grant],
    })
    await client.query('COMMIT')
  } finally {
    client.release()
  }
  await pool.query({
    name: 'conclude',
    text: `${EVENT} SELECT $1, $2, $3, $4, $5::uuid, $6, $7
            WHERE clock_timestamp() < $8::timestamptz + interval '30 seconds'`,
    values: ['token.issued', session, 'orders', intent, intent, '127.0.0.1', detail(650), now],
  })
}

const detail = (length: number) => JSON.stringify({ grant: 'x'.repeat(length - 12) })

async function run({ askers, seconds }: { askers: Asker[]; seconds: number }): Promise<number> {
  const end = performance.now() + seconds * 1_000
  let minted = 0
  await Promise.all(
    askers.map(async (asker) => {
      while (performance.now() < end) {
        await mint(asker)
        minted += 1
      }
    }),
  )
  return minted / seconds
}

process.on('message', (order: { askers: Asker[]; seconds: number }) => {
  void run(order).then((rate) => process.send?.({ rate }))
})
process.send?.({ port: 0 })
