import { afterEach, describe, expect, test } from 'vitest'
import { witnessPlace } from '../../server/anchor/witness.ts'
import { findCosignature, parseWitnessKey } from '../../server/core/audit/cosignature.ts'
import { failureOf } from '../../server/outgoing/delivery-error.ts'
import { entriesOf } from '../audit/naive-tree.ts'
import { startWitness, type WitnessFault } from '../lab/witness.ts'
import { aLog, ORIGIN } from './log.ts'

const log = aLog(700)
const never = new AbortController().signal
type Witness = Awaited<ReturnType<typeof startWitness>>
let witness: Witness | undefined
afterEach(async () => {
  await witness?.close()
  witness = undefined
})

async function aWitness({
  keys = [log.key],
  fault,
}: { keys?: string[]; fault?: WitnessFault } = {}) {
  const asked: string[] = []
  const started = await startWitness({
    logs: new Map([[ORIGIN, keys]]),
    onCall: (old) => {
      asked.push(old)
      return fault
    },
  })
  witness = started
  const place = (of = log, key = started.key, url = started.url) =>
    witnessPlace({ url, key: parseWitnessKey(key), prove: of.prove, now: () => new Date() })
  return { witness: started, place, asked }
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'arrived',
    (error: unknown) => failureOf(error).code,
  )

test('its cosignature is kept, and verifies under the checkpoint', async () => {
  const { witness, place } = await aWitness()
  const checkpoint = log.checkpoint(300)

  const line = await place().put(checkpoint, 0, never)

  const key = parseWitnessKey(witness.key)
  expect(findCosignature(checkpoint.note, line, key, new Date())?.line).toBe(line)
  expect(() => findCosignature(log.checkpoint(301).note, line, key, new Date())).toThrow(/hold/)
})

test.each([1, 2, 7, 255, 256, 257, 511, 512, 699])(
  'the log is shown to go on from %i to 700',
  async (size) => {
    const { place, witness } = await aWitness()
    await place().put(log.checkpoint(size), 0, never)
    await place().put(log.checkpoint(700), size, never)

    expect(witness.seen.get(ORIGIN)).toMatchObject({ size: 700 })
  },
)

test('where it has seen more than we remember it says so, and is shown from there', async () => {
  const { place, asked } = await aWitness()
  await place().put(log.checkpoint(300), 0, never)
  await place().put(log.checkpoint(500), 0, never)

  expect(asked).toEqual(['old 0', 'old 0', 'old 300'])
})

test('the same checkpoint again is fine', async () => {
  const { place } = await aWitness()
  await place().put(log.checkpoint(300), 0, never)

  expect(await place().put(log.checkpoint(300), 300, never)).toMatch(/^— witness/)
})

describe('it is found out', () => {
  test('when the log was rolled back', async () => {
    const { place } = await aWitness()
    await place().put(log.checkpoint(300), 0, never)

    expect(await codeOf(place().put(log.checkpoint(200), 200, never))).toBe('witness_saw_more')
  })

  test.each([
    ['another history of more events', 400],
    ['another history of as many', 300],
  ])('when it is %s', async (_what, size) => {
    const entries = entriesOf(700)
    entries[17] = Buffer.from('forged')
    const forged = aLog(700, entries)
    const { place } = await aWitness({ keys: [log.key, forged.key] })
    await place().put(log.checkpoint(300), 0, never)

    const code = await codeOf(place(forged).put(forged.checkpoint(size), 300, never))

    expect(code).toBe('witness_saw_another_history')
  })
})

test.each<[string, WitnessFault, string]>([
  ['fails', 'error', 'http_500'],
  ['sends elsewhere', 'redirect', 'http_302'],
  ['hangs up', 'reset', 'ECONNRESET'],
  ['answers nonsense', 'garbage', 'witness_malformed'],
  ['signs wrongly', 'wrong_signature', 'witness_wrong_signature'],
  ['signs with another name', 'other_key', 'witness_key_unknown'],
  ['signs in the future', 'future', 'witness_wrong_signature'],
])('a witness that %s has not signed', async (_what, fault, code) => {
  const { place } = await aWitness({ fault })

  expect(await codeOf(place().put(log.checkpoint(300), 0, never))).toBe(code)
})

test('one that is slow is waited for, and one that hangs is not', async () => {
  const slow = await aWitness({ fault: { delay: 300 } })
  expect(await codeOf(slow.place().put(log.checkpoint(300), 0, never))).toBe('arrived')
  await slow.witness.close()

  const { place } = await aWitness({ fault: 'hang' })
  expect(await codeOf(place().put(log.checkpoint(300), 0, never))).toBe('timeout')
})

test.each<[string, { keys?: string[]; url?: string }, string]>([
  ['does not know the log’s key', { keys: [] }, 'witness_does_not_trust_key'],
  ['is not there', { url: 'http://127.0.0.1:9/w' }, 'ECONNREFUSED'],
  ['is another service', { url: '/other' }, 'witness_does_not_know_log'],
])('a witness that %s is told apart', async (_what, { keys, url }, code) => {
  const { place, witness } = await aWitness({ ...(keys && { keys }) })
  const address = url?.startsWith('/') ? `${witness.url}${url}` : (url ?? witness.url)

  expect(await codeOf(place(log, witness.key, address).put(log.checkpoint(300), 0, never))).toBe(
    code,
  )
})

test('a slash at the end of its address is no other address', async () => {
  const { place, witness } = await aWitness()

  const with_ = place(log, witness.key, `${witness.url}/`)
  expect(await codeOf(with_.put(log.checkpoint(300), 0, never))).toBe('arrived')
})

test('the cosignature of the specification’s form is read: 4 bytes, 8 of time, 64', async () => {
  const { witness, place } = await aWitness()
  const line = await place().put(log.checkpoint(3), 0, never)
  const bytes = Buffer.from(line.trim().split(' ')[2] ?? '', 'base64')

  expect(bytes.length).toBe(76)
  expect(bytes.subarray(0, 4).toString('hex')).toBe(parseWitnessKey(witness.key).id)
  expect(Number(bytes.readBigUInt64BE(4))).toBeGreaterThan(1_700_000_000)
})

test.each([
  ['a log’s key', () => log.key],
  ['a damaged key', () => 'w+00000000+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ['no key', () => 'hello'],
])('%s is not taken for a witness’s key', (_what, key) => {
  expect(() => parseWitnessKey(key())).toThrow(/key/)
})
