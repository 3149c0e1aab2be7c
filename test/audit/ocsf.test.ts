import { describe, expect, test } from 'vitest'
import type { Entry } from '../../server/core/audit/entry.ts'
import type { AuditAction, AuditDetail } from '../../server/core/audit/event.ts'
import { ocsfEvent } from '../../server/core/audit/ocsf.ts'
import { faultsOf } from './ocsf-schema.ts'

const SOURCE = { origin: 'latchkey.example.com/audit/1', version: '1.2.3' }
const ADA = '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11'
const BOB = '0b7d5a34-8f6e-4c59-b3f0-5d1c2e7a9e40'

const on = { request: 'r-1', team: 'payments', database: 'orders', user: 'orders_writer' }
const held = { grant: 'g-1', ...on }

/** One of each, with every optional field. */
const SAMPLES: { [A in AuditAction]: AuditDetail[A] } = {
  'portal.started': { version: '1.2.3', host: 'portal-1' },
  'portal.stopped': { version: '1.2.3', host: 'portal-1' },
  'migration.applied': { name: '20261125090000_create_access', sha256: 'ab' },
  'view.refused': { what: 'request', id: 'r-1', why: 'not_found' },
  'withdrawal.refused': { request: 'r-1', why: 'not_found' },
  'access.ended': { person: ADA, database: 'orders', reason: 'left', grants: 2 },
  'ending.refused': { person: ADA, database: 'orders', why: 'looks_secret' },
  'requests.read': { filter: 'state pending, newest', count: 50 },
  'map.exported': { format: 'csv', rows: 12, filter: 'database=orders' },
  'kit.downloaded': {
    grant: 'g-1',
    team: 'payments',
    database: 'orders',
    user: 'orders_reader',
    endpoint: 'writer',
  },
  'ca.downloaded': { region: 'eu-west-1', sha256: 'ab', format: 'p12' },
  'ca.offered': { offer: 'o-1', origin: 'aws', sha256: 'ab', added: 3, gone: 0, same: 81 },
  'ca.accepted': { offer: 'o-1', origin: 'aws', sha256: 'ab', added: 3, gone: 0, same: 81 },
  'ca.refused': { origin: 'upload', why: 'by_administrator', offer: 'o-1', sha256: 'ab' },
  'tls.probed': { endpoints: 5, verified: 3, nameAbsent: 1, unverified: 1, failed: 1 },
  'check.intent': {
    database: 'orders',
    team: 'payments',
    user: 'orders_reader',
    endpoint: 'writer',
    role: 'arn:aws:iam::111122223333:role/latchkey-payments',
    sessionName: 'latchkey-check',
  },
  'check.done': {
    database: 'orders',
    team: 'payments',
    user: 'orders_reader',
    endpoint: 'writer',
    outcome: 'failed',
    step: 'login',
    role: 'arn:aws:iam::111122223333:role/latchkey-payments',
    accessKeyId: 'ASIAEXAMPLE',
    stsRequestId: 'r-1',
    tokenSha256: 'ab',
  },
  'catalog.loaded': { sha256: 'ab', teams: 1, databases: 2, rules: 3 },
  'catalog.followed': {
    database: 'orders',
    from: null,
    to: { resource: 'cluster-AB', endpoints: ['writer orders:5432'] },
    why: 'found',
  },
  'catalog.refused': { sha256: null, problems: 2, first: 'line 1: no' },
  'session.started': {
    issuer: 'https://id.example.com',
    subject: 'ada',
    groups: ['payments-engineers'],
    teams: ['payments'],
    newPerson: true,
    userAgent: 'Firefox',
  },
  'session.ended': { how: 'signed_out' },
  'signin.refused': { reason: 'id_token_expired', userAgent: 'curl' },
  'refusals.counted': {
    reason: 'transaction_unknown',
    network: '192.0.2.7',
    minute: '2026-11-25T10:00:00.000Z',
    count: 90,
  },
  'access.refused': { method: 'POST', route: '/api/requests', needs: 'auditor' },
  'request.created': {
    ...on,
    seconds: 60,
    reason: 'OPS-7',
    emergency: true,
    startsAt: '2026-11-25T09:00:00.000Z',
    approvals: 2,
    lapsesAt: '2026-11-26T09:00:00.000Z',
  },
  'request.refused': {
    team: 'payments',
    database: 'orders',
    user: 'orders_admin',
    why: 'too_long',
  },
  'request.approved': { ...on, by: [BOB] },
  'request.denied': { ...on, by: BOB, comment: 'not without a ticket' },
  'request.withdrawn': on,
  'request.cancelled': { ...on, person: ADA, reason: 'left' },
  'request.lapsed': { ...on, person: ADA },
  'decision.made': {
    ...on,
    verdict: 'approve',
    comment: 'fine',
    terms: 'terms-1',
    approvals: 1,
    needed: 2,
  },
  'decision.refused': { request: 'r-1', verdict: 'approve', why: 'own_request' },
  'emergency.reviewed': {
    team: 'payments',
    database: 'orders',
    user: 'orders_writer',
    grant: 'g-1',
    request: 'r-1',
    person: ADA,
    comment: 'as the runbook says',
  },
  'review.refused': { grant: 'g-1', why: 'own_emergency' },
  'grant.started': {
    ...held,
    startsAt: '2026-11-25T09:00:00.000Z',
    endsAt: '2026-11-25T10:00:00.000Z',
    emergency: true,
    person: ADA,
  },
  'grant.ended': { ...held, how: 'revoked', person: ADA, reason: 'left' },
  'grant.refused': { grant: 'g-1', why: 'not_yours' },
  'key.created': {
    key: 'k-1',
    name: 'laptop',
    prefix: 'lk_AbCdE',
    expiresAt: '2026-11-25T21:00:00.000Z',
    how: 'terminal',
  },
  'key.ended': {
    key: 'k-1',
    name: 'laptop',
    prefix: 'lk_AbCdE',
    how: 'by_administrator',
    person: ADA,
  },
  'key.refused': {
    what: 'token',
    why: 'no_grant',
    key: 'k-1',
    prefix: 'lk_AbCdE',
    name: 'laptop',
    database: 'orders',
    user: 'orders_reader',
  },
  'token.refused': { grant: 'g-1', why: 'grant_ended' },
  'token.intent': { ...held, endpoint: 'writer', role: 'arn:r', sessionName: 'ada-1' },
  'token.issued': {
    ...held,
    endpoint: 'writer',
    host: 'orders.example.com',
    port: 5432,
    region: 'eu-west-1',
    role: 'arn:r',
    sessionName: 'ada-1',
    accessKeyId: 'ASIAEXAMPLE',
    stsRequestId: 's-1',
    expiresAt: '2026-11-25T09:15:00.000Z',
    tokenSha256: 'cd',
    tokenLength: 900,
  },
  'token.failed': { grant: 'g-1', team: 'payments', database: 'orders', code: 'aws_refused' },
  'token.unknown': {
    team: 'payments',
    person: ADA,
    grant: 'g-1',
    database: 'orders',
    intentAt: '2026-11-25T09:00:00.000Z',
  },
  'notification.failed': {
    topic: 'request.waiting',
    request: 'r-1',
    channel: 'webhook:default',
    code: 'http_500',
    attempts: 28,
  },
  'export.started': { format: 'jsonl', filter: 'database=orders', size: 100 },
  'export.ended': { count: 10, how: 'failed' },
  'audit.read': { filter: 'newest', count: 50, what: 'story', after: '1234' },
  'key.rotated': { from: 'log+01234567+AQold', to: 'log+89abcdef+AQnew', note: 'a note' },
  'log.verified': {
    from: 0,
    to: 9,
    holds: false,
    findings: [{ code: 'altered', text: 'Event 7 was changed.', seq: 6, eventId: '7' }],
    milliseconds: 12,
    compared: [{ place: 'file', checkpoints: 12 }],
    unread: [{ place: 's3', code: 's3_AccessDenied' }],
  },
  'anchor.failed': { place: 's3', code: 'timeout', size: 400 },
  'anchor.recovered': { place: 's3', from: 400, to: 900, attempts: 3, seconds: 60 },
  'stream.failed': { stream: 'webhook', code: 'http_500', size: 400 },
  'stream.recovered': { stream: 'webhook', size: 410, attempts: 3, seconds: 60 },
  'audit.pruned': {
    partition: 'event_2025_09',
    earlier: { from: 0, to: 7 },
    rotations: [{ from: 'log+01234567+AQold', to: 'log+89abcdef+AQnew', note: 'a note', seq: 3 }],
    before: '2025-10-01T00:00:00.000Z',
    from: 0,
    to: 399,
    count: 400,
    size: 9000,
    root: 'cm9vdA==',
  },
}
const ACTIONS = Object.keys(SAMPLES) as AuditAction[]

const entryOf = (action: string, detail: object, over: Partial<Entry> = {}): Entry => ({
  id: '77',
  at: '1795597200123456',
  v: 1,
  action,
  actor: ADA,
  subject: 'orders',
  request: 'req-1',
  intent: null,
  address: '192.0.2.7',
  payload: JSON.stringify(detail),
  ...over,
})
/** As the collector gets it. */
const told = (action: string, detail: object, over: Partial<Entry> = {}) =>
  JSON.parse(
    JSON.stringify(
      ocsfEvent(
        {
          seq: 41,
          entry: entryOf(action, detail, over),
          person: { name: 'Ada Marín', email: 'ada@example.com' },
        },
        SOURCE,
      ),
    ),
  ) as Record<string, unknown>

describe.each(ACTIONS)('%s', (action) => {
  test.each([
    ['a person', {}],
    ['the portal', { actor: 'portal', address: null, subject: null }],
    ['nobody known', { actor: 'anonymous' }],
    ['a person of whom no address is known', { address: null, intent: BOB }],
  ])('by %s has what its class requires and nothing that it does not have', (_who, over) => {
    expect(faultsOf(told(action, SAMPLES[action], over))).toEqual([])
  })

  test('loses no text of its detail', () => {
    const text = JSON.stringify(told(action, SAMPLES[action]))
    const values = Object.values(SAMPLES[action]).flat()
    for (const value of values.filter((value) => typeof value === 'string'))
      // A time may have become milliseconds.
      expect(text.includes(value) || text.includes(String(Date.parse(value)))).toBe(true)
  })
})

test('an event says where in which log it stands, when it was, and by whom from where', () => {
  expect(told('grant.ended', SAMPLES['grant.ended'])).toMatchObject({
    class_uid: 3005,
    category_uid: 3,
    activity_id: 2,
    type_uid: 300502,
    time: 1795597200123,
    status_id: 1,
    actor: { user: { uid: ADA, name: 'Ada Marín', email_addr: 'ada@example.com' } },
    src_endpoint: { ip: '192.0.2.7' },
    user: { uid: ADA },
    privileges: ['orders_writer'],
    resource: { name: 'orders' },
    metadata: {
      version: '1.3.0',
      uid: '41',
      sequence: 41,
      log_name: SOURCE.origin,
      event_code: 'grant.ended',
      correlation_uid: 'req-1',
      product: { name: 'Latchkey', version: '1.2.3' },
    },
    unmapped: { event_id: '77', event_microseconds: '1795597200123456', reason: 'left' },
  })
})

test('access that somebody else’s decision opened is of whom it is for', () => {
  const event = told('grant.started', { ...SAMPLES['grant.started'], person: BOB })

  expect(event).toMatchObject({ user: { uid: BOB }, actor: { user: { uid: ADA } } })
})

test.each<[AuditAction, number, number, string]>([
  ['session.started', 3002, 1, 'Success'],
  ['signin.refused', 3002, 1, 'Failure'],
  ['session.ended', 3002, 2, 'Success'],
  ['token.issued', 3003, 1, 'Success'],
  ['token.intent', 3003, 1, 'Intended'],
  ['token.unknown', 6003, 1, 'Unknown'],
  ['access.refused', 6003, 1, 'Failure'],
  ['request.created', 3004, 1, 'Success'],
  ['grant.started', 3005, 1, 'Success'],
  ['catalog.loaded', 6002, 8, 'Success'],
  ['audit.read', 6003, 2, 'Success'],
])('%s is class %i, activity %i, %s', (action, class_uid, activity_id, status) => {
  expect(told(action, SAMPLES[action])).toMatchObject({ class_uid, activity_id, status })
})

test('a reason code is the status code', () => {
  expect(told('signin.refused', SAMPLES['signin.refused'])).toMatchObject({
    status_code: 'id_token_expired',
  })
})

test('what is urgent is more severe: an emergency', () => {
  const { emergency: _, ...calm } = SAMPLES['grant.started']

  expect(told('grant.started', SAMPLES['grant.started'])).toMatchObject({ severity_id: 4 })
  expect(told('grant.started', calm)).toMatchObject({ severity_id: 1 })
})

test.each(['moon.landed', 'constructor'])(
  'an action of a newer version is told whole, as a Base Event: %s',
  (action) => {
    const event = told(action, { crew: 3 })

    expect(faultsOf(event)).toEqual([])
    expect(event).toMatchObject({
      class_uid: 0,
      metadata: { event_code: action },
      unmapped: { crew: 3, actor: { user: { uid: ADA } }, from: { ip: '192.0.2.7' } },
    })
  },
)
