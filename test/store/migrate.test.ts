import { readdirSync } from 'node:fs'
import { cp, mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../server/store/migrate.ts'
import { openStore } from '../../server/store/store.ts'
import { freshDatabase, type TestDatabase } from '../lab/test-database.ts'

/** How many there are now. */
const MIGRATIONS = readdirSync('prisma/migrations', { withFileTypes: true }).filter((entry) =>
  entry.isDirectory(),
).length

let database: TestDatabase
let folder: string
const migrations = () => pathToFileURL(`${folder}/`)

beforeEach(async () => {
  database = await freshDatabase()
  folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  await cp('prisma/migrations', folder, { recursive: true })
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

async function add(name: string, sql: string) {
  await mkdir(join(folder, name))
  await writeFile(join(folder, name, 'migration.sql'), sql)
}

async function query(sql: string) {
  const client = new pg.Client(database.url)
  await client.connect()
  try {
    return (await client.query(sql)).rows as unknown[]
  } finally {
    await client.end()
  }
}

test('an empty database is brought up, and a second time there is nothing to do', async () => {
  expect(await migrate(database.url, migrations())).toHaveLength(MIGRATIONS)
  expect(await migrate(database.url, migrations())).toEqual([])
})

test('of four at the same moment one works and three find nothing to do', async () => {
  const runs = await Promise.all(
    Array.from({ length: 4 }, () => migrate(database.url, migrations())),
  )

  expect(runs.map((applied) => applied.length).sort()).toEqual([0, 0, 0, MIGRATIONS])
})

test('a migration that fails leaves nothing behind and can be mended', async () => {
  await migrate(database.url, migrations())
  await add('20990101000000_fail', 'CREATE TABLE half (x int); SELECT 1/0;')
  await expect(migrate(database.url, migrations())).rejects.toThrow(
    /20990101000000_fail failed.*division by zero/,
  )
  expect(await query("SELECT to_regclass('half') AS t")).toEqual([{ t: null }])

  await writeFile(
    join(folder, '20990101000000_fail', 'migration.sql'),
    'CREATE TABLE whole (x int);',
  )

  expect(await migrate(database.url, migrations())).toEqual(['20990101000000_fail'])
})

test('each migration is in the log, in the transaction that applied it', async () => {
  const names = await migrate(database.url, migrations())
  await add('20990101000000_fail', 'CREATE TABLE half (x int); SELECT 1/0;')
  await migrate(database.url, migrations()).catch(() => {})
  await writeFile(
    join(folder, '20990101000000_fail', 'migration.sql'),
    'CREATE TABLE whole (x int);',
  )
  await migrate(database.url, migrations())

  expect(
    await query(
      `SELECT subject AS name, payload_j->>'sha256' = m.checksum AS same FROM audit.event e
         JOIN _prisma_migrations m ON m.migration_name = e.subject AND m.finished_at IS NOT NULL
        WHERE action = 'migration.applied' ORDER BY e.id`,
    ),
  ).toEqual([...names, '20990101000000_fail'].map((name) => ({ name, same: true })))
  expect(
    await query(
      `SELECT count(*)::int AS n FROM audit.event e JOIN pg_class c ON c.relname = 'whole' AND c.xmin::text = e.xid::text`,
    ),
  ).toEqual([{ n: 1 }])
})

test('a database that is newer than the program is refused', async () => {
  await add('20990101000000_future', 'CREATE TABLE future (x int);')
  await migrate(database.url, migrations())
  await rm(join(folder, '20990101000000_future'), { recursive: true })

  await expect(migrate(database.url, migrations())).rejects.toThrow('newer than this program')
})

test('a migration that was edited afterwards is refused; other line ends are not an edit', async () => {
  await migrate(database.url, migrations())
  const path = join(folder, '20261125090000_create_access', 'migration.sql')
  const sql = await readFile(path, 'utf8')

  await writeFile(path, sql.replaceAll('\n', '\r\n'))
  expect(await migrate(database.url, migrations())).toEqual([])

  await writeFile(path, `${sql}-- edited`)
  await expect(migrate(database.url, migrations())).rejects.toThrow('was edited')
})

test('a database of something else is left alone', async () => {
  await query('CREATE TABLE somebody_elses (x int)')

  await expect(migrate(database.url, migrations())).rejects.toThrow('not a database of Latchkey')
})

test('a migrating user without rights to create roles is told what to do', async () => {
  const name = `owner_${Math.floor(Math.random() * 1e9)}`
  await query(
    `CREATE ROLE ${name} LOGIN; ALTER DATABASE ${new URL(database.url).pathname.slice(1)} OWNER TO ${name}`,
  )
  await query(`ALTER SCHEMA public OWNER TO ${name}`)
  const url = new URL(database.url)
  url.username = name
  try {
    // The roles exist in this cluster already: what fails is handing over to them.
    await expect(migrate(url.href, migrations())).rejects.toThrow(
      /failed and left nothing behind: .*(permission|must)/,
    )
  } finally {
    await query(`DROP OWNED BY ${name}`).catch(() => {})
  }
})

test('a user who may create roles, but is no superuser, can do all of it', async () => {
  const name = `creator_${Math.floor(Math.random() * 1e9)}`
  await query(
    `CREATE ROLE ${name} LOGIN CREATEROLE; ALTER DATABASE ${new URL(database.url).pathname.slice(1)} OWNER TO ${name}`,
  )
  await query(
    `GRANT latchkey_app, latchkey_audit, latchkey_sealer TO ${name} WITH ADMIN OPTION; ALTER SCHEMA public OWNER TO ${name}`,
  )
  const url = new URL(database.url)
  url.username = name

  expect(await migrate(url.href, migrations())).toHaveLength(MIGRATIONS)
  const store = openStore(url.href)
  await store.record({
    action: 'token.refused',
    actor: 'portal',
    subject: null,
    requestId: 'r',
    detail: { grant: 'g', why: 'w' },
  })
  expect(
    (
      await store.pool.query(
        'SELECT action, count(*)::int AS n FROM audit.log GROUP BY 1 ORDER BY 1',
      )
    ).rows,
  ).toEqual([
    { action: 'migration.applied', n: MIGRATIONS },
    { action: 'token.refused', n: 1 },
  ])
  await store.close()
})

test('the tables are those that the Prisma schema describes', async () => {
  await migrate(database.url, migrations())
  const store = openStore(database.url)
  const { prisma } = store

  // Each read names every column of its model: a column that differs in name or type fails here.
  const reads = [
    prisma.person,
    prisma.session,
    prisma.signIn,
    prisma.accessRequest,
    prisma.grant,
    prisma.reaper,
  ]
  const counts = await Promise.all(reads.map((model) => (model as typeof prisma.person).findMany()))

  expect(counts.map((rows) => rows.length)).toEqual([0, 0, 0, 0, 0, 1])
  await store.close()
})
