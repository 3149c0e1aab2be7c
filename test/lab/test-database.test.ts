import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { freshDatabase } from './test-database.ts'

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}

test('two databases of one run see nothing of each other', async () => {
  const [one, two] = await Promise.all([freshDatabase(), freshDatabase()])
  await query(one.url, 'create table a (x int)')
  const tables = await query(two.url, `select * from pg_tables where schemaname = 'public'`)
  expect(tables.rows).toEqual([])
  await Promise.all([one.drop(), two.drop()])
})

test('a session is in UTC', async () => {
  const shown = await query(inject('postgresUrl'), 'show timezone')
  expect(shown.rows).toEqual([{ TimeZone: 'UTC' }])
})

test('dropping ends the sessions that are still open', async () => {
  const { url, drop } = await freshDatabase()
  const client = new pg.Client({ connectionString: url })
  const ended = new Promise((resolve) => client.on('error', resolve))
  await client.connect()
  await drop()
  expect(await ended).toBeInstanceOf(Error)
  await expect(query(url, 'select 1')).rejects.toMatchObject({ code: '3D000' })
})
