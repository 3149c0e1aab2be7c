import { describe, expect, test } from 'vitest'
import { DomainError } from '../../server/core/error.ts'
import { firstFailing, STEPS, type StepId } from '../../server/core/health/finding.ts'
import type { LogInAnswer, RoleWish } from '../../server/core/health/ports.ts'
import {
  answered,
  aWorld,
  catalogOf,
  denied,
  letIn,
  MYSQL,
  NOW,
  WITHOUT_RULES,
  withFound,
} from './world.ts'

type World = ReturnType<typeof aWorld>

const refused = (by: 'password' | 'token' | 'plugin' | 'other', code: string): LogInAnswer => ({
  outcome: 'refused',
  by,
  code,
})
const statesOf = async (world: World) =>
  Object.fromEntries((await world.check()).steps.map(({ id, state }) => [id, state]))

test('a database that works is ok in every step, in the order in which a connection needs them', async () => {
  const { steps } = await aWorld().check()
  expect(steps.map(({ id }) => id)).toEqual(STEPS)
  expect(steps.filter(({ state }) => state !== 'ok')).toEqual([])
  expect(steps.filter(({ evidence }) => !/^\S.{20,}\.$/.test(evidence))).toEqual([])
})

/** One thing that is broken, and the step that is then the first to fail. */
const BREAKS: [string, StepId, string | null, (world: World) => void][] = [
  [
    'a resource id that is of no database there',
    'inventory',
    'not_found',
    (world) => withFound(world, { resource: 'cluster-OTHER', endpoints: [] }),
  ],
  [
    'a restored cluster behind the same endpoint',
    'inventory',
    'other_resource',
    (world) => withFound(world, { resource: 'cluster-RESTORED' }),
  ],
  [
    'a cluster that lives in another region now',
    'inventory',
    'other_region',
    (world) => withFound(world, { region: 'eu-central-1' }),
  ],
  [
    'an endpoint that is not of the cluster',
    'inventory',
    'endpoint_unknown',
    (world) => withFound(world, { endpoints: [] }),
  ],
  [
    'a database that is stopped',
    'inventory',
    'stopped',
    (world) => withFound(world, { status: 'stopped' }),
  ],
  [
    'IAM authentication that is off',
    'iam',
    'off',
    (world) => withFound(world, { iam: { on: false, pending: null } }),
  ],
  [
    'IAM authentication that waits for the window',
    'iam',
    'pending',
    (world) => withFound(world, { iam: { on: false, pending: true } }),
  ],
  [
    'a name that nobody knows',
    'dns',
    'name_unknown',
    (world) => {
      world.addresses = null
      world.tls = () => ({ outcome: 'failed', code: 'name_unknown' })
    },
  ],
  [
    'a port that is closed',
    'tcp',
    'refused',
    (world) => void (world.tls = () => ({ outcome: 'failed', code: 'refused' })),
  ],
  [
    'a server without TLS',
    'tls',
    'no_tls',
    (world) => void (world.tls = () => ({ outcome: 'failed', code: 'no_tls' })),
  ],
  [
    'a certificate that has ended',
    'tls',
    'expired',
    (world) =>
      void (world.tls = () =>
        answered({
          verified: false,
          fault: 'CERT_HAS_EXPIRED',
          expiresAt: '2026-11-20T00:00:00.000Z',
        })),
  ],
  [
    'an authority that the bundle does not have',
    'ca',
    'SELF_SIGNED_CERT_IN_CHAIN',
    (world) =>
      void (world.tls = () => answered({ verified: false, fault: 'SELF_SIGNED_CERT_IN_CHAIN' })),
  ],
  [
    'a region without a bundle',
    'ca',
    'no_bundle',
    (world) => {
      world.bundle = false
      world.tls = () => answered({ verified: false, fault: 'no_bundle' })
    },
  ],
  [
    'a role that does not know the portal',
    'role',
    'sts_access_denied',
    (world) => void (world.role = () => denied()),
  ],
  [
    'a trust policy without sts:SetSourceIdentity',
    'role',
    'source_identity_denied',
    (world) =>
      void (world.role = (wish) =>
        wish.sourceIdentity || wish.externalId === null ? denied() : letIn()),
  ],
  [
    'an STS that does not answer',
    'role',
    'sts_unreachable',
    (world) => void (world.role = () => denied('sts_unreachable', null)),
  ],
  [
    'a role that lets the portal in without the external id',
    'external-id',
    'not_demanded',
    (world) => void (world.role = ({ sourceIdentity }) => (sourceIdentity ? letIn() : denied())),
  ],
  [
    'a session policy that STS does not take',
    'session-policy',
    'sts_refused',
    (world) =>
      void (world.role = (wish) =>
        wish.connectArn
          ? denied('sts_refused')
          : wish.externalId !== null && wish.sourceIdentity
            ? letIn()
            : denied()),
  ],
  [
    'a clock that is 20 minutes behind',
    'clock',
    'skew',
    (world) => void (world.role = () => denied('sts_refused', 1_200_000)),
  ],
  [
    'a token that AWS allows nothing',
    'login',
    '28000',
    (world) => void (world.logIn = () => refused('token', '28000')),
  ],
  [
    'a database that is not there',
    'login',
    '3D000',
    (world) => void (world.logIn = () => refused('other', '3D000')),
  ],
  [
    'a connection that is cut in the middle',
    'login',
    'ECONNRESET',
    (world) => void (world.logIn = () => ({ outcome: 'failed', code: 'ECONNRESET' })),
  ],
  [
    'a database user without rds_iam',
    'membership',
    '28P01',
    (world) => void (world.logIn = () => refused('password', '28P01')),
  ],
]

test.each(BREAKS)('%s is found by the step %s', async (_, id, code, breaks) => {
  const world = aWorld()
  breaks(world)
  const finding = await world.check()
  const step = firstFailing(finding)
  expect(step).toMatchObject({ id, code })
  expect(step!.mend).toMatch(/\S/)
})

describe('what waits for a step that failed is not run, and says for which', () => {
  test.each<[string, (world: World) => void]>([
    [
      'IAM authentication is off',
      (world) => withFound(world, { iam: { on: false, pending: null } }),
    ],
    [
      'the certificate proves nothing',
      (world) =>
        void (world.tls = () => answered({ verified: false, fault: 'SELF_SIGNED_CERT_IN_CHAIN' })),
    ],
    [
      'the certificate has another name',
      (world) => void (world.tls = () => answered({ nameCovered: false })),
    ],
    [
      'there is no way there',
      (world) => void (world.tls = () => ({ outcome: 'failed', code: 'timeout' })),
    ],
    ['the role is closed', (world) => void (world.role = () => denied())],
    ['the clocks are apart', (world) => void (world.role = () => letIn(400_000))],
  ])('%s: no token is signed', async (_, breaks) => {
    const world = aWorld()
    breaks(world)
    const { login, membership } = await statesOf(world)
    expect([login, membership]).toEqual(['skipped', 'skipped'])
    expect(world.signed).toBe(0)
    expect(world.events.map(({ action }) => action)).not.toContain('check.intent')
  })

  test('the step that is waited for is named', async () => {
    const world = aWorld()
    world.tls = () => ({ outcome: 'failed', code: 'refused' })
    const { steps } = await world.check()
    expect(steps.find(({ id }) => id === 'login')?.evidence).toContain('the step tcp')
  })

  test('the role is asked all the same when the way to the database is shut', async () => {
    const world = aWorld()
    world.tls = () => ({ outcome: 'failed', code: 'refused' })
    expect(await statesOf(world)).toMatchObject({
      role: 'ok',
      'session-policy': 'ok',
      token: 'skipped',
    })
  })
})

describe('a step that cannot be run from here says so', () => {
  test('without an inventory the rest is tried', async () => {
    const world = aWorld()
    world.inventory = { places: [], found: [] }
    const finding = await world.check()
    expect(finding.steps.slice(0, 2)).toMatchObject([
      { state: 'cannot', mend: expect.stringContaining('inventory:') },
      { state: 'cannot' },
    ])
    expect(finding.steps.at(-1)).toMatchObject({ id: 'membership', state: 'ok' })
  })

  test('a place that could not be read yet says why', async () => {
    const world = aWorld()
    const fault = { code: 'AccessDenied', message: 'It was refused.', mend: 'Allow it.' }
    world.inventory = {
      places: [{ ...world.inventory.places[0]!, readAt: null, fault }],
      found: [],
    }
    expect((await world.check()).steps[0]).toMatchObject({ state: 'cannot', mend: 'Allow it.' })
  })

  test('nothing that never answered is called broken; what answered once is', async () => {
    const world = aWorld()
    world.tls = () => ({ outcome: 'failed', code: 'timeout' })
    expect((await statesOf(world))['tcp']).toBe('cannot')
    world.tls = () => answered()
    expect((await statesOf(world))['tcp']).toBe('ok')
    world.tls = () => ({ outcome: 'failed', code: 'timeout' })
    expect((await statesOf(world))['tcp']).toBe('failed')
    expect((await statesOf(world))['tcp']).toBe('failed')
  })

  test('a database without a rule is looked at as far as that goes', async () => {
    const world = aWorld(catalogOf(WITHOUT_RULES))
    await world.check()
    const [finding] = [...world.findings.values()]
    expect(finding).toMatchObject({ team: null, user: null })
    expect(finding?.steps.map(({ state }) => state)).toEqual([
      ...Array<string>(6).fill('ok'),
      ...Array<string>(8).fill('cannot'),
    ])
    expect(world.roleWishes).toEqual([])
  })
})

describe('what is allowed, but not as it should be, is a warning', () => {
  test.each<[string, StepId, (world: World) => void]>([
    [
      'a role that demands no source identity',
      'source-identity',
      (world) => void (world.role = ({ externalId }) => (externalId !== null ? letIn() : denied())),
    ],
    [
      'a clock that is a minute off',
      'clock',
      (world) =>
        void (world.role = (wish: RoleWish) =>
          wish.externalId !== null && wish.sourceIdentity ? letIn(-60_000) : denied()),
    ],
    [
      'a certificate that ends in 20 days',
      'tls',
      (world) => void (world.tls = () => answered({ expiresAt: '2026-12-15T12:00:00.000Z' })),
    ],
    [
      'IAM authentication that will be off',
      'iam',
      (world) => withFound(world, { iam: { on: true, pending: false } }),
    ],
  ])('%s', async (_, id, breaks) => {
    const world = aWorld()
    breaks(world)
    const finding = await world.check()
    expect(finding.steps.filter(({ state }) => state !== 'ok')).toMatchObject([
      { id, state: 'warning' },
    ])
  })
})

describe('no token without a record', () => {
  test('the intent is committed before the token is signed, and what came of it after', async () => {
    const world = aWorld()
    const order: string[] = []
    world.recordIntent = async () => void order.push('intent')
    const { sign, logIn } = world
    world.sign = (wish) => (order.push('sign'), sign(wish))
    world.logIn = () => (order.push('log in'), logIn())
    await world.check()
    expect(order.slice(0, 3)).toEqual(['intent', 'sign', 'log in'])
    const [intent, done] = world.events
    expect(intent).toMatchObject({
      action: 'check.intent',
      actor: { person: 'p-1' },
      requestId: 'r-1',
      address: '192.0.2.1',
      subject: 'orders',
      detail: {
        database: 'orders',
        team: 'payments',
        user: 'orders_reader',
        endpoint: 'writer',
        sessionName: 'latchkey-check',
      },
    })
    expect(done).toMatchObject({
      action: 'check.done',
      intentId: intent!.intentId,
      detail: {
        outcome: 'ok',
        step: null,
        accessKeyId: 'ASIAEXAMPLE',
        stsRequestId: 'r-1',
        tokenSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    })
  })

  test('a log that cannot be written signs nothing, and the step says so', async () => {
    const world = aWorld()
    world.recordIntent = async () => {
      throw new DomainError('unavailable', 'The portal cannot reach its database right now.')
    }
    const { steps } = await world.check()
    expect(world.signed).toBe(0)
    expect(world.logIns).toEqual([])
    expect(steps.slice(-3)).toMatchObject([
      { id: 'token', state: 'cannot', code: 'not_recorded' },
      { id: 'login', state: 'skipped' },
      { id: 'membership', state: 'skipped' },
    ])
  })

  test('the token is in no finding and in no event', async () => {
    const world = aWorld()
    await world.check()
    expect(world.logIns[0]?.token).toBe(world.token)
    const kept = JSON.stringify([[...world.findings.values()], world.events])
    expect(kept).not.toContain('X-Amz-Signature')
    expect(kept).not.toContain('a session token')
  })

  test('it acts in the name of the portal, for one database user of one database', async () => {
    const world = aWorld()
    await world.check()
    expect(new Set(world.roleWishes.map(({ sessionName }) => sessionName))).toEqual(
      new Set(['latchkey-check']),
    )
    const [first, ...others] = world.roleWishes.filter(({ connectArn }) => connectArn !== null)
    expect(first?.connectArn).toBe(
      'arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABCDEFGHIJKL01234/orders_reader',
    )
    expect(
      others.every(({ externalId, sourceIdentity }) => externalId !== null && sourceIdentity),
    ).toBe(true)
  })
})

describe('a round', () => {
  const hours = (count: number) => new Date(NOW.getTime() + count * 3_600_000)
  const doneIn = async (world: World) => {
    world.events.length = 0
    await world.checks.round()
    return world.events.flatMap((event) =>
      event.action === 'check.done' ? [`${event.detail.endpoint} ${event.detail.user}`] : [],
    )
  }

  test('checks what was never checked, then of each database the oldest in turn', async () => {
    const world = aWorld()
    const all = await doneIn(world)
    expect(all.toSorted()).toEqual([
      'reader orders_reader',
      'reader orders_writer',
      'writer orders_reader',
      'writer orders_writer',
    ])
    const turns: string[] = []
    for (let hour = 1; hour <= 4; hour++) {
      world.now = hours(hour)
      const done = await doneIn(world)
      expect(done).toHaveLength(1)
      turns.push(...done)
    }
    expect(turns.toSorted()).toEqual(all.toSorted())
  })

  test('and what failed, each time until it works', async () => {
    const world = aWorld()
    world.role = () => denied()
    expect(await doneIn(world)).toHaveLength(4)
    world.now = hours(1)
    expect(await doneIn(world)).toHaveLength(4)
    const { role } = aWorld()
    world.role = role
    world.now = hours(2)
    expect(await doneIn(world)).toHaveLength(4)
    world.now = hours(3)
    expect(await doneIn(world)).toHaveLength(1)
  })

  test('asks a role and an endpoint once, however many database users there are', async () => {
    const world = aWorld()
    await world.checks.round()
    expect(world.looks).toBe(2)
    expect(world.roleWishes.filter(({ connectArn }) => connectArn === null)).toHaveLength(3)
  })

  test('leaves a MySQL that saw a spoilt connection alone for a day, unless somebody asks', async () => {
    const world = aWorld(catalogOf(MYSQL))
    world.tls = () => answered({ verified: false, fault: 'SELF_SIGNED_CERT_IN_CHAIN' })
    await world.checks.round()
    const { looks } = world
    world.now = hours(23)
    expect(await doneIn(world)).toEqual([])
    expect(world.looks).toBe(looks)
    await world.check()
    expect(world.looks).toBeGreaterThan(looks)
    world.now = hours(48)
    expect(await doneIn(world)).not.toEqual([])
  })

  test('does not look at a MySQL again that a kept look proves: the log-in shows the rest', async () => {
    const world = aWorld(catalogOf(MYSQL))
    const endpoint = world.catalog.databases.get('orders')!.endpoints[0]!
    world.kept = {
      database: 'orders',
      endpoint: 'writer',
      host: endpoint.signing.host,
      dial: endpoint.dial,
      at: NOW,
      finding: answered(),
    }
    await world.checks.round()
    expect(world.findings.get('orders writer payments orders_reader')?.steps.at(-1)?.state).toBe(
      'ok',
    )
    // Of the reader nothing was kept.
    expect(world.looks).toBe(1)
  })

  test('a MySQL without the plugin is told from a token that is refused', async () => {
    const world = aWorld(catalogOf(MYSQL))
    world.logIn = () => refused('plugin', '1524')
    expect(firstFailing(await world.check())).toMatchObject({ id: 'membership', code: '1524' })
    world.logIn = () => refused('token', '1045')
    expect(firstFailing(await world.check())).toMatchObject({ id: 'login', code: '1045' })
  })

  test('who asks while a database is being checked joins', async () => {
    const world = aWorld()
    world.checks.checkNow('orders', world.administrator)
    expect(world.checks.running()).toEqual(['orders'])
    world.checks.checkNow('orders', { ...world.administrator, personId: 'p-2' })
    await world.checks.idle()
    expect(world.events.filter(({ action }) => action === 'check.done')).toHaveLength(4)
    expect(world.events.every(({ actor }) => JSON.stringify(actor) === '{"person":"p-1"}')).toBe(
      true,
    )
  })

  test('a database that is not in the catalog is not found', () => {
    const { checks, administrator } = aWorld()
    expect(() => checks.checkNow('nothing', administrator)).toThrow(/nothing at this address/)
  })
})
