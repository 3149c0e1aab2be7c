import { createPublicKey } from 'node:crypto'
import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import type {
  AuditStatus,
  ConsistencyProof,
  InclusionProof,
} from '../../server/contract/audit-proof.ts'
import { openCheckpoint } from '../../server/core/audit/checkpoint.ts'
import { parseVerifierKey, verifierKey } from '../../server/core/audit/note.ts'
import { verifyConsistency, verifyInclusion } from '../../server/core/audit/tree.ts'
import { outlets } from '../../server/store/outlets.ts'
import { openSealerPool } from '../../server/store/pool.ts'
import { sealAll } from '../store/sealed.ts'
import { logOf } from '../store/store.ts'
import { usePortal } from './portal.ts'

const portal = usePortal()
const bytes = (text: string) => Buffer.from(text, 'base64')
const get = async (url: string) =>
  portal.call('GET', url, { cookie: await portal.cookie('auditor') })
const status = async () => (await get('/api/audit/status')).json<AuditStatus>()

beforeAll(async () => {
  const before = await get('/api/audit/checkpoint')
  expect(before.statusCode).toBe(404)
  for (let i = 0; i < 20; i++) await get('/api/audit/events')
  await sealAll(portal.url, portal.signingKey)
})

const keyOf = (origin: string) =>
  parseVerifierKey(verifierKey(origin, createPublicKey(portal.signingKey)))

test('the checkpoint is a signed note, and every event can be proven to be under it', async () => {
  const note = await get('/api/audit/checkpoint')
  expect(note.headers['content-type']).toBe('text/plain; charset=utf-8')
  const checkpoint = openCheckpoint(note.body, [keyOf('latchkey.example.com/audit/1')])
  expect(checkpoint.size).toBeGreaterThan(20)

  for (const seq of [0, 7, checkpoint.size - 1]) {
    const answer = await get(`/api/audit/proof/${seq}?size=${checkpoint.size}`)
    const { leaf, proof, size, checkpoint: said } = answer.json<InclusionProof>()
    expect(said).toBe(note.body)
    expect(verifyInclusion(bytes(leaf), seq, size, proof.map(bytes), checkpoint.root)).toBe(true)
  }
})

test('an earlier log is proven to be the beginning of the later', async () => {
  const answer = await get('/api/audit/consistency?from=5')
  const { from, fromRoot, to, toRoot, proof } = answer.json<ConsistencyProof>()

  expect(verifyConsistency(from, bytes(fromRoot), to, bytes(toRoot), proof.map(bytes))).toBe(true)
})

test.each([
  '/api/audit/proof/999999',
  '/api/audit/proof/0?size=999999',
  '/api/audit/consistency?from=999999',
  '/api/audit/consistency?from=5&to=4',
])('what is not sealed cannot be proven: %s', async (url) => {
  const answer = await get(url)
  expect(answer.statusCode).toBe(404)
  expect(answer.json()).toMatchObject({ reason: 'not_sealed' })
})

test('the status tells the key, what waits, and the last verification with who asked for it', async () => {
  const first = await status()
  expect(first).toMatchObject({
    origin: 'latchkey.example.com/audit/1',
    sealing: { state: 'works', reason: null },
    keys: [{ key: keyOf(first.origin!).key }],
    verification: { running: null, last: null },
  })
  // The reader's own sign-in came since.
  expect(first.unsealed).toBeGreaterThan(0)

  const cookie = await portal.cookie('auditor')
  const answer = await portal.call('POST', '/api/audit/verifications', { cookie, body: {} })
  expect(answer.statusCode).toBe(202)
  await portal.verification.idle()

  const { verification } = await status()
  expect(verification).toMatchObject({
    running: null,
    last: { byName: 'auditor', from: 0, to: first.sealed, holds: true, findings: [] },
  })
  expect(await logOf(portal.store, 'log.verified')).toHaveLength(1)
})

test('the status tells how far each anchor and stream is that is configured, and since when one fails', async () => {
  const pool = openSealerPool(portal.url)
  const kept = outlets(pool)
  for (const name of ['anchor:file', 'anchor:s3', 'stream:stdout'] as const)
    await kept.open(name, 'start')
  await kept.take('stream:stdout', 60)
  await kept.arrived('stream:stdout', { size: 7 }, 0)
  await kept.take('anchor:file', 60)
  await kept.failed('anchor:file', 'ENOSPC', 300)
  await pool.end()
  const { sealed, outlets: shown } = await status()

  expect(shown).toMatchObject([
    { kind: 'anchor', place: 'file', size: 0, at: null, behind: sealed },
    { kind: 'stream', place: 'stdout', size: 7, behind: sealed - 7, failing: null },
  ])
  expect(shown[0]!.failing).toMatchObject({ attempts: 1, error: 'ENOSPC' })
})

test('a log that was changed is named on the page, and what is damaged proves nothing', async () => {
  const superuser = new pg.Client(portal.url)
  await superuser.connect()
  const { rows } = await superuser.query<{ id: string }>(
    'SELECT event_id AS id FROM audit.seal WHERE seq = 3',
  )
  await superuser.query(`ALTER TABLE audit.event DISABLE TRIGGER ALL`)
  await superuser.query(`UPDATE audit.event SET actor = 'eve' WHERE id = $1`, [rows[0]!.id])
  await superuser.query('ALTER TABLE audit.seal DISABLE TRIGGER ALL')
  const cookie = await portal.cookie('auditor')
  await portal.call('POST', '/api/audit/verifications', { cookie, body: {} })
  await portal.verification.idle()
  await superuser.query('DELETE FROM audit.seal WHERE seq = 4')
  await superuser.end()

  expect((await status()).verification.last).toMatchObject({
    holds: false,
    findings: [{ code: 'altered', seq: 3, eventId: rows[0]!.id }],
  })
  const proof = await get('/api/audit/proof/3')
  expect(proof.statusCode).toBe(409)
  expect(proof.json()).toMatchObject({ reason: 'log_damaged' })
})
