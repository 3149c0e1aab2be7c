import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's URL of this run's PostgreSQL: `test/global-setup.ts`. */
    postgresUrl: string
  }
}

export type TestDatabase = { url: string; drop(): Promise<void> }

/** The database of the run that has every migration and that nobody is connected to. */
export const MIGRATED = 'migrated'

/**
 * A database of its own for one test or one file, in the PostgreSQL that all workers of the run share:
 * empty, or a copy of one that nobody is connected to.
 */
export async function freshDatabase(original?: TestDatabase): Promise<TestDatabase> {
  return copyOf(original ? new URL(original.url).pathname.slice(1) : 'template1')
}

/** The same with every migration: copied, which takes a fraction of applying them. */
export const migratedDatabase = (): Promise<TestDatabase> => copyOf(MIGRATED)

async function copyOf(original: string): Promise<TestDatabase> {
  const server = inject('postgresUrl')
  const name = `test_${randomBytes(8).toString('hex')}`
  await command(server, `create database ${name} template ${original}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    drop: () => command(server, `drop database if exists ${name} with (force)`),
  }
}

async function command(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
