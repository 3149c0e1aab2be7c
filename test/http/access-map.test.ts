import { beforeAll, describe, expect, test } from 'vitest'
import type { MapChoices, MapPage, Preview, WhatIf } from '../../server/contract/access-map.ts'
import { logOf, signIn } from '../store/store.ts'
import { CATALOG, usePortal } from './portal.ts'

const portal = usePortal()
let admin: string

beforeAll(async () => {
  admin = await portal.cookie('administrator')
  await portal.cookie('team', 'ada')
  await signIn(portal.store, {
    subject: 'a-subject-of-some-length',
    name: '=HYPERLINK("https://evil.example")',
    groups: ['logistics-engineers', 'payments-engineers', 'chess'],
  })
})

async function get<T>(url: string): Promise<T> {
  const answer = await portal.call('GET', `/api/access-map${url}`, { cookie: admin })
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json<T>()
}
const preview = (catalog: string) =>
  portal.call('POST', '/api/access-map/preview', { cookie: admin, body: { catalog } })

describe('the map', () => {
  test('tells of each row who, what, through which team and groups, and on which terms', async () => {
    const { rows, counts, next } = await get<MapPage>('?database=orders&user=orders_writer')

    expect(counts).toEqual({ rows: 2, people: 2, databases: 1, known: 3 })
    expect(next).toBeNull()
    expect(rows[1]).toEqual({
      person: {
        id: expect.any(String),
        name: 'team',
        email: expect.any(String),
        subject: 'ada',
        signedInAt: expect.stringMatching(/Z$/),
      },
      ...{ team: 'payments', database: 'orders', environment: 'production', user: 'orders_writer' },
      terms: {
        ...{ longest: 3_600, reason: 'required', reasonPattern: null },
        approval: { groups: ['payments-leads'], count: 1, within: 86_400 },
        emergency: { longest: 1_800 },
      },
      because: ['payments-engineers'],
    })
  })

  test('of one person says all that follows from their groups, and that some give nothing', async () => {
    const { rows } = await get<MapPage>('?text=hyperlink')
    const { person } = await get<MapPage>(`?person=${rows[0]!.person.id}`)

    expect(person?.reach).toMatchObject({
      groups: ['logistics-engineers', 'payments-engineers', 'chess'],
      ruleCount: 3,
      administrator: [],
      idle: ['chess'],
    })
    expect(person?.person.subject).toBe('…e-length')
  })

  test('of one database tells every way in, with how many people have it', async () => {
    const { ways, rows } = await get<MapPage>('?database=shipments&by=database')

    expect(rows).toHaveLength(1)
    expect(ways).toMatchObject([
      { user: 'shipments_reader', groups: [{ name: 'logistics-engineers', people: 1 }] },
    ])
  })

  test('a page beyond the end is empty, and choices name what there is', async () => {
    expect(await get<MapPage>('?from=1000')).toMatchObject({ rows: [], next: null, from: 1000 })
    expect(await get<MapChoices>('/choices')).toEqual({
      teams: ['logistics', 'payments'],
      databases: ['orders', 'shipments'],
      users: ['orders_reader', 'orders_writer', 'shipments_reader'],
      groups: ['logistics-engineers', 'payments-engineers'],
      others: ['payments-leads', 'platform-admins', 'security'],
    })
  })

  test('what somebody does not know is not found', async () => {
    const answer = await portal.call('GET', '/api/access-map?database=nowhere', { cookie: admin })
    expect(answer.statusCode).toBe(404)
  })
})

test('what somebody with these groups could do, whether anybody has them or not', async () => {
  const { reach } = await get<WhatIf>(
    '/what-if?groups=payments-leads&groups=platform-admins&groups=Security&groups=platform-admins',
  )
  expect(reach).toMatchObject({
    groups: ['payments-leads', 'platform-admins', 'Security'],
    ...{ ruleCount: 0, approveCount: 1, administrator: ['platform-admins'], auditor: [] },
    approves: [{ user: 'orders_writer', because: ['payments-leads'] }],
    idle: ['Security'],
  })
})

describe('another catalog', () => {
  test('says who would gain and lose, with the people, and changes nothing', async () => {
    const text = CATALOG.replace('[payments-engineers]', '[payments-leads]')
    const { change, problems } = (await preview(text)).json<Preview>()

    expect(problems).toEqual([])
    expect(change).toMatchObject({
      from: portal.catalog.sha256,
      same: false,
      counts: { gains: 2, losses: 2, terms: 0, people: 2 },
      losses: [
        { user: 'orders_reader', groups: ['payments-engineers'], otherwise: [] },
        { user: 'orders_writer' },
      ],
      people: [
        { losses: 2, gains: 0 },
        { person: { subject: 'ada' }, losses: 2 },
      ],
    })
    expect(change?.text).toContain('- orders_reader on orders, team payments (payments-engineers)')
    expect((await get<MapPage>('')).counts.rows).toBe(5)
  })

  test('that only moves lines is the same', async () => {
    const { change } = (await preview(`${CATALOG}\n# moved\n`)).json<Preview>()
    expect(change).toMatchObject({ same: true, people: [] })
  })

  test('that is none has every problem told with its place', async () => {
    const { change, problems } = (await preview('admins: x\nauditors: y\n')).json<Preview>()
    expect(change).toBeNull()
    expect(problems.map(({ line }) => line)).toEqual(expect.arrayContaining([1, 2]))
  })

  test('of 1 MiB is read, and of more is refused, in letters and in bytes', async () => {
    const long = CATALOG + '#'.repeat(1_048_576 - CATALOG.length)
    expect((await preview(long)).statusCode).toBe(200)
    expect((await preview(`${long}#`)).statusCode).toBe(400)
    const { problems } = (await preview(`${CATALOG}#${'é'.repeat(600_000)}`)).json<Preview>()
    expect(problems).toMatchObject([{ mend: expect.stringContaining('1 MiB') }])
  })
})

describe('as a file', () => {
  const file = (url: string) => portal.call('GET', `/api/access-map${url}`, { cookie: admin })

  test('for spreadsheets: no name is a formula; and it is recorded, with what was asked for', async () => {
    const answer = await file('/export.csv?team=payments&text=orders_r')

    expect(answer.headers['content-disposition']).toBe(
      'attachment; filename="latchkey-access-map.csv"',
    )
    const lines = answer.body.trimEnd().split('\r\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/^"person","name","email","subject","signedInAt","database","user"/)
    expect(lines[1]).toContain(`"'=HYPERLINK(""https://evil.example"")"`)
    expect(await logOf(portal.store, 'map.exported')).toMatchObject([
      { payload_j: { format: 'csv', rows: 2, filter: 'team=payments&text=orders_r' } },
    ])
  })

  test('for programs: all rows, with the catalog that they follow from', async () => {
    const whole = JSON.parse((await file('/export.json')).body) as { access: object[] }

    expect(whole).toMatchObject({ catalogSha256: portal.catalog.sha256, rows: 5 })
    expect(whole.access).toHaveLength(5)
    expect(whole.access[0]).toMatchObject({
      ...{ database: 'orders', user: 'orders_reader', team: 'payments' },
      ...{ because: ['payments-engineers'], seconds: 28_800, reason: 'optional', approvals: 0 },
    })
    expect(JSON.parse((await file('/export.json?user=nobody')).body)).toMatchObject({ access: [] })
  })
})
