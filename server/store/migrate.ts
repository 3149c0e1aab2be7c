import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type pg from 'pg'
import { StartError } from '../core/error.ts'
import type { AuditEvent } from '../core/audit/event.ts'
import { insertEvents } from './audit.ts'
import { APP_ROLE, connectAsOwner } from './pool.ts'

/** Says what stands in the way and what to do about it. */
export class MigrationError extends StartError {
  override readonly name = 'MigrationError'
}

type Migration = { name: string; sql: string }
type Applied = { migration_name: string; checksum: string; finished_at: Date | null }

/** The key that Prisma's own engine locks on, so that neither works while the other does. */
const LOCK = 72707369
const FOLDER = new URL('../../prisma/migrations/', import.meta.url)

/**
 * Applies what is missing of `prisma/migrations`, in Prisma's own table format, each file in one transaction.
 * Two at once: one works, the other waits and finds nothing to do. Returns the names it applied.
 * Throws MigrationError for an edited, a failed or an unknown (newer) migration, and for a database that is not ours,
 * StartError for one that cannot be reached.
 */
export async function migrate(url: string, folder: URL = FOLDER): Promise<string[]> {
  const migrations = await readMigrations(folder)
  const client = await connectAsOwner(url)
  try {
    await client.query(`SELECT pg_advisory_lock(${LOCK})`)
    const missing = checkHistory(migrations, await readHistory(client))
    if (missing.length === 0) return []
    await ensureHistory(client)
    const untold: Migration[] = []
    for (const migration of missing) {
      untold.push(migration)
      await apply(client, migration, untold)
    }
    return missing.map(({ name }) => name)
  } finally {
    // Ending the connection also gives the lock back.
    await client.end()
  }
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(
    names.sort().map(async (name) => ({
      name,
      sql: await readFile(new URL(`${name}/migration.sql`, folder), 'utf8'),
    })),
  )
}

async function readHistory(client: pg.Client): Promise<Applied[]> {
  const { rows: found } = await client.query(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS present,
            EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema()) AS occupied`,
  )
  const { present, occupied } = found[0] as { present: boolean; occupied: boolean }
  if (!present && occupied)
    throw new MigrationError(
      'The database has tables but no history of migrations: it is not a database of Latchkey. Point DATABASE_URL at an empty one.',
    )
  if (!present) return []
  const { rows } = await client.query(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at',
  )
  return rows as Applied[]
}

/** Holds the files against what was applied; returns what is missing. */
function checkHistory(migrations: Migration[], applied: Applied[]): Migration[] {
  const failed = applied.find((row) => row.finished_at === null)
  if (failed)
    throw new MigrationError(
      `Migration ${failed.migration_name} failed earlier: see its logs in _prisma_migrations, repair, then set rolled_back_at on that row.`,
    )
  const known = new Map(migrations.map(({ name, sql }) => [name, sql]))
  const newer = applied.filter((row) => !known.has(row.migration_name))
  if (newer.length > 0)
    throw new MigrationError(
      `The database is newer than this program (it knows ${newer.map((row) => row.migration_name).join(', ')}). Start a newer version.`,
    )
  for (const row of applied)
    if (!sameScript(known.get(row.migration_name) ?? '', row.checksum))
      throw new MigrationError(`Migration ${row.migration_name} was edited after it was applied.`)
  const done = new Set(applied.map((row) => row.migration_name))
  return migrations.filter(({ name }) => !done.has(name))
}

const ensureHistory = (client: pg.Client) =>
  client.query(`CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`)

async function apply(client: pg.Client, { name, sql }: Migration, untold: Migration[]) {
  const id = randomUUID()
  await client.query(
    'INSERT INTO _prisma_migrations (id, checksum, started_at, migration_name) VALUES ($1, $2, clock_timestamp(), $3)',
    [id, sha256(sql), name],
  )
  try {
    await client.query('BEGIN')
    // Without parameters, so that it may be many statements.
    await client.query(sql)
    await client.query(
      'UPDATE _prisma_migrations SET applied_steps_count = 1, finished_at = clock_timestamp() WHERE id = $1',
      [id],
    )
    await tell(client, untold)
    await client.query('COMMIT')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const hint = (error as { hint?: string }).hint
    await client.query('ROLLBACK')
    await client.query(
      'UPDATE _prisma_migrations SET logs = $2, rolled_back_at = clock_timestamp() WHERE id = $1',
      [id, why],
    )
    throw new MigrationError(
      `Migration ${name} failed and left nothing behind: ${why}${hint ? `. ${hint}` : ''}`,
      {
        cause: error,
      },
    )
  }
}

/** Into the log, as the role that may: once there is one, the migrations before it too. */
async function tell(client: pg.Client, untold: Migration[]): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>(
    `SELECT to_regclass('audit.event') IS NOT NULL AS there`,
  )
  if (!rows[0]!.there) return
  await client.query(`SET LOCAL ROLE ${APP_ROLE}`)
  await insertEvents((text, values) => client.query(text, values), untold.map(applied))
  untold.length = 0
}

const applied = ({ name, sql }: Migration): AuditEvent<'migration.applied'> => ({
  action: 'migration.applied',
  actor: 'portal',
  subject: name,
  requestId: randomUUID(),
  detail: { name, sha256: sha256(sql) },
})

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex')

/** A checkout may have changed the line ends. */
function sameScript(sql: string, checksum: string): boolean {
  const unix = sql.replaceAll('\r\n', '\n')
  return [sql, unix, unix.replaceAll('\n', '\r\n')].some((text) => sha256(text) === checksum)
}
