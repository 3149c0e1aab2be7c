import { createHash, randomUUID } from 'node:crypto'
import pg from 'pg'
import { PEOPLE } from '../lab/people.ts'
import type { Stage } from './stage.ts'
import type { Trouble } from './troubles.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const DATABASES = [
  { database: 'orders', team: 'payments', reader: 'orders_reader', writer: 'orders_writer' },
  {
    database: 'shipments',
    team: 'logistics',
    reader: 'shipments_reader',
    writer: 'shipments_writer',
  },
] as const
const REASONS = [
  'INC-4821: refunds hang since 09:40',
  'Numbers for the monthly report',
  'CHG-2210: backfill of the carrier codes',
  'A customer waits for a corrected invoice',
]
type Row = {
  at: number
  action: string
  actor: string
  subject?: string
  intent?: string
  request?: string
  address?: string
  detail: Record<string, unknown>
}

const made = new WeakSet<Stage>()

/** A month of events, as a portal that people use has them. Made once; they stay. */
export const aMonth: Trouble = async (stage) => {
  if (made.has(stage)) return async () => {}
  made.add(stage)
  const client = new pg.Client({ connectionString: stage.lab.postgres.url('latchkey') })
  await client.connect()
  try {
    const ids = new Map<string, string>()
    for (const { sub, givenName, familyName, email, groups } of PEOPLE) {
      const { rows } = await client.query<{ id: string }>(
        `INSERT INTO person (id, issuer, subject, name, email, groups)
         VALUES (gen_random_uuid(), $1, $2, $3, $4, $5)
         ON CONFLICT (issuer, subject) DO UPDATE SET name = person.name RETURNING id`,
        [
          stage.lab.environment['OIDC_ISSUER'],
          ...[sub, `${givenName} ${familyName}`, email, groups],
        ],
      )
      ids.set(givenName, rows[0]?.id ?? '')
    }
    const rows = month(Date.now(), (name) => ids.get(name) ?? '').toSorted((a, b) => a.at - b.at)
    await client.query(
      `INSERT INTO audit.event (at, action, actor, subject, request_id, intent_id, address, payload)
       SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[])`,
      [
        rows.map(({ at }) => new Date(at)),
        rows.map(({ action }) => action),
        rows.map(({ actor }) => actor),
        rows.map(({ subject }) => subject ?? null),
        rows.map(({ request }) => request ?? randomUUID()),
        rows.map(({ intent }) => intent ?? null),
        rows.map(({ address }) => address ?? null),
        rows.map(({ detail }) => canonical(detail)),
      ],
    )
  } finally {
    await client.end()
  }
  return async () => {}
}

/** Keys in order, no spaces: flat objects of texts, numbers and lists need no more. */
const canonical = (detail: Record<string, unknown>) =>
  JSON.stringify(
    Object.fromEntries(Object.entries(detail).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  )

/** What happened in the thirty days before `now`; the same each time but for the ids. */
function month(now: number, idOf: (givenName: string) => string): Row[] {
  const chance = dice(7)
  const pick = <T>(list: readonly T[]) => list[Math.floor(chance() * list.length)]!
  const midnight = Math.floor(now / DAY) * DAY
  const rows: Row[] = []
  for (let back = 30; back >= 1; back--) {
    const start = midnight - back * DAY
    const weekday = new Date(start).getUTCDay()
    const visits = weekday === 0 || weekday === 6 ? 1 : 4 + Math.floor(chance() * 5)
    for (let i = 0; i < visits; i++) {
      const about = pick(DATABASES)
      const name = about.team === 'logistics' ? 'Tom' : pick(['Ada', 'Ada', 'Li'])
      rows.push(
        ...visit({
          at: start + 8 * HOUR + Math.floor(chance() * 9 * HOUR),
          who: idOf(name),
          lead: idOf(name === 'Li' ? 'Sam' : 'Li'),
          address: pick(['10.20.4.17', '10.20.4.52', '10.31.0.9']),
          about,
          writes: chance() < 0.3,
          reason: pick(REASONS),
          tokens: 1 + Math.floor(chance() * 3),
        }),
      )
    }
    // Somebody tries the door at night
    const knocks = back === 9 ? 46 : chance() < 0.25 ? 2 : 0
    for (let i = 0; i < knocks; i++)
      rows.push({
        at: start + 3 * HOUR + i * 40_000,
        action: 'signin.refused',
        actor: 'anonymous',
        address: '203.0.113.77',
        detail: { reason: 'id_token_signature', userAgent: 'python-requests/2.32' },
      })
  }
  return rows
}

type Visit = {
  at: number
  who: string
  lead: string
  address: string
  about: (typeof DATABASES)[number]
  writes: boolean
  reason: string
  tokens: number
}

/** Signed in, asked, perhaps approved, got tokens, went. */
function visit({ at, who, lead, address, about, writes, reason, tokens }: Visit): Row[] {
  const { database, team } = about
  const user = writes ? about.writer : about.reader
  const [request, grant] = [randomUUID(), randomUUID()]
  const by = { actor: who, subject: database, address }
  const where = { database, user }
  const begins = at + (writes ? 14 : 2) * MINUTE
  const window = {
    startsAt: new Date(begins).toISOString(),
    endsAt: new Date(begins + HOUR).toISOString(),
  }
  const rows: Row[] = [
    {
      at,
      action: 'session.started',
      actor: who,
      address,
      detail: {
        groups: [],
        issuer: '',
        newPerson: false,
        subject: '',
        teams: [team],
        userAgent: '',
      },
    },
    {
      ...by,
      at: at + 2 * MINUTE,
      action: 'request.created',
      detail: { ...where, request, team, seconds: 3600, reason, ...(writes && { approvals: 1 }) },
    },
  ]
  if (writes)
    rows.push(
      {
        ...{ at: begins - 1000, action: 'decision.made', actor: lead, subject: database },
        address: '10.20.4.3',
        detail: {
          ...{
            ...where,
            request,
            verdict: 'approve',
            comment: 'Go ahead, tell me when it is done',
          },
          ...{ terms: 'v', approvals: 1, needed: 1 },
        },
      },
      {
        ...{ at: begins - 900, action: 'request.approved', actor: lead, subject: database },
        detail: { ...where, request, by: [lead] },
      },
    )
  rows.push({
    ...by,
    at: begins,
    action: 'grant.started',
    detail: { ...where, ...window, grant, request, team, person: who },
  })
  for (let i = 0; i < tokens; i++)
    rows.push(...token(begins + (1 + 17 * i) * MINUTE, by, { ...where, grant, team }))
  rows.push({
    ...by,
    at: begins + 52 * MINUTE,
    action: 'grant.ended',
    detail: { ...where, grant, how: 'by_holder' },
  })
  return rows
}

type By = Pick<Row, 'actor' | 'subject' | 'address'>
type About = { database: string; user: string; grant: string; team: string }

function token(at: number, by: By, { team, ...about }: About): Row[] {
  const [intent, request] = [randomUUID(), randomUUID()]
  const role = 'arn:aws:iam::111122223333:role/latchkey-connect'
  const session = { role, sessionName: by.actor.slice(0, 13), endpoint: 'writer' }
  const hash = createHash('sha256').update(intent).digest('hex')
  return [
    {
      ...{ ...by, at, intent, request, action: 'token.intent' },
      detail: { ...about, ...session, team },
    },
    {
      ...{ ...by, at: at + 240, intent, request, action: 'token.issued' },
      detail: {
        ...{
          ...about,
          ...session,
          host: `${about.database}.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com`,
        },
        ...{
          port: 5432,
          region: 'eu-west-1',
          accessKeyId: `ASIA${hash.slice(0, 16).toUpperCase()}`,
        },
        ...{ stsRequestId: randomUUID(), expiresAt: new Date(at + 15 * MINUTE).toISOString() },
        ...{ tokenSha256: hash, tokenLength: 1459 },
      },
    },
  ]
}

/** Numbers from 0 to 1 that are the same each time. */
function dice(seed: number) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
