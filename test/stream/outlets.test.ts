import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { filePlace } from '../../server/anchor/file.ts'
import { witnessPlace } from '../../server/anchor/witness.ts'
import { parseWitnessKey } from '../../server/core/audit/cosignature.ts'
import type { OutletName, Turn } from '../../server/core/audit/outlet.ts'
import { consistencyProof } from '../../server/core/audit/prove.ts'
import { serveOutlet } from '../../server/core/audit/serve-outlet.ts'
import { failureOf } from '../../server/outgoing/delivery-error.ts'
import { hashReader } from '../../server/store/hash-reader.ts'
import { outlets, outletStatus } from '../../server/store/outlets.ts'
import { openSealerPool } from '../../server/store/pool.ts'
import { sealBatch } from '../../server/store/seal-batch.ts'
import { newestCheckpoint, sealedEvents } from '../../server/store/sealed-events.ts'
import { deliverEvents } from '../../server/stream/deliver.ts'
import { writeLines } from '../../server/stream/stdout.ts'
import { postEvents } from '../../server/stream/webhook.ts'
import { startWitness, type WitnessFault } from '../lab/witness.ts'
import { answers, startReceiver, well } from '../notify/receiver.ts'
import { aKey } from '../store/sealed.ts'
import { logOf, useStore } from '../store/store.ts'

const used = useStore()
const keys = { current: aKey(), previous: undefined }
const ORIGIN = 'log.example.com/audit/1'
const NO_WAIT = { between: 0, first: 0, longest: 0 }
const codeOf = (error: unknown) => failureOf(error).code
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

let pool: pg.Pool
let said: string[]
beforeAll(() => void (pool = openSealerPool(used.url)))
afterAll(() => pool.end())
beforeEach(() => void (said = []))
const warn = (_details: object, message: string) => void said.push(message)
/** All of it: transactions of other tests in the same PostgreSQL may hold the watermark back for a moment. */
const seal = async () => {
  for (;;) {
    const { did } = await sealBatch(pool, { keys, origin: ORIGIN, limit: 5_000 })
    const { rows } = await used.store.pool.query<{ n: number }>(
      'SELECT (SELECT count(*) FROM audit.log)::int - (SELECT size FROM audit.sealer_state)::int AS n',
    )
    if (rows[0]!.n === 0) return
    if (did !== 'sealed') await sleep(20)
  }
}
/** Some events, sealed. */
async function happen(count: number) {
  for (let i = 0; i < count; i++)
    await used.store.record({
      action: 'token.refused',
      actor: 'portal',
      subject: null,
      requestId: randomUUID(),
      detail: { grant: `g${i}`, why: 'test' },
    })
  await seal()
}
const sizeNow = async () => (await newestCheckpoint(pool))?.size ?? 0

type Line = { metadata: { sequence: number; event_code: string } }
const linesIn = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
const placesIn = (lines: Line[]) => lines.map(({ metadata }) => metadata.sequence)
const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

const read = (wish: { from: number; to: number; limit: number }) =>
  sealedEvents(used.store.pool, wish)
const source = () => Promise.resolve({ origin: ORIGIN, version: '1' })

describe('the stream', () => {
  const streamTo = (
    send: (events: readonly object[], from: number, signal: AbortSignal) => Promise<void>,
    { name = 'stream:stdout' as OutletName, kept = outlets(pool), limit = 3 } = {},
  ) => {
    const served = serveOutlet({
      name,
      outlets: kept,
      deliver: deliverEvents({ read, source, send, limit }),
      wait: NO_WAIT,
      codeOf,
      warn,
    })
    return { ...served, kept }
  }

  test('tells each event once it is sealed, in order, a line each, and goes on after a restart', async () => {
    let text = ''
    const out = { write: (more: string, done: () => void) => void ((text += more), done()) }
    await happen(1)
    const from = await sizeNow()
    const first = streamTo(writeLines(out))
    await first.kept.open('stream:stdout', 'now')
    await happen(7)
    await first.round()
    await first.kept.release()
    await happen(4)
    const second = streamTo(writeLines(out))
    await second.kept.open('stream:stdout', 'now')
    await second.round()
    await second.kept.release()

    expect(placesIn(linesIn(text))).toEqual(upTo(from, from + 11))
    expect(linesIn(text)[0]?.metadata.event_code).toBe('token.refused')
  })

  test('what was written but not kept is written again: nothing is lost', async () => {
    const lines: Line[] = []
    const send = (events: readonly object[]) => void lines.push(...(events as Line[]))
    const kept = outlets(pool)
    const from = await sizeNow()
    await happen(2)
    // Killed between the write and the keeping.
    const killed = { ...kept, arrived: () => Promise.reject(new Error('killed')) }
    const dying = streamTo((events) => Promise.resolve(send(events)), { kept: killed, limit: 100 })
    await expect(dying.round()).rejects.toThrow('killed')
    await kept.release()

    const next = streamTo((events) => Promise.resolve(send(events)), { limit: 100 })
    await next.round()
    await next.kept.release()

    expect(placesIn(lines)).toEqual([...upTo(from, from + 2), ...upTo(from, from + 2)])
  })

  test('is one portal’s at a time, and another’s when that is gone', async () => {
    await happen(1)
    const [a, b] = [outlets(pool), outlets(pool)]
    expect(await a.take('stream:stdout', 60)).not.toBeNull()
    expect(await b.take('stream:stdout', 60)).toBeNull()
    expect(await a.take('stream:stdout', 0)).not.toBeNull()
    const turn = await b.take('stream:stdout', 60)

    expect(turn).not.toBeNull()
    expect(await a.arrived('stream:stdout', { size: 0 }, 0)).toBe(false)
    await b.arrived('stream:stdout', { size: turn!.sealed }, 0)
    await b.release()
  })

  test('a webhook that is down gets everything in order once it heals, signed; the gap is recorded once', async () => {
    const receiver = await startReceiver(answers(500))
    const send = postEvents({ url: receiver.url, secrets: [secret], now: () => new Date() })
    const stream = streamTo(send, { name: 'stream:webhook', limit: 4 })
    await stream.kept.open('stream:webhook', 'now')
    const from = await sizeNow()
    await happen(6)
    await stream.round()
    await receiver.down()
    await stream.round()
    const [status] = (await outletStatus(used.store.pool)).filter(
      ({ name }) => name === 'stream:webhook',
    )
    expect(status).toMatchObject({
      size: from,
      behind: expect.any(Number),
      failing: { attempts: 2, error: 'ECONNREFUSED' },
    })

    receiver.manner = well
    receiver.received.length = 0
    await receiver.up()
    await seal()
    await stream.round()
    await stream.kept.release()

    const got = receiver.received.map(({ body, headers }) => {
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toBeTruthy()
      return (JSON.parse(body) as { data: { events: Line[] } }).data.events
    })
    expect(got.every((events) => events.length <= 4)).toBe(true)
    // The event that it failed is in the stream itself.
    expect(placesIn(got.flat())).toEqual(upTo(from, from + 7))
    expect(await logOf(used.store, 'stream.failed')).toMatchObject([
      { payload_j: { stream: 'webhook', code: 'http_500', size: from } },
    ])
    expect(await logOf(used.store, 'stream.recovered')).toMatchObject([
      { payload_j: { stream: 'webhook', attempts: 2 } },
    ])
    await receiver.down()
  })
})

describe('an anchor', () => {
  test('that is a file gets the newest checkpoint only, and is known in the database', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'outlet-'))
    const path = join(folder, 'anchors.jsonl')
    const kept = outlets(pool)
    await kept.open('anchor:file', 'start')
    const served = serveOutlet({
      name: 'anchor:file',
      outlets: kept,
      deliver: async ({ size }: Turn, signal) => {
        const newest = await newestCheckpoint(pool)
        return { size: newest!.size, ref: await filePlace(path).put(newest!, size, signal) }
      },
      wait: NO_WAIT,
      codeOf,
      warn,
    })
    await happen(3)
    await happen(3)
    await served.round()
    await happen(1)
    await served.stop()
    await kept.release()

    const notes = (await readFile(path, 'utf8')).trim().split('\n')
    expect(notes).toHaveLength(2)
    const { rows } = await used.store.pool.query<{ size: string; ref: string }>(
      "SELECT size, ref FROM audit.anchor WHERE place = 'file' ORDER BY size",
    )
    expect(rows.map(({ size }) => Number(size))).toEqual(
      notes.map((line) => (JSON.parse(line) as { size: number }).size),
    )
    await rm(folder, { recursive: true })
  })

  test('that is out of reach stops nothing: the gap is an event at its two ends, and the newest arrives', async () => {
    let fault: WitnessFault | undefined = 'error'
    const { rows } = await used.store.pool.query<{ public_key: string }>(
      'SELECT public_key FROM audit.signing_key',
    )
    const witness = await startWitness({
      logs: new Map([[ORIGIN, rows.map(({ public_key }) => public_key)]]),
      onCall: () => fault,
    })
    const place = witnessPlace({
      url: witness.url,
      key: parseWitnessKey(witness.key),
      prove: (from, to) => consistencyProof(hashReader(pool), from, to),
      now: () => new Date(),
    })
    const kept = outlets(pool)
    await kept.open('anchor:witness', 'start')
    const served = serveOutlet({
      name: 'anchor:witness',
      outlets: kept,
      deliver: async ({ size }, signal) => {
        const newest = await newestCheckpoint(pool)
        return { size: newest!.size, ref: await place.put(newest!, size, signal) }
      },
      wait: NO_WAIT,
      codeOf,
      warn,
    })
    await served.round()
    for (const each of ['wrong_signature', 'redirect', 'garbage'] as const) {
      fault = each
      await happen(2)
      await served.round()
    }
    expect(
      (await outletStatus(used.store.pool)).find(({ name }) => name === 'anchor:witness'),
    ).toMatchObject({
      size: 0,
      failing: { attempts: 4, error: 'witness_malformed' },
    })
    fault = undefined
    await happen(2)
    await served.round()
    await seal()
    await served.round()
    await kept.release()

    expect(await logOf(used.store, 'anchor.failed')).toMatchObject([
      { payload_j: { place: 'witness', code: 'http_500', size: 0 } },
    ])
    expect(await logOf(used.store, 'anchor.recovered')).toMatchObject([
      { payload_j: { place: 'witness', from: 0, attempts: 4 } },
    ])
    expect(witness.seen.get(ORIGIN)?.size).toBe(await sizeNow())
    expect(said.filter((message) => message.includes('arrives again'))).toHaveLength(1)
    await witness.close()
  })
})
