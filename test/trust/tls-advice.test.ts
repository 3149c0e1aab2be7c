import { describe, expect, test } from 'vitest'
import type { Endpoint } from '../../server/core/catalog/catalog.ts'
import { tlsAdvice } from '../../server/core/trust/tls-advice.ts'
import type { TlsFinding, TlsProbe } from '../../server/core/trust/tls-finding.ts'

const NOW = new Date('2026-11-25T12:00:00Z')
const before = (days: number) => new Date(NOW.getTime() - days * 86_400_000)
const endpoint: Endpoint = {
  name: 'reader',
  kind: 'reader',
  signing: { host: 'r.example.com', port: 5432 },
  dial: { host: '10.0.0.7', port: 6000 },
}
type Answered = Extract<TlsFinding, { outcome: 'answered' }>
const absent: Answered = {
  outcome: 'answered',
  chain: [],
  names: ['w.example.com', 'i1.example.com', 'i2.example.com', 'i3.example.com'],
  verified: true,
  fault: null,
  nameCovered: false,
  expiresAt: '2027-11-25T12:00:00.000Z',
}
const probe = (finding: TlsFinding = absent, over: Partial<TlsProbe> = {}): TlsProbe => ({
  database: 'orders',
  endpoint: 'reader',
  host: 'r.example.com',
  dial: { host: '10.0.0.7', port: 6000 },
  at: before(1),
  finding,
  ...over,
})

test('a fresh proof that the name is absent makes it verify-ca, with the reason in words', () => {
  expect(tlsAdvice(endpoint, probe(), NOW)).toEqual({
    mode: 'verify-ca',
    why:
      'The certificate of this server, which the CA bundle proves, is for w.example.com, i1.example.com, i2.example.com ' +
      'and 1 more, not for r.example.com: the portal saw it on 2026-11-24. So a client can verify who signed it, not its name.',
  })
})

describe('everything less stays verify-full', () => {
  test.each<[string, TlsProbe | undefined]>([
    ['no look at all', undefined],
    ['a name that is covered', probe({ ...absent, nameCovered: true })],
    ['a chain that does not verify', probe({ ...absent, verified: false, fault: 'X' })],
    ['a look that came to nothing', probe({ outcome: 'failed', code: 'timeout' })],
    ['a look of nine days ago', probe(absent, { at: before(9) })],
    ['a certificate that has ended since', probe({ ...absent, expiresAt: '2026-11-25T11:00:00Z' })],
    ['a look for another name', probe(absent, { host: 'other.example.com' })],
    ['a look at another address', probe(absent, { dial: { host: '10.0.0.8', port: 6000 } })],
    ['a look at another port', probe(absent, { dial: { host: '10.0.0.7', port: 6001 } })],
  ])('%s', (_, given) => expect(tlsAdvice(endpoint, given, NOW)).toBe('verify-full'))
})
