import { setImmediate as breathe } from 'node:timers/promises'
import type pg from 'pg'
import { signCheckpoint } from '../core/audit/checkpoint.ts'
import { leafHash } from '../core/audit/entry.ts'
import type { SealedCheckpoint, Sealing } from '../core/audit/ports.ts'
import { STORED_LEVEL } from '../core/audit/prove.ts'
import { chooseSigning, type SealKeys } from '../core/audit/seal-keys.ts'
import { CompactRange } from '../core/audit/tree.ts'
import { isRotation, recordRotation, signersOf } from './seal-rotation.ts'
import {
  isAnythingNew,
  readBatch,
  readKeys,
  readState,
  type SealerState,
  type Unsealed,
} from './seal-rows.ts'

/** The advisory lock of whoever seals, for one transaction. */
const LOCK = 72707372
/** Hashing this many takes about as long as answering a request. */
const WITHOUT_A_BREATH = 256

export type Sealed =
  | { did: 'nothing' | 'elsewhere' }
  | { did: 'sealed'; checkpoint: SealedCheckpoint | null; events: number; isMore: boolean }
  | { did: 'refused'; refusal: Extract<Sealing, { state: 'refuses' }> }

type Batch = { keys: SealKeys; origin: string; limit: number }

/**
 * Seals the next events in one transaction: leaves, nodes, a signed checkpoint, the state.
 * Killed anywhere, it leaves nothing behind or all of it. Where there is nothing new, no transaction number is used up.
 * `elsewhere`: another replica is at it.
 */
export async function sealBatch(pool: pg.Pool, batch: Batch): Promise<Sealed> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    const prospect = await lookAhead(client, batch)
    if (prospect !== 'work') return prospect
    await client.query('BEGIN')
    const sealed = await seal(client, batch)
    await client.query('COMMIT')
    return sealed
  } catch (error) {
    await client.query('ROLLBACK').catch((failed: Error) => (broken = failed))
    throw error
  } finally {
    client.release(broken)
  }
}

/** A wrong key is known at the start and not with the first event. */
async function lookAhead(
  client: pg.PoolClient,
  { keys, origin }: Batch,
): Promise<Extract<Sealed, { did: 'nothing' | 'elsewhere' | 'refused' }> | 'work'> {
  const state = await readState(client, false)
  const signing = chooseSigning(state.origin ?? origin, keys, await readKeys(client))
  if (signing.state === 'refuses') return { did: 'refused', refusal: signing }
  if (isRestored(state)) return { did: 'refused', refusal: RESTORED }
  if (signing.state === 'changes' || (await isAnythingNew(client, state))) return 'work'
  return { did: 'nothing' }
}

async function seal(client: pg.PoolClient, { keys, limit, ...batch }: Batch): Promise<Sealed> {
  const { rows } = await client.query<{ mine: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${LOCK}) AS mine`,
  )
  if (!rows[0]!.mine) return { did: 'elsewhere' }
  // Read again under the lock: what came before it may be from before another's commit.
  const state = await readState(client, true)
  if (isRestored(state)) return { did: 'refused', refusal: RESTORED }
  const origin = state.origin ?? batch.origin
  const signing = chooseSigning(origin, keys, await readKeys(client))
  if (signing.state === 'refuses') return { did: 'refused', refusal: signing }
  if (signing.state === 'changes') await recordRotation(client, state, signing)

  const { events, watermark } = await readBatch(client, state, limit)
  const isMore = watermark < state.horizon
  const range = new CompactRange(state.size, state.hashes)
  if (events.length === 0) {
    if (watermark === state.watermark) return { did: 'nothing' }
    await writeState(client, state.origin, watermark, range)
    return { did: 'sealed', checkpoint: null, events: 0, isMore }
  }
  await writeSeals(client, events, range)
  const root = range.root()
  const covers = events.some(({ entry }) => isRotation(signing, entry))
  const note = signCheckpoint({ origin, size: range.size, root }, signersOf(signing, covers))
  await client.query({
    name: 'sealer_checkpoint',
    text: 'INSERT INTO audit.checkpoint (size, root, note) VALUES ($1, $2, $3)',
    values: [range.size, root, note],
  })
  if (signing.state === 'first' || (signing.state === 'changes' && covers))
    await client.query(
      'INSERT INTO audit.signing_key (id, public_key, from_size) VALUES ($1, $2, $3)',
      [signing.current.id, signing.current.key, range.size],
    )
  await writeState(client, origin, watermark, range)
  const checkpoint = { origin, size: range.size, root, note }
  return { did: 'sealed', checkpoint, events: events.length, isMore }
}

async function writeSeals(
  client: pg.PoolClient,
  events: readonly Unsealed[],
  range: CompactRange,
): Promise<void> {
  const seals: [number[], string[], string[], Buffer[]] = [[], [], [], []]
  const nodes: [number[], number[], Buffer[]] = [[], [], []]
  for (const [at, { entry, eventAt }] of events.entries()) {
    if (at % WITHOUT_A_BREATH === WITHOUT_A_BREATH - 1) await breathe()
    const leaf = leafHash(entry)
    seals[0].push(range.size)
    seals[1].push(entry.id)
    seals[2].push(eventAt)
    seals[3].push(leaf)
    range.append(leaf, (level, index, hash) => {
      if (level < STORED_LEVEL) return
      nodes[0].push(level)
      nodes[1].push(index)
      nodes[2].push(hash)
    })
  }
  await client.query({
    name: 'sealer_seals',
    text: `INSERT INTO audit.seal (seq, event_id, event_at, leaf)
           SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::bytea[])`,
    values: seals,
  })
  if (nodes[0].length > 0)
    await client.query({
      name: 'sealer_nodes',
      text: `INSERT INTO audit.node (level, index, hash)
             SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])`,
      values: nodes,
    })
}

const writeState = (
  client: pg.PoolClient,
  origin: string | null,
  watermark: bigint,
  { size, hashes }: CompactRange,
) =>
  client.query({
    name: 'sealer_write_state',
    text: `UPDATE audit.sealer_state SET origin = $1, watermark = $2::xid8, size = $3, hashes = $4, at = clock_timestamp()`,
    values: [origin, watermark.toString(), size, hashes],
  })

/** In one cluster the horizon only rises. */
const isRestored = ({ horizon, watermark }: SealerState) => horizon < watermark

const RESTORED = {
  state: 'refuses',
  reason: 'database_restored',
  text: 'The database counts transactions from before those that are sealed: it was restored into another cluster.',
  mend: "If that was meant, let it start over, as a superuser: UPDATE audit.sealer_state SET watermark = '0'. What is sealed stays sealed.",
} as const
