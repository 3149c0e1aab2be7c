import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { makeExports } from '../../server/exports.ts'
import { openExportPool, openSealerPool } from '../../server/store/pool.ts'
import { sealBatch } from '../../server/store/seal-batch.ts'
import { openStore } from '../../server/store/store.ts'
import { verifyStored } from '../../server/store/verify-log.ts'

/** Events a second. */
const LIMITS = { verify: 25_000, export: 20_000 }
/** What an export may need beyond what its first tenth needed, in MB: it holds a page, however many there are. */
const MORE_MEMORY = 64

/** Lines of the bench: a whole log sealed as the portal seals, verified from the database, and exported with proofs. */
export async function benchWholeLog(url: string): Promise<string[]> {
  const key = generateKeyPairSync('ed25519').privateKey
  const sealing = await timed(() => sealAll(url, key))
  const verifying = await timed(async () => {
    const { outcome, size } = await verifyStored(url, { keys: [key] })
    if (outcome !== 'holds') throw new Error(`the log of the bench: ${outcome}`)
    return size
  })
  const memory = new Memory()
  const exporting = await timed(() => exportAll(url, memory))
  const more = memory.whole - memory.firstTenth
  return [
    `events sealed, one batch after the other       ${each(sealing)}`,
    `events verified from the database              ${each(verifying)}   limit ≥ 25,000/s   ${verdict(verifying.rate >= LIMITS.verify)}`,
    `events exported as JSON Lines with proofs      ${each(exporting)}   limit ≥ 20,000/s   ${verdict(exporting.rate >= LIMITS.export)}`,
    `  memory at most ${memory.whole} MB, of which ${more} MB after the first tenth   limit ≤ ${MORE_MEMORY} MB   ${verdict(more <= MORE_MEMORY)}`,
  ]
}

async function sealAll(url: string, current: ReturnType<typeof generateKeyPairSync>['privateKey']) {
  const pool = openSealerPool(url)
  const batch = { keys: { current, previous: undefined }, origin: 'bench/audit/1', limit: 5_000 }
  try {
    for (let events = 0; ;) {
      const sealed = await sealBatch(pool, batch)
      if (sealed.did === 'nothing') return events
      if (sealed.did !== 'sealed') throw new Error(`sealing ${sealed.did}`)
      events += sealed.events
    }
  } finally {
    await pool.end()
  }
}

async function exportAll(url: string, memory: Memory): Promise<number> {
  const store = openStore(url)
  const pool = openExportPool(url)
  try {
    const reader = { personId: randomUUID(), requestId: 'bench', address: '127.0.0.1' }
    const { rows } = await pool.query<{ n: number }>('SELECT count(*)::int AS n FROM audit.log')
    const all = rows[0]!.n
    const { exportLog } = makeExports(pool, store.record, '')
    const { text, close } = await exportLog(reader, {}, 'jsonl')
    let lines = 0
    for await (const piece of text) {
      for (let at = -1; (at = piece.indexOf('\n', at + 1)) >= 0;) lines += 1
      memory.look(lines < all / 10)
    }
    await close()
    return lines
  } finally {
    await pool.end()
    await store.close()
  }
}

/** The most that the process held, in MB, during the first tenth and in all. */
class Memory {
  firstTenth = 0
  whole = 0

  look(early: boolean) {
    const now = Math.round(process.memoryUsage().rss / 1024 / 1024)
    this.whole = Math.max(this.whole, now)
    if (early) this.firstTenth = Math.max(this.firstTenth, now)
  }
}

async function timed(work: () => Promise<number>) {
  const begun = performance.now()
  const events = await work()
  return { rate: events / ((performance.now() - begun) / 1000) }
}

const each = ({ rate }: { rate: number }) =>
  `${Math.round(rate).toLocaleString('en')}/s`.padStart(11)
const verdict = (holds: boolean) => (holds ? 'holds' : 'MISSES')
