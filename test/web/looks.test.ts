import { expect, test } from 'vitest'
import type { Probes } from '../../server/contract/probe.ts'
import { tell } from '../../web/pages/setup/looks.ts'

type Endpoint = Probes['endpoints'][number]
type Answered = Extract<NonNullable<Endpoint['seen']>['finding'], { outcome: 'answered' }>
const NOW = Date.parse('2026-11-25T12:00:00Z')
const answered: Answered = {
  outcome: 'answered',
  chain: [],
  names: ['a.example.com'],
  verified: true,
  fault: null,
  nameCovered: true,
  expiresAt: '2027-11-25T12:00:00Z',
}
const endpoint = (
  finding: NonNullable<Endpoint['seen']>['finding'] | null,
  over = {},
): Endpoint => ({
  database: 'orders',
  endpoint: 'writer',
  host: 'a.example.com',
  dial: 'a.example.com:5432',
  region: 'eu-west-1',
  bundle: true,
  mode: 'verify-full',
  why: null,
  seen: finding && { at: '2026-11-25T11:00:00Z', finding },
  ...over,
})

test.each<[string, Endpoint, string, RegExp]>([
  ['nothing seen', endpoint(null), 'not seen yet', /not looked/],
  ['all well', endpoint(answered), 'verify-full', /verify/],
  [
    'a name that is absent',
    endpoint({ ...answered, nameCovered: false }, { why: 'for b, not a' }),
    'verify-ca',
    /^for b, not a$/,
  ],
  ['an old proof of that', endpoint({ ...answered, nameCovered: false }), 'verify-ca', /old/],
  [
    'a chain that does not hold',
    endpoint({ ...answered, verified: false, fault: 'SELF_SIGNED' }),
    'not proven',
    /SELF_SIGNED/,
  ],
  [
    'a region without a bundle',
    endpoint({ ...answered, verified: false }, { bundle: false }),
    'not proven',
    /no CA bundle for eu-west-1/,
  ],
  [
    'an end that is near',
    endpoint({ ...answered, expiresAt: '2026-12-01T00:00:00Z' }),
    'ends soon',
    /about to end/,
  ],
  ['no answer', endpoint({ outcome: 'failed', code: 'timeout' }), 'no certificate', /in time/],
  [
    'a code of a newer portal',
    endpoint({ outcome: 'failed', code: 'weather' }),
    'no certificate',
    /weather/,
  ],
])('%s', (_, given, badge, text) => {
  expect(tell(given, NOW)).toMatchObject({ badge, text: expect.stringMatching(text) })
})
