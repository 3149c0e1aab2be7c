import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { beforeAll, describe, expect, test } from 'vitest'
import { catalogLoaded } from '../../server/catalog-events.ts'
import type { Entry } from '../../server/core/audit/entry.ts'
import { parseVerifierKey } from '../../server/core/audit/note.ts'
import { rulesText } from '../../server/core/catalog/rules-text.ts'
import { verifyExport } from '../../server/core/audit/verify-export.ts'
import { keepCatalog } from '../../server/store/catalogs.ts'
import { sealAll } from '../store/sealed.ts'
import { logOf } from '../store/store.ts'
import { unzip } from './unzip.ts'
import { CATALOG, HOST, openGrant, usePortal, writtenCatalogOf } from './portal.ts'

const portal = usePortal()
let auditor: string
let engineer: string
let grant: string

const get = (url: string, cookie = auditor) => portal.call('GET', url, { cookie })
const linesOf = (text: string) => text.trimEnd().split('\n')
const entriesOf = (text: string) =>
  linesOf(text)
    .slice(1, -1)
    .map((line) => JSON.parse(line) as { seq: number; entry: Entry })
async function keyOf() {
  const { rows } = await portal.store.pool.query<{ public_key: string }>(
    'SELECT public_key FROM audit.signing_key',
  )
  return parseVerifierKey(rows[0]!.public_key)
}
async function verify(text: string) {
  async function* lines() {
    yield* linesOf(text)
  }
  return verifyExport(lines(), { keys: [await keyOf()] })
}

test('nothing is sealed yet: that is said, and nothing is recorded as exported', async () => {
  const cookie = await portal.cookie('auditor')
  for (const format of ['jsonl', 'csv']) {
    const answer = await get(`/api/audit/export.${format}`, cookie)
    expect(answer).toMatchObject({ statusCode: 503 })
    expect(answer.json()).toMatchObject({ reason: 'nothing_sealed' })
  }
  expect(await logOf(portal.store, 'export.started')).toEqual([])
})

describe('of a log that is sealed', () => {
  beforeAll(async () => {
    auditor = await portal.cookie('auditor')
    engineer = await portal.cookie('team')
    grant = await openGrant(portal, engineer)
    await portal.call('POST', `/api/grants/${grant}/tokens`, {
      cookie: engineer,
      body: { endpoint: 'writer' },
    })
    const reason = '=HYPERLINK("https://evil.example","x")'
    const body = {
      team: 'payments',
      database: 'orders',
      user: 'orders_writer',
      seconds: 600,
      reason,
    }
    const asked = await portal.call('POST', '/api/requests', { cookie: engineer, body })
    expect(asked.statusCode).toBe(201)
    const catalog = writtenCatalogOf(CATALOG)
    const rules = rulesText(catalog)
    await keepCatalog(portal.store, catalogLoaded(catalog, rules), rules)
    // More than a page and more than a block of the tree.
    await portal.store.pool.query(
      `INSERT INTO audit.event (action, actor, request_id, payload)
       SELECT 'session.ended', 'portal', 'r', '{"how":"signed_out"}' FROM generate_series(1, 12000)`,
    )
    await sealAll(portal.url)
  })

  test('the whole log: every event, proven', async () => {
    const answer = await get('/api/audit/export.jsonl')
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('application/jsonl; charset=utf-8')
    expect(answer.headers['content-disposition']).toContain('attachment; filename=')
    const report = await verify(answer.body)
    expect(report).toMatchObject({ outcome: 'holds', isWhole: true, findings: [] })
    expect(report.counted.events).toBeGreaterThan(12_000)
  })

  test('what the filter finds and nothing else, as the list has it', async () => {
    for (const filter of [
      'database=orders',
      'action=token.issued&action=token.intent',
      'text=HYPERLINK',
    ]) {
      const listed = await get(`/api/audit/events?${filter}&limit=200`)
      const { entries } = listed.json<{ entries: { id: string; seq: number | null }[] }>()
      const exported = await get(`/api/audit/export.jsonl?${filter}`)
      const ids = entriesOf(exported.body).map(({ entry }) => entry.id)
      expect(ids.length).toBeGreaterThan(0)
      expect(ids.toReversed()).toEqual(
        entries.filter(({ seq }) => seq !== null).map(({ id }) => id),
      )
      expect(await verify(exported.body)).toMatchObject({ outcome: 'holds', isWhole: false })
    }
  })

  test('one changed byte of any line does not hold', async () => {
    const { body } = await get('/api/audit/export.jsonl?database=orders')
    const changed = body.replace('"orders_reader', '"orders_ruler!')
    expect(changed).not.toBe(body)
    expect(await verify(changed)).toMatchObject({ outcome: 'altered' })
    expect(await verify(body.slice(0, body.lastIndexOf('{"end"')))).toMatchObject({
      outcome: 'unsealed',
    })
  })

  test('a spreadsheet computes nothing of it', async () => {
    const { body, headers } = await get('/api/audit/export.csv?action=request.created')
    expect(headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(body).toContain(`"'=HYPERLINK(""https://evil.example"",""x"")"`)
    expect(body).not.toMatch(/(^|[,\n])"[=+@-]/)
    expect(body).toContain('"team","')
    expect(body.split('\r\n')).toHaveLength(4)
  })

  test('that it began and how it ended is in the log', async () => {
    await get('/api/audit/export.csv?database=shipments')
    const told = async () => {
      const { rows } = await portal.store.pool.query<{ payload_j: unknown }>(
        `SELECT e.payload_j FROM audit.log s JOIN audit.log e ON e.request_id = s.request_id AND e.action = 'export.ended'
          WHERE s.action = 'export.started' AND s.payload_j->>'filter' = 'database=shipments' AND s.payload_j->>'format' = 'csv'`,
      )
      return rows.map(({ payload_j }) => payload_j)
    }
    await expect.poll(told).toEqual([{ count: 0, how: 'complete' }])
  })

  test('who stops reading ends it, and gives the place back', async () => {
    const { port } = new URL(await portal.app.listen({ port: 0, host: '127.0.0.1' }))
    const open = async () => {
      const headers = { host: HOST, cookie: auditor }
      const request = httpGet({ port, path: '/api/audit/export.jsonl', headers })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      expect(response.statusCode).toBe(200)
      return response
    }
    const both = [await open(), await open()]
    const third = await get('/api/audit/export.jsonl')
    expect(third.statusCode).toBe(429)
    expect(third.json()).toMatchObject({ reason: 'exports_running' })
    for (const response of both) response.destroy()
    const cancelled = async () =>
      (await logOf(portal.store, 'export.ended')).filter(
        ({ payload_j }) => payload_j['how'] === 'cancelled',
      ).length
    await expect.poll(cancelled, { timeout: 10_000 }).toBe(2)
    expect((await get('/api/audit/export.csv?action=token.issued')).statusCode).toBe(200)
  })

  test('a pack has all that belongs to it, and its proofs hold', async () => {
    const period = 'from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z'
    const answer = await get(`/api/audit/evidence.zip?${period}&database=orders`)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('application/zip')
    const files = unzip(answer.rawPayload)
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining([
        'VERIFY.txt',
        'latchkey-verify.mjs',
        'checkpoint.txt',
        'events.jsonl',
        'requests.csv',
        'access.csv',
        'tokens.csv',
        'emergencies.csv',
        'index.html',
      ]),
    )
    expect(await verify(files['events.jsonl']!)).toMatchObject({ outcome: 'holds' })
    const loaded = entriesOf(files['catalogs.jsonl']!).map(
      ({ entry }) => JSON.parse(entry.payload) as { sha256: string; rulesSha256: string },
    )
    expect(await verify(files['catalogs.jsonl']!)).toMatchObject({ outcome: 'holds' })
    expect(loaded).toHaveLength(1)
    const rules = files[`rules/${loaded[0]!.sha256.slice(0, 16)}.json`]!
    expect(createHash('sha256').update(rules).digest('hex')).toBe(loaded[0]!.rulesSha256)
    expect(rules).not.toContain('externalId')
    expect(files['tokens.csv']).toContain('token.issued')
    expect(files['index.html']).toContain('=HYPERLINK(&#34;https://evil.example&#34;')
    expect(files['index.html']).not.toContain('<script')
    expect(files['VERIFY.txt']).toContain((await keyOf()).key)
  })

  test.each(['', '&database=orders&team=payments'])(
    'a pack is about one thing (%s)',
    async (scope) => {
      const period = 'from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z'
      expect((await get(`/api/audit/evidence.zip?${period}${scope}`)).statusCode).toBe(400)
    },
  )
})
