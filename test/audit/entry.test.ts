import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Entry, entryText, leafHash } from '../../server/core/audit/entry.ts'

// The package is typed as if its module were the function.
const canonical = canonicalize as unknown as (value: unknown) => string

const text = fc.string({ unit: 'binary' })
const entry: fc.Arbitrary<Entry> = fc.record({
  id: fc.bigInt({ min: 1n }).map(String),
  at: fc.bigInt().map(String),
  v: fc.integer({ min: 1, max: 32_767 }),
  action: text,
  actor: text,
  subject: fc.option(text),
  request: text,
  intent: fc.option(text),
  address: fc.option(text),
  payload: fc.json(),
})

test('the text of an entry is its canonical JSON by RFC 8785, whatever it holds', () => {
  fc.assert(
    fc.property(entry, (each) => {
      expect(entryText(each)).toBe(canonical(each))
    }),
  )
})

test('the leaf is the hash of a zero byte and the text', () => {
  fc.assert(
    fc.property(entry, (each) => {
      const expected = createHash('sha256').update(Buffer.of(0)).update(entryText(each)).digest()
      expect(leafHash(each)).toEqual(expected)
    }),
  )
})

test('what else a row may hold is not sealed, and the order of its fields does not matter', () => {
  const row: Entry = {
    payload: '{}',
    v: 1,
    id: '7',
    at: '1764028800000001',
    action: 'session.ended',
    actor: 'portal',
    subject: null,
    request: '00000000-0000-4000-8000-000000000000',
    intent: null,
    address: null,
  }
  expect(entryText({ ...row, seq: 3 } as Entry)).toBe(
    '{"action":"session.ended","actor":"portal","address":null,"at":"1764028800000001","id":"7","intent":null,' +
      '"payload":"{}","request":"00000000-0000-4000-8000-000000000000","subject":null,"v":1}',
  )
})

test('two entries that differ in any field have different leaves', () => {
  fc.assert(
    fc.property(
      entry,
      fc.constantFrom<keyof Entry>('id', 'at', 'actor', 'payload'),
      (each, key) => {
        expect(leafHash({ ...each, [key]: `${each[key]}0` })).not.toEqual(leafHash(each))
      },
    ),
  )
})
