import { createPublicKey, type KeyObject } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { filePlace } from '../../server/anchor/file.ts'
import type { Place } from '../../server/anchor/place.ts'
import { witnessPlace } from '../../server/anchor/witness.ts'
import { verifyAnchored } from '../../server/audit-verify.ts'
import { parseWitnessKey } from '../../server/core/audit/cosignature.ts'
import type { AuditDetail, AuditEvent } from '../../server/core/audit/event.ts'
import { signCheckpoint } from '../../server/core/audit/checkpoint.ts'
import { type Entry, leafHash } from '../../server/core/audit/entry.ts'
import { EXIT_CODES } from '../../server/core/audit/findings.ts'
import type { AnchorNote } from '../../server/core/audit/log-to-verify.ts'
import { makeSigner, parseVerifierKey, verifierKey } from '../../server/core/audit/note.ts'
import { consistencyProof, STORED_LEVEL } from '../../server/core/audit/prove.ts'
import { CompactRange } from '../../server/core/audit/tree.ts'
import { makeVerification } from '../../server/core/audit/verification.ts'
import { hashReader } from '../../server/store/hash-reader.ts'
import { openSealerPool } from '../../server/store/pool.ts'
import { newestCheckpoint } from '../../server/store/sealed-events.ts'
import { ENTRY_COLUMNS } from '../../server/store/seal-rows.ts'
import { startSealer } from '../../server/store/sealer.ts'
import { verifyStored } from '../../server/store/verify-log.ts'
import { startWitness } from '../lab/witness.ts'
import { freshDatabase, migratedDatabase, type TestDatabase } from '../lab/test-database.ts'
import { aKey, auditTables, forgetMigrations, untilSealed } from './sealed.ts'

/** As the database's superuser, who may do anything to it and has no signing key of ours. */
const ORIGIN = 'latchkey.example.com/audit/1'
const EVENTS = 600

/** Sealed and never touched: each test changes a copy of it. */
let whole: TestDatabase
let database: TestDatabase
let superuser: pg.Client
const key = aKey()
/** What somebody kept elsewhere when the log was whole. */
let anchor: AnchorNote

const connect = async () => {
  superuser = new pg.Client({ connectionString: database.url, options: '-c TimeZone=UTC' })
  await superuser.connect()
}

beforeAll(async () => {
  whole = database = await migratedDatabase()
  await connect()
  await forgetMigrations(superuser)
  // The first month lies in the default partition, so that there is more than one.
  await superuser.query(
    `INSERT INTO audit.event (at, action, actor, request_id, payload)
     SELECT '2020-01-01', 'a.b', 'ada', 'r' || n, '{"amount":' || n || '}' FROM generate_series(1, 100) n`,
  )
  await seal()
  await superuser.query(
    `INSERT INTO audit.event (action, actor, request_id, payload)
     SELECT 'a.b', 'ada', 'r' || n, '{"amount":' || n || '}' FROM generate_series(101, ${EVENTS}) n`,
  )
  await seal()
  const { rows } = await superuser.query<{ note: string }>(
    'SELECT note FROM audit.checkpoint ORDER BY size DESC LIMIT 1',
  )
  anchor = { place: 'elsewhere.jsonl', note: rows[0]!.note }
  for (const table of await auditTables(superuser))
    await superuser.query(`ALTER TABLE ${table} DISABLE TRIGGER ALL`)
  await superuser.end()
})
afterAll(() => whole?.drop())
beforeEach(async () => {
  database = await freshDatabase(whole)
  await connect()
})
afterEach(async () => {
  await superuser.end()
  await database.drop()
})

async function seal(signing = key) {
  const pool = openSealerPool(database.url)
  const sealer = startSealer({
    pool,
    keys: { current: signing, previous: undefined },
    publicUrl: 'https://latchkey.example.com',
    publish: () => {},
    warn: () => {},
    every: 20,
  })
  await untilSealed(database.url)
  await sealer.stop()
  await pool.end()
}

const trusted = () => parseVerifierKey(verifierKey(ORIGIN, createPublicKey(key)))
async function verify(over: Partial<Parameters<typeof verifyStored>[1]> = {}) {
  const report = await verifyStored(database.url, { keys: [trusted()], rows: 50, ...over })
  const findings = report.findings.map(({ code, seq, text }) => ({ code, seq, text }))
  return { exit: EXIT_CODES[report.outcome], findings, report }
}
/** The first that is found. */
const first = (code: string, seq: number | null, text: RegExp) =>
  expect.arrayContaining([
    expect.objectContaining({ code, seq, text: expect.stringMatching(text) as string }),
  ]) as unknown

test('a log that nobody touched holds: whole, from anywhere, and against an anchor', async () => {
  for (const from of [0, 1, 99, 100, 257, 599, 600, 10_000]) {
    const { exit, findings, report } = await verify({ from, anchors: [anchor] })
    expect({ exit, findings }, `from ${from}`).toEqual({ exit: 0, findings: [] })
    expect(report.counted.rows).toBe(Math.max(0, EVENTS - from))
  }
})

describe('an event', () => {
  const change = (set: string, where = 'id = 351') =>
    superuser.query(`UPDATE audit.event SET ${set} WHERE ${where}`)

  test.each([
    ['one byte of its detail', `payload = replace(payload, '351', '352')`],
    ['its actor', `actor = 'adb'`],
    ['its time', `at = at - interval '1 microsecond'`],
    ['its address', `address = '10.0.0.1'`],
  ])('with %s changed is named', async (_what, set) => {
    await change(set)
    const { exit, findings } = await verify()

    expect(exit).toBe(2)
    expect(findings[0]).toMatchObject({ code: 'altered', seq: 350 })
    expect(findings[0]!.text).toMatch(/event 351 .*changed after it was sealed/)
  })

  test('two that were swapped are both named', async () => {
    await superuser.query(`
      UPDATE audit.event a SET payload = b.payload, actor = b.actor, request_id = b.request_id
        FROM audit.event b WHERE (a.id, b.id) IN ((351, 352), (352, 351))`)
    const { exit, findings } = await verify()

    expect(exit).toBe(2)
    expect(findings.flatMap(({ text }) => text.match(/\b35[012]\b/g) ?? [])).toEqual(
      expect.arrayContaining(['350', '351']),
    )
  })

  test.each([
    ['the first', 1],
    ['one in the middle', 351],
    ['the last', EVENTS],
  ])('deleted, %s, is named', async (_what, id) => {
    await superuser.query('DELETE FROM audit.event WHERE id = $1', [id])
    const { exit, findings } = await verify()

    expect(exit).toBe(2)
    expect(findings).toEqual(first('altered', id - 1, /deleted/))
  })

  test('deleted together with its seal leaves a gap, and the events behind it are still compared', async () => {
    await superuser.query(
      'DELETE FROM audit.event WHERE id = 351; DELETE FROM audit.seal WHERE seq = 350',
    )
    await change(`actor = 'adb'`, 'id = 500')
    const { findings } = await verify()

    expect(findings).toEqual(first('unsealed', 350, /missing/))
    expect(findings).toEqual(first('altered', 499, /500/))
  })

  test('forged and slipped in behind the sealer is named as one without a seal', async () => {
    await superuser.query(
      `INSERT INTO audit.event (xid, at, action, actor, request_id, payload) VALUES ('5', now() - interval '1 hour', 'a.b', 'eve', 'r', '{}')`,
    )
    const { exit, findings } = await verify()

    expect(exit).toBe(5)
    expect(findings).toEqual(first('unsealed', null, /event 601 .*not sealed/))
  })

  test('forged and sealed by hand fits no signed root', async () => {
    await superuser.query(
      `INSERT INTO audit.event (id, action, actor, request_id, payload) OVERRIDING SYSTEM VALUE VALUES (900, 'a.b', 'eve', 'r', '{}')`,
    )
    const entry = await entryOf(900)
    await superuser.query('DELETE FROM audit.event WHERE id = 351')
    await superuser.query(
      `UPDATE audit.seal SET event_id = 900, leaf = $1, event_at = (SELECT at FROM audit.event WHERE id = 900) WHERE seq = 350`,
      [leafHash(entry)],
    )
    const { exit, findings } = await verify()

    expect(exit).toBe(2)
    expect(findings.every(({ code }) => code === 'altered')).toBe(true)
    // The stored node above it still tells which 256 leaves it is among.
    expect(findings).toEqual(first('altered', 256, /node/))
  })
})

async function entryOf(id: number) {
  const { rows } = await superuser.query<Entry>(
    `SELECT ${ENTRY_COLUMNS} FROM audit.event e WHERE id = $1`,
    [id],
  )
  return rows[0]!
}

test('a partition that was emptied is named from its first event to its last', async () => {
  await superuser.query('TRUNCATE audit.event_default')
  const { exit, findings } = await verify()

  expect(exit).toBe(2)
  expect(findings).toEqual(first('altered', 0, /seq 0 to 99/))
})

const cut = (size: number) =>
  superuser.query(`
    DELETE FROM audit.event WHERE id IN (SELECT event_id FROM audit.seal WHERE seq >= ${size});
    DELETE FROM audit.seal WHERE seq >= ${size};
    DELETE FROM audit.checkpoint WHERE size > ${size};
    DELETE FROM audit.node WHERE (index + 1) * (1::bigint << level) > ${size}`)

test('rolled back to an older dump it holds by itself, and an anchor remembers', async () => {
  await cut(100)

  expect((await verify()).exit).toBe(0)
  const { exit, findings } = await verify({ anchors: [anchor] })
  expect(exit).toBe(3)
  expect(findings).toEqual(first('rolled_back', 100, /100 events.*600.*rolled back/))
})

test('without its newest events, and with their checkpoint left behind, it is known to be cut', async () => {
  await superuser.query(
    'DELETE FROM audit.event WHERE id > 590; DELETE FROM audit.seal WHERE seq >= 590',
  )
  const { exit } = await verify()

  expect([3, 5]).toContain(exit)
})

/** The tail as somebody else would have it, sealed and signed like the real one. */
async function rewrite(signing: KeyObject) {
  await superuser.query(`UPDATE audit.event SET actor = 'nobody' WHERE id > 300`)
  const { rows } = await superuser.query<Entry>(
    `SELECT ${ENTRY_COLUMNS} FROM audit.event e JOIN audit.seal s ON s.event_id = e.id ORDER BY s.seq`,
  )
  const range = new CompactRange()
  for (const entry of rows) {
    const leaf = leafHash(entry)
    await superuser.query('UPDATE audit.seal SET leaf = $1 WHERE seq = $2', [leaf, range.size])
    const nodes: [number, number, Buffer][] = []
    range.append(leaf, (...node) => void (node[0] >= STORED_LEVEL && nodes.push(node)))
    for (const node of nodes)
      await superuser.query('UPDATE audit.node SET hash = $3 WHERE level = $1 AND index = $2', node)
  }
  const root = range.root()
  const note = signCheckpoint({ origin: ORIGIN, size: range.size, root }, [
    makeSigner(ORIGIN, signing),
  ])
  await superuser.query('UPDATE audit.checkpoint SET root = $1, note = $2 WHERE size = $3', [
    root,
    note,
    range.size,
  ])
}

test('with its tail replaced and signed by another key, the key is named', async () => {
  const thief = aKey()
  await rewrite(thief)
  await superuser.query('UPDATE audit.signing_key SET public_key = $1', [
    verifierKey(ORIGIN, createPublicKey(thief)),
  ])
  const { exit, findings } = await verify()

  expect(exit).toBe(6)
  expect(findings[0]).toMatchObject({ code: 'wrong_key' })
})

test('with its tail replaced and signed by the stolen key, an anchor shows two histories', async () => {
  await rewrite(key)

  expect((await verify()).exit).toBe(0)
  const { exit, findings } = await verify({ anchors: [anchor] })
  expect(exit).toBe(4)
  expect(findings).toEqual(first('two_histories', null, /Two histories/))
})

test('what was verified before is not read again, and what came since is', async () => {
  await superuser.query(`UPDATE audit.event SET actor = 'eve' WHERE id = 50`)

  expect((await verify({ from: 100 })).exit).toBe(0)
  await superuser.query(`UPDATE audit.event SET actor = 'eve' WHERE id = 551`)
  expect((await verify({ from: 100 })).findings[0]).toMatchObject({ code: 'altered', seq: 550 })
})

describe('compared with what the configured anchors hold, as the page and the hourly verification do,', () => {
  let folder: string
  let witness: Awaited<ReturnType<typeof startWitness>>
  let pool: pg.Pool
  let places: [string, Place][]
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'anchors-'))
    witness = await startWitness({ logs: new Map([[ORIGIN, [trusted().key]]]) })
    pool = openSealerPool(database.url)
    const prove = (from: number, to: number) => consistencyProof(hashReader(pool), from, to)
    places = [
      ['file', filePlace(join(folder, 'anchors.jsonl'))],
      [
        'witness',
        witnessPlace({
          url: witness.url,
          key: parseWitnessKey(witness.key),
          prove,
          now: () => new Date(),
        }),
      ],
    ]
    const newest = (await newestCheckpoint(pool))!
    for (const [, place] of places) await place.put(newest, 0, new AbortController().signal)
  })
  afterEach(async () => {
    await pool.end()
    await witness.close()
    await rm(folder, { recursive: true })
  })

  /** What `log.verified` says of it. */
  async function verified(from = 0) {
    const said: AuditEvent[] = []
    const verification = makeVerification({
      verify: (from, onProgress) =>
        verifyAnchored({ url: database.url, pool, places }, { keys: [key], from, onProgress }),
      lastVerified: () => Promise.resolve(null),
      record: async (event) => void said.push(event),
      warn: () => {},
      newId: () => 'r',
      now: () => new Date(),
    })
    if (from === 0) await verification.hourly()
    else verification.start({ actor: 'portal', requestId: 'r' }, from)
    await verification.idle()
    return said[0]!.detail as AuditDetail['log.verified']
  }
  const codes = ({ findings }: AuditDetail['log.verified']) => findings.map(({ code }) => code)

  test('a whole log holds, and it is told what it was compared with', async () => {
    expect(await verified()).toMatchObject({
      holds: true,
      findings: [],
      compared: expect.arrayContaining([
        { place: 'file', checkpoints: 1 },
        { place: 'witness', checkpoints: 1 },
      ]),
    })
  })

  test('a log that was rolled back is found by each of them', async () => {
    await cut(100)
    const found = await verified()

    expect(found.holds).toBe(false)
    expect(codes(found)).toEqual(['rolled_back', 'rolled_back'])
    const text = found.findings.map((finding) => finding.text).join()
    expect(text).toMatch(/100 events, and the anchor file holds a signed checkpoint of 600/)
    expect(text).toMatch(/100 signed events, and the witness has seen more/)
  })

  test('a log whose tail was written again and signed with the stolen key is found by each of them', async () => {
    await rewrite(key)
    for (const from of [0, 100]) {
      const found = await verified(from)
      expect(codes(found), `from ${from}`).toEqual(['two_histories', 'two_histories'])
    }
  })

  test('one that was rolled back, and has grown beyond what they hold since, is found too', async () => {
    await cut(100)
    const { rows } = await superuser.query<{ leaf: Buffer }>(
      'SELECT leaf FROM audit.seal ORDER BY seq',
    )
    const range = new CompactRange()
    for (const { leaf } of rows) range.append(leaf)
    await superuser.query('UPDATE audit.sealer_state SET size = $1, hashes = $2', [
      range.size,
      range.hashes,
    ])
    await superuser.query('DELETE FROM audit.node WHERE (index + 1) << level > 100')
    await superuser.query(
      `INSERT INTO audit.event (action, actor, request_id, payload)
       SELECT 'a.b', 'eve', 'r' || n, '{}' FROM generate_series(1, ${EVENTS}) n`,
    )
    await seal()

    expect(codes(await verified())).toEqual(['two_histories', 'two_histories'])
  })

  test('an anchor that cannot be asked is named, and the others still count', async () => {
    await witness.close()
    await cut(100)
    const found = await verified()

    expect(codes(found)).toEqual(['rolled_back'])
    expect(found.unread).toEqual([{ place: 'witness', code: 'ECONNREFUSED' }])
  })
})
