import { randomUUID } from 'node:crypto'
import { CONCLUDE, INTEND, LOCK } from '../../server/store/mint-statements.ts'
import { openPool } from '../../server/store/pool.ts'
import { hashOf } from '../../server/store/session.ts'
import type { Asker } from './site.ts'

/**
 * The two commits of a mint and nothing else: the very statements of the portal through a pool like its own, with
 * details of the same length. No HTTP, no rule, no signature. The parent says how long.
 */
const pool = openPool(process.env['DATABASE_URL'] ?? '')

async function mint({ key, person, grant }: Asker): Promise<void> {
  const intent = randomUUID()
  const keyHash = hashOf(key)
  const client = await pool.connect()
  let now: Date | undefined
  try {
    await client.query('BEGIN')
    const { rows } = await client.query<{ now: Date }>({ ...LOCK, values: [grant, keyHash] })
    now = rows[0]?.now
    const event = ['token.intent', person, 'orders', intent, intent, '127.0.0.1', detail(330)]
    await client.query({ ...INTEND, values: [...event, grant, keyHash] })
    await client.query('COMMIT')
  } finally {
    client.release()
  }
  const event = ['token.issued', person, 'orders', intent, intent, '127.0.0.1', detail(650)]
  await pool.query({ ...CONCLUDE, values: [...event, now] })
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
