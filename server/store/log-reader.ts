import type pg from 'pg'
import type { Entry } from '../core/audit/entry.ts'
import type {
  LogToVerify,
  SealedRow,
  StoredCheckpoint,
  UnsealedRow,
} from '../core/audit/log-to-verify.ts'
import { ENTRY_COLUMNS } from './seal-rows.ts'

export type Reading = {
  client: pg.Client
  from: number
  /** Rows of a batch: what is held in memory, and hashed without a pause. */
  rows: number
  /** Is waited for after each batch. */
  pause: () => Promise<void>
}

/** What the verifier reads of the log, by cursors in one transaction of the client: one moment of the log, in constant memory. */
export function readStoredLog(
  reading: Reading,
): Pick<LogToVerify, 'sealed' | 'checkpoints' | 'unsealed' | 'nodes'> {
  let opened = 0
  return {
    sealed: sealedRows(reading),
    checkpoints: () => checkpointRows(reading, `checkpoints_${opened++}`),
    unsealed: unsealedRows(reading),
    nodes: async (wanted) => {
      const { rows } = await reading.client.query<{ hash: Buffer | null }>({
        name: 'verify_nodes',
        text: `SELECT n.hash FROM unnest($1::smallint[], $2::bigint[]) WITH ORDINALITY AS w(level, index, place)
                 LEFT JOIN audit.node n ON n.level = w.level AND n.index = w.index ORDER BY w.place`,
        values: [wanted.map(({ level }) => level), wanted.map(({ index }) => index)],
      })
      return rows.map(({ hash }) => hash)
    },
  }
}

type SealRow = { seq: string; event_id: string; leaf: Buffer } & {
  [K in keyof Entry]: Entry[K] | null
}

/** Id and time are the key of an event, and the time says which partition: one row is looked at for each seal. */
async function* sealedRows(reading: Reading): AsyncGenerator<SealedRow[]> {
  const batches = fetchAll<SealRow>(
    reading,
    'sealed',
    `SELECT s.seq, s.event_id::text AS event_id, s.leaf, ${ENTRY_COLUMNS}
       FROM audit.seal s LEFT JOIN audit.event e ON e.id = s.event_id AND e.at = s.event_at
      WHERE s.seq >= $1 ORDER BY s.seq`,
    [reading.from],
  )
  for await (const batch of batches) {
    const rows = batch.map(({ seq, event_id, leaf, ...entry }): SealedRow => ({
      seq: Number(seq),
      eventId: event_id,
      leaf,
      entry: entry.id === null ? null : (entry as Entry),
    }))
    yield await withMoved(reading.client, rows)
    await reading.pause()
  }
}

/** An event whose time was changed is not where its seal says, and is not gone either. */
async function withMoved(client: pg.Client, rows: SealedRow[]): Promise<SealedRow[]> {
  const absent = rows.filter(({ entry }) => entry === null).map(({ eventId }) => eventId)
  if (absent.length === 0) return rows
  const { rows: found } = await client.query<Entry>(
    `SELECT DISTINCT ON (e.id) ${ENTRY_COLUMNS} FROM audit.event e WHERE e.id = ANY($1::bigint[]) ORDER BY e.id, e.at`,
    [absent],
  )
  const moved = new Map(found.map((entry) => [entry.id, entry]))
  return rows.map((row) => (row.entry ? row : { ...row, entry: moved.get(row.eventId) ?? null }))
}

async function* checkpointRows(reading: Reading, name: string): AsyncGenerator<StoredCheckpoint[]> {
  const batches = fetchAll<{ size: string; root: Buffer; note: string }>(
    reading,
    name,
    'SELECT size, root, note FROM audit.checkpoint WHERE size >= $1 ORDER BY size',
    [reading.from],
  )
  for await (const batch of batches)
    yield batch.map(({ size, root, note }) => ({ size: Number(size), root, note }))
}

/** Where the beginning of the log is not read, events of a day before that count too: the sealer is never that far behind. */
async function* unsealedRows(reading: Reading): AsyncGenerator<UnsealedRow[]> {
  yield* fetchAll<UnsealedRow>(
    reading,
    'unsealed',
    `SELECT e.id::text AS id, (extract(epoch FROM e.at) * 1000000)::bigint::text AS at, e.action, e.intent_id::text AS intent
       FROM audit.event e
      WHERE ($1::bigint = 0 OR e.at >= (SELECT event_at - interval '1 day' FROM audit.seal WHERE seq = $1::bigint - 1))
        AND NOT EXISTS (SELECT FROM audit.seal s WHERE s.event_id = e.id)
      ORDER BY e.id`,
    [reading.from],
  )
}

/** The next batch is on its way while one is looked at. */
async function* fetchAll<T extends object>(
  { client, rows }: Reading,
  cursor: string,
  query: string,
  values: unknown[],
): AsyncGenerator<T[]> {
  await client.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${query}`, values)
  const fetchNext = () => {
    const batch = client.query<T & pg.QueryResultRow>(`FETCH ${rows} FROM ${cursor}`)
    // Whoever stops early does not wait for it.
    batch.catch(() => {})
    return batch
  }
  for (let next = fetchNext(); ;) {
    const { rows: batch } = await next
    if (batch.length === 0) break
    next = fetchNext()
    yield batch
  }
  await client.query(`CLOSE ${cursor}`)
}
