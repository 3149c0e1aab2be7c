import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPool } from '../../server/store/pool.ts'
import { forgetMigrations } from './sealed.ts'
import { useStore } from './store.ts'

const used = useStore()
const ROLES = ['latchkey_app', 'latchkey_sealer'] as const
const pools = new Map<string, pg.Pool>()
let superuser: pg.Client

beforeAll(async () => {
  for (const role of ROLES) pools.set(role, openPool(used.url, { role, max: 1 }))
  superuser = new pg.Client(used.url)
  await superuser.connect()
  await forgetMigrations(superuser)
  // A row in each, so that what is refused would have had something to do.
  await superuser.query(`
    INSERT INTO audit.event (action, actor, request_id, payload) VALUES ('a.b', 'x', 'x', '{}');
    INSERT INTO audit.seal VALUES (0, 1, now(), sha256('x'));
    INSERT INTO audit.node VALUES (8, 0, sha256('x'));
    INSERT INTO audit.checkpoint VALUES (1, sha256('x'), 'note');
    INSERT INTO audit.anchor VALUES (1, 'file', 'x');
    INSERT INTO audit.signing_key VALUES ('01234567', 'key', 0)`)
})
afterAll(async () => {
  for (const pool of pools.values()) await pool.end()
  await superuser?.end()
})

const ask = (role: string, sql: string) => pools.get(role)!.query(sql)
const REFUSED = { code: '42501' }

const TABLES = ['event', 'seal', 'node', 'checkpoint', 'anchor', 'signing_key'] as const
const SET = {
  event: "actor = 'somebody else'",
  seal: "leaf = sha256('y')",
  node: "hash = sha256('y')",
  checkpoint: "note = 'another'",
  anchor: "ref = 'another'",
  signing_key: "public_key = 'another'",
}

describe.each(ROLES)('%s', (role) => {
  test.each(TABLES)('may not change, delete or truncate audit.%s', async (table) => {
    await expect(ask(role, `UPDATE audit.${table} SET ${SET[table]}`)).rejects.toMatchObject(
      REFUSED,
    )
    await expect(ask(role, `DELETE FROM audit.${table}`)).rejects.toMatchObject(REFUSED)
    await expect(ask(role, `TRUNCATE audit.${table}`)).rejects.toMatchObject(REFUSED)
  })

  test.each([
    'TRUNCATE audit.event_default',
    'DELETE FROM audit.sealer_state',
    'TRUNCATE audit.sealer_state',
    'ALTER TABLE audit.seal DISABLE TRIGGER ALL',
    'SET session_replication_role = replica',
    'DROP TABLE audit.seal',
    'CREATE TABLE audit.mine (x int)',
    "INSERT INTO audit.event (at, action, actor, request_id, payload) VALUES (now(), 'a.b', 'x', 'x', '{}')",
    "INSERT INTO audit.event (xid, action, actor, request_id, payload) VALUES ('1', 'a.b', 'x', 'x', '{}')",
  ])('may not: %s', async (sql) => {
    await expect(ask(role, sql)).rejects.toMatchObject(REFUSED)
  })
})

describe('the portal', () => {
  test.each(['seal', 'node', 'checkpoint', 'anchor', 'signing_key', 'sealer_state', 'log'])(
    'reads audit.%s',
    async (table) => {
      expect((await ask('latchkey_app', `SELECT * FROM audit.${table}`)).rowCount).toBe(1)
    },
  )

  test.each([
    "INSERT INTO audit.seal VALUES (1, 2, now(), sha256('x'))",
    "INSERT INTO audit.node VALUES (8, 1, sha256('x'))",
    "INSERT INTO audit.checkpoint VALUES (2, sha256('x'), 'note')",
    "INSERT INTO audit.anchor VALUES (1, 'other', 'x')",
    "INSERT INTO audit.signing_key VALUES ('01234568', 'key', 1)",
    'UPDATE audit.sealer_state SET size = 1',
    'SELECT * FROM audit.event',
  ])('may not: %s', async (sql) => {
    await expect(ask('latchkey_app', sql)).rejects.toMatchObject(REFUSED)
  })
})

describe('the sealer', () => {
  test.each([
    'SELECT * FROM public.session',
    'SELECT * FROM public.person',
    'DELETE FROM public.access_grant',
    'INSERT INTO audit.sealer_state (one) VALUES (true)',
  ])('has no business elsewhere: %s', async (sql) => {
    await expect(ask('latchkey_sealer', sql)).rejects.toMatchObject(REFUSED)
  })

  test('moves its own state on', async () => {
    expect(
      (await ask('latchkey_sealer', "UPDATE audit.sealer_state SET watermark = '3'")).rowCount,
    ).toBe(1)
  })
})

describe.each(['its owner', 'a superuser', 'a superuser as a replica'])('%s', (who) => {
  const become = {
    'its owner': 'SET LOCAL ROLE latchkey_audit',
    'a superuser': 'SELECT 1',
    'a superuser as a replica': 'SET LOCAL session_replication_role = replica',
  }[who]!

  test.each(TABLES)('does not change, delete or truncate audit.%s by accident', async (table) => {
    for (const sql of [
      `UPDATE audit.${table} SET ${SET[table]}`,
      `DELETE FROM audit.${table}`,
      `TRUNCATE audit.${table}`,
    ]) {
      await superuser.query('BEGIN')
      await superuser.query(become)
      await expect(superuser.query(sql), sql).rejects.toThrow('append-only')
      await superuser.query('ROLLBACK')
    }
  })

  test('does not empty a partition or the sealer’s state by accident', async () => {
    for (const sql of [
      'TRUNCATE audit.event_default',
      'DELETE FROM audit.sealer_state',
      'TRUNCATE audit.sealer_state',
    ]) {
      await superuser.query('BEGIN')
      await superuser.query(become)
      await expect(superuser.query(sql), sql).rejects.toThrow('append-only')
      await superuser.query('ROLLBACK')
    }
  })
})
