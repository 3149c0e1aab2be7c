import { hash } from 'node:crypto'
import { entryText } from '../../server/core/audit/entry.ts'
import { MemoryLog } from '../audit/memory-log.ts'

const EVENTS = 50_000
/** A sealer that works four times a second, at a thousand events a second. */
const A_BATCH = 250
const ROUNDS = 9

/** As long as the event of a token is. */
const issued = (seq: number) => ({
  action: 'token.issued',
  intent: `7b0c8b6e-2f2e-4c43-9d3c-${String(seq).padStart(12, '0')}`,
  payload: JSON.stringify({
    accessKeyId: 'ASIAFAKEFAKEFAKEFAKE',
    database: 'orders',
    endpoint: 'writer',
    expiresAt: '2026-11-25T09:15:00.000Z',
    grant: '7b0c8b6e-2f2e-4c43-9d3c-111111111111',
    host: 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
    port: 5432,
    region: 'eu-west-1',
    role: 'arn:aws:iam::111122223333:role/payments-databases',
    sessionName: 'ada.marin@example.com',
    stsRequestId: '7b0c8b6e-2f2e-4c43-9d3c-222222222222',
    tokenLength: 1459,
    tokenSha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    user: 'orders_reader',
  }),
})

/**
 * Events verified a second, from memory: leaves, tree, nodes, roots, signatures. Beside it the SHA-256 of the same bytes alone, in the same rounds.
 * Reading them from a database comes on top.
 */
export async function benchVerify(): Promise<string[]> {
  const log = new MemoryLog().seal(EVENTS, A_BATCH, issued)
  const texts = log.rows.map(({ entry }) => Buffer.from(entry ? entryText(entry) : ''))
  const rates = { verify: [] as number[], bare: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    rates.verify.push(
      await rate(async () => {
        const { outcome } = await log.verify()
        if (outcome !== 'holds') throw new Error(outcome)
      }),
    )
    rates.bare.push(
      await rate(() => {
        for (const text of texts) hash('sha256', text, 'buffer')
      }),
    )
  }
  // The first rounds warm the compiler up.
  const ours = median(rates.verify.slice(2))
  const share = median(rates.verify.map((each, at) => each / (rates.bare[at] ?? NaN)).slice(2))
  const holds = ours >= 25_000 ? 'holds' : 'MISSES'
  return [
    `events of the log verified                     ${format(ours)}   limit ≥ 25,000/s   ${holds}`,
    `  SHA-256 of the same bytes alone              ${format(median(rates.bare.slice(2)))}   share ${(share * 100).toFixed(1)} %`,
  ]
}

async function rate(work: () => Promise<void> | void): Promise<number> {
  const started = performance.now()
  await work()
  return EVENTS / ((performance.now() - started) / 1000)
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
const format = (value: number) => `${Math.round(value).toLocaleString('en')}/s`.padStart(11)
