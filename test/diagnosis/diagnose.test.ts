import { describe, expect, test } from 'vitest'
import { diagnose, type Known } from '../../server/core/diagnosis/diagnose.ts'
import { lengthFault } from '../../server/core/diagnosis/length-fault.ts'
import type { LastToken } from '../../server/core/diagnosis/ports.ts'
import { type Finding, STEPS, type StepId } from '../../server/core/health/finding.ts'

const PAM = 'FATAL:  PAM authentication failed for user "orders_reader"'
const NOW = new Date('2026-11-25T20:00:00Z')
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000)
const HOST = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'

const aToken = (over: Partial<LastToken> = {}): LastToken => ({
  issuedAt: ago(1),
  expiresAt: ago(-14),
  endpoint: 'writer',
  host: HOST,
  port: 5432,
  region: 'eu-west-1',
  user: 'orders_reader',
  length: 1240,
  sha256: '0'.repeat(64),
  ...over,
})
const known = (over: Partial<Known> = {}): Known => ({
  now: NOW,
  user: 'orders_reader',
  token: aToken(),
  finding: null,
  receivedLength: undefined,
  ...over,
})
/** All steps before it are well, those behind it were not tried. Without a name, all are well. */
const aFinding = (failing?: StepId, code: string | null = null, at = ago(5)): Finding => ({
  database: 'orders',
  team: 'payments',
  user: 'orders_reader',
  endpoint: 'writer',
  at,
  steps: STEPS.map((id, index) => {
    const broken = failing ? STEPS.indexOf(failing) : Infinity
    const state = index < broken ? 'ok' : index === broken ? 'failed' : 'skipped'
    return { id, state, evidence: 'arn:aws:iam::111122223333:role/x', mend: null, code }
  }),
})
const first = (text: string, over: Partial<Known> = {}) => diagnose(text, known(over)).causes[0]

describe('a refusal without a reason', () => {
  test('is an old token where the newest has ended', () => {
    const token = aToken({ issuedAt: ago(20), expiresAt: ago(5) })
    expect(first(PAM, { token })).toMatchObject({
      id: 'expired',
      certainty: 'likely',
      who: 'you',
      because: 'The newest token of this access was given at 19:40 UTC and ended at 19:55.',
    })
  })

  test('is the end of the session where that came before the quarter of an hour', () => {
    const token = aToken({ issuedAt: ago(10), expiresAt: ago(4) })
    expect(first(PAM, { token })?.id).toBe('session-ended')
  })

  test('is only possibly an old token while the newest is good, and the person is told why', () => {
    const { causes, notes } = diagnose(PAM, known())
    expect(causes[0]).toMatchObject({ id: 'expired', certainty: 'possible', because: null })
    expect(notes.join()).toContain('may have sent an older one')
    expect(diagnose(PAM, known({ receivedLength: 67 })).notes).toEqual([])
  })

  test('is no token where none was given', () => {
    expect(first(PAM, { token: null })).toMatchObject({ id: 'no-token', certainty: 'likely' })
  })

  test('is the other user where the client names another one', () => {
    const text = PAM.replace('orders_reader', 'postgres')
    expect(first(text)).toMatchObject({ id: 'other-user', certainty: 'certain' })
    expect(first(text)?.because).toBe(
      'Your client logged in as postgres; this access is for orders_reader.',
    )
    expect(first(text.replace('PAM', 'password'))?.id).toBe('other-user')
    expect(diagnose(text, known()).causes[1]?.id).toBe('admin-locked-out')
  })

  test('is a token that was cut where fewer characters arrived, whatever else is wrong', () => {
    const token = aToken({ issuedAt: ago(20), expiresAt: ago(5) })
    const cut = first(PAM, { token, receivedLength: 67, finding: aFinding('clock') })
    expect(cut).toMatchObject({ id: 'truncated', certainty: 'certain' })
  })

  test('is not a token that was cut where all characters arrived', () => {
    const { causes } = diagnose(PAM, known({ receivedLength: 1240 }))
    expect(causes.map(({ id }) => id)).not.toContain('truncated')
  })

  test.each([
    ['iam', 'iam-off', 'aws_owner'],
    ['role', 'role-refused', 'aws_owner'],
    ['session-policy', 'not-allowed', 'aws_owner'],
    ['clock', 'clock', 'administrator'],
    ['inventory', 'database-gone', 'administrator'],
    ['membership', 'rds-iam-missing', 'database_owner'],
  ] as const)('is what the check of %s found, before an old token', (step, cause, who) => {
    const token = aToken({ issuedAt: ago(20), expiresAt: ago(5) })
    const { causes } = diagnose(PAM, known({ token, finding: aFinding(step) }))
    expect(causes.slice(0, 2).map(({ id }) => id)).toEqual([cause, 'expired'])
    expect(causes[0]).toMatchObject({ who, certainty: 'likely' })
    expect(causes[0]?.because).toMatch(/^The portal checks .*, and at 19:55 UTC it found/)
  })

  test('is no matter of a check that failed at what stops nobody, or that is of another time', () => {
    for (const finding of [
      aFinding('external-id'),
      aFinding('source-identity'),
      aFinding('ca'),
      aFinding('clock', null, ago(61)),
    ])
      expect(first(PAM, { finding })).toMatchObject({ id: 'expired', certainty: 'possible' })
  })

  test('is not at the database where the portal itself was let in', () => {
    const { notes } = diagnose(PAM, known({ finding: aFinding() }))
    expect(notes.join()).toContain('At 19:55 UTC the portal itself logged in as orders_reader')
  })
})

test.each([
  [
    'password authentication failed for user "orders_reader"',
    'membership',
    '28P01',
    'rds-iam-missing',
  ],
  ['password authentication failed for user "orders_reader"', 'iam', 'off', 'iam-off'],
  ['SSL error: certificate verify failed', 'tls', 'expired', 'certificate-expired'],
  ['SSL error: certificate verify failed', 'ca', 'SELF_SIGNED_CERT_IN_CHAIN', 'bundle-wrong'],
  ['connection timed out', 'inventory', 'stopped', 'database-stopped'],
  ['connection timed out', 'dns', 'name_unknown', 'host-not-found'],
  [PAM, 'inventory', 'other_region', 'other-region'],
  [PAM, 'inventory', 'other_resource', 'database-gone'],
  [PAM, 'login', '28000', 'not-allowed'],
  [PAM, 'login', 'ECONNRESET', 'low-memory'],
] as const)('%s, where the check of %s says %s, is %s', (text, step, code, cause) => {
  expect(first(text, { finding: aFinding(step, code) })).toMatchObject({
    id: cause,
    certainty: 'likely',
  })
})

test('without a check the words alone give what is usual, and say that it is no more', () => {
  const text = 'password authentication failed for user "orders_reader"'
  expect(first(text)).toMatchObject({ id: 'rds-iam-missing', certainty: 'possible' })
  expect(first('SSL error: certificate verify failed')?.id).toBe('bundle-wrong')
})

test('what the client says of its own files is not overruled by any check', () => {
  const text = 'line 8 too long in service file "/home/ada/.pg_service.conf"'
  const token = aToken({ issuedAt: ago(20), expiresAt: ago(5) })
  expect(first(text, { token, finding: aFinding('clock') })).toMatchObject({
    id: 'service-file-long',
    certainty: 'certain',
  })
})

test('words that nobody knows still lead to what the portal knows', () => {
  expect(diagnose('it does not work', known())).toEqual({ means: null, notes: [], causes: [] })
  expect(first('it does not work', { finding: aFinding('clock') })?.id).toBe('clock')
  expect(first('it does not work', { token: null })?.id).toBe('no-token')
})

test('the evidence of a check, which may name accounts and roles, is not told', () => {
  const told = JSON.stringify(diagnose(PAM, known({ finding: aFinding('role') })))
  expect(told).not.toContain('111122223333')
})

test.each([
  [1240, null],
  [HOST.length, /^Your client got 55 characters, and the token has 1240: .*\.pgpass/],
  [`${HOST}:5432/?Action=connect`.length, /percent-encoded/],
  [1024, /macOS/],
  [1000, /pgAdmin/],
  [255, /255/],
  [0, /sent nothing/],
  [700, /cut off on the way/],
  [1241, /line break/],
  [1242, /quotes/],
  [1332, /encoded/],
])('of %i characters', (received, told) => {
  const fault = lengthFault(received, aToken())
  if (told === null) expect(fault).toBeNull()
  else expect(fault).toMatch(told)
})
