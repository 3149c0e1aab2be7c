import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { openCheckpoint } from '../../server/core/audit/checkpoint.ts'
import { type Entry, leafHash } from '../../server/core/audit/entry.ts'
import { parseVerifierKey } from '../../server/core/audit/note.ts'
import { consistencyProof } from '../../server/core/audit/prove.ts'
import { CompactRange, verifyConsistency } from '../../server/core/audit/tree.ts'
import { hashReader } from '../../server/store/hash-reader.ts'
import { openPool, openSealerPool } from '../../server/store/pool.ts'
import { sealBatch } from '../../server/store/seal-batch.ts'
import { ENTRY_COLUMNS } from '../../server/store/seal-rows.ts'

export const aKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey

export async function auditTables(superuser: pg.Client): Promise<string[]> {
  const { rows } = await superuser.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname = 'audit' AND relkind IN ('r', 'p')`,
  )
  return rows.map(({ name }) => name)
}

/** Bringing up a database has its own events: afterwards its log is empty, as if there had been none. */
export async function forgetMigrations(superuser: pg.Client): Promise<void> {
  for (const table of ['audit.event', 'audit.event_default'])
    await superuser.query(`ALTER TABLE ${table} DISABLE TRIGGER no_truncate`)
  const months = (await auditTables(superuser)).filter((name) => /event_\d/.test(name))
  for (const month of months)
    await superuser.query(`ALTER TABLE ${month} DISABLE TRIGGER no_truncate`)
  await superuser.query('TRUNCATE audit.event RESTART IDENTITY')
  for (const table of ['audit.event', 'audit.event_default', ...months])
    await superuser.query(`ALTER TABLE ${table} ENABLE ALWAYS TRIGGER no_truncate`)
}

/** Everything that must be true of a log that is at rest, looked up as a superuser. Each list is empty where it holds. */
export async function examine(url: string) {
  const pool = new pg.Pool({ connectionString: url, max: 2, options: '-c TimeZone=UTC' })
  try {
    const rows = async <T extends object>(sql: string) => (await pool.query<T>(sql)).rows
    const unsealed = await rows<{ id: string }>(
      'SELECT id FROM audit.event e WHERE NOT EXISTS (SELECT FROM audit.seal s WHERE s.event_id = e.id)',
    )
    const entries = await rows<Entry & { seq: string; leaf: Buffer }>(
      `SELECT s.seq, s.leaf, ${ENTRY_COLUMNS} FROM audit.seal s LEFT JOIN audit.event e ON e.id = s.event_id AND e.at = s.event_at ORDER BY s.seq`,
    )
    const keys = (
      await rows<{ public_key: string }>('SELECT public_key FROM audit.signing_key')
    ).map(({ public_key }) => parseVerifierKey(public_key))
    const checkpoints = await rows<{ size: string; root: Buffer; note: string }>(
      'SELECT size, root, note FROM audit.checkpoint ORDER BY size',
    )
    const range = new CompactRange()
    const wrong: string[] = []
    const roots = new Map<number, Buffer>()
    for (const [at, { seq, leaf, ...entry }] of entries.entries()) {
      if (Number(seq) !== at) wrong.push(`seq ${seq} at ${at}`)
      if (!leafHash(entry).equals(leaf)) wrong.push(`leaf ${seq}`)
      range.append(leaf)
      roots.set(range.size, range.root())
    }
    const reader = hashReader(pool)
    let before = { size: 0, root: new CompactRange().root() }
    for (const { size, root, note } of checkpoints) {
      const opened = openCheckpoint(note, keys)
      if (opened.size !== Number(size) || !opened.root.equals(root)) wrong.push(`note ${size}`)
      if (!roots.get(opened.size)?.equals(root)) wrong.push(`root ${size}`)
      const proof = await consistencyProof(reader, before.size, opened.size)
      if (!verifyConsistency(before.size, before.root, opened.size, root, proof))
        wrong.push(`consistency ${before.size} ${size}`)
      before = opened
    }
    if (before.size !== entries.length) wrong.push(`the last checkpoint is of ${before.size}`)
    const twice = await rows('SELECT event_id FROM audit.seal GROUP BY 1 HAVING count(*) > 1')
    return { unsealed, wrong, twice, size: entries.length, checkpoints }
  } finally {
    await pool.end()
  }
}

/** So many people at once who write as long as it goes on, in transactions that stay open up to 500 ms; a tenth are undone. */
export async function writers(url: string, many: number, goesOn: () => boolean): Promise<number> {
  const pool = openPool(url, { max: many })
  let written = 0
  const write = async (who: number) => {
    while (goesOn()) {
      const client = await pool.connect()
      try {
        const events = 1 + Math.floor(Math.random() * 4)
        await client.query('BEGIN')
        for (let i = 0; i < events; i++) {
          await client.query(
            `INSERT INTO audit.event (action, actor, subject, request_id, payload) VALUES ('a.b', $1, 'ü 😀', 'r', '{"a":1}')`,
            [`writer ${who}`],
          )
          if (i === 0) await sleep(Math.random() * 500)
        }
        const keep = Math.random() < 0.9
        await client.query(keep ? 'COMMIT' : 'ROLLBACK')
        if (keep) written += events
      } finally {
        client.release()
      }
    }
  }
  await Promise.all(Array.from({ length: many }, (_, who) => write(who)))
  await pool.end()
  return written
}

/** Seals all that is there, in one round after the other. */
export async function sealAll(url: string, key = aKey()): Promise<void> {
  const pool = openSealerPool(url)
  const keys = { current: key, previous: undefined }
  const origin = 'latchkey.example.com/audit/1'
  while ((await sealBatch(pool, { keys, origin, limit: 5_000 })).did !== 'nothing');
  await pool.end()
}

/** Waits until nothing is unsealed, at most so long. */
export async function untilSealed(url: string, milliseconds = 10_000): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    for (const end = performance.now() + milliseconds; ; await sleep(50)) {
      const { rows } = await client.query<{ n: number }>(
        'SELECT (SELECT count(*) FROM audit.event)::int - (SELECT size FROM audit.sealer_state)::int AS n',
      )
      if (rows[0]!.n === 0) return
      if (performance.now() > end) throw new Error(`${rows[0]!.n} events are still unsealed`)
    }
  } finally {
    await client.end()
  }
}
