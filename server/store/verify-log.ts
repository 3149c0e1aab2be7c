import type { KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Contradiction } from '../core/audit/findings.ts'
import type { AnchorNote, LogReport } from '../core/audit/log-to-verify.ts'
import { makeSigner, type NoteVerifier, parseVerifierKey } from '../core/audit/note.ts'
import { rangeAt } from '../core/audit/prove.ts'
import { verifyLog } from '../core/audit/verify.ts'
import { hashReader } from './hash-reader.ts'
import { readStoredLog } from './log-reader.ts'
import { verifyingClient } from './pool.ts'
import { readState } from './seal-rows.ts'

export type VerifyWish = {
  /** Verifier keys that are trusted, or private keys whose public ones are, in this log's name. */
  keys: readonly (NoteVerifier | KeyObject)[]
  anchors?: readonly AnchorNote[]
  contradictions?: readonly Contradiction[]
  /** Only what was sealed after so many events; more than there are is all of none. */
  from?: number
  rows?: number
  pause?: () => Promise<void>
  /** Events read so far, and how many there are to read. */
  onProgress?: (done: number, total: number) => void
}

/**
 * Verifies the log in the database, at one moment of it and without holding up anybody who writes.
 * Throws only where the database cannot be read; whatever is wrong with the log is in the report.
 */
export async function verifyStored(url: string, wish: VerifyWish): Promise<LogReport> {
  const client = verifyingClient(url)
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const { rows } = await client.query<{ sealed: string; now: string }>(
      `SELECT (SELECT coalesce(max(seq) + 1, 0) FROM audit.seal) AS sealed,
              (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text AS now`,
    )
    const { sealed, now } = rows[0]!
    const { origin } = await readState(client, false)
    const from = Math.min(wish.from ?? 0, Number(sealed))
    const { rows: batch = 2_000, pause = () => Promise.resolve(), onProgress } = wish
    return await verifyLog({
      ...readStoredLog({ client, from, rows: batch, pause }),
      keys: wish.keys.map((key) =>
        'type' in key ? parseVerifierKey(makeSigner(origin ?? 'unsealed', key).key) : key,
      ),
      anchors: wish.anchors ?? [],
      contradictions: wish.contradictions ?? [],
      start: await rangeAt(hashReader(client), from),
      now: BigInt(now),
      ...(onProgress && { onProgress: (done) => onProgress(done, Number(sealed) - from) }),
    })
  } finally {
    await client.end()
  }
}

/** Small batches, and after each as long a rest as it took: who waits for a token does not notice. */
export function inTheBackground(): Pick<VerifyWish, 'rows' | 'pause'> {
  let began = performance.now()
  return {
    rows: 250,
    pause: async () => {
      await sleep(Math.min(performance.now() - began, 250), undefined, { ref: false })
      began = performance.now()
    },
  }
}
