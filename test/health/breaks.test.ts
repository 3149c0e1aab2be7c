import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { makeSignToken } from '../../server/aws/signer.ts'
import { makeTryRole } from '../../server/aws/try-role.ts'
import { makeHealthChecks } from '../../server/core/health/check-database.ts'
import { firstFailing, type StepId } from '../../server/core/health/finding.ts'
import type { HealthStore } from '../../server/core/health/ports.ts'
import type { Found, Inventory } from '../../server/core/inventory/found.ts'
import { makeLogIn } from '../../server/probe/log-in.ts'
import { makeLookAt } from '../../server/probe/look-at.ts'
import { resolveHost } from '../../server/probe/resolve.ts'
import { BREAKS, type Break, DAMAGES } from '../lab/break.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import { aWorld, catalogOf } from './world.ts'

const home = mkdtempSync(join(tmpdir(), 'latchkey-'))
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

/** What breaks, the step that must find it, and what AWS says of the cluster where that is the point. */
const FOUND_BY: Record<Break, [StepId, Partial<Found>?]> = {
  'expired-ca': ['tls'],
  'iam-off': ['iam', { iam: { on: false, pending: null } }],
  'wrong-region': [
    'inventory',
    { region: 'eu-central-1', resource: 'cluster-SWITCHEDOVERKLM45678' },
  ],
  'role-trust': ['role'],
  'session-policy': ['login'],
  clock: ['clock'],
  // The last one, for it is the only one that the database remembers.
  'no-rds-iam': ['membership'],
}

test('every way to break the lab is looked for', () => {
  expect(Object.keys(FOUND_BY).toSorted()).toEqual(BREAKS.toSorted())
})

/** The writer as the reader of orders, with the real STS, doors, TLS and log-in of the lab. */
async function checkIn(lab: Lab, found: Partial<Found>) {
  for (const [name, value] of Object.entries(lab.environment)) vi.stubEnv(name, value)
  const catalog = catalogOf(readFileSync(lab.environment['CATALOG_FILE'] ?? '', 'utf8'))
  const { resource, region, endpoints } = catalog.databases.get('orders')!
  const known = aWorld().inventory
  const inventory: Inventory = {
    places: known.places.map((place) => ({ ...place, readAt: new Date() })),
    found: known.found.map((each) => ({
      ...each,
      resource,
      region,
      endpoints: endpoints.map(({ name, kind, signing }) => ({ name, kind, ...signing })),
      ...found,
    })),
  }
  const findings: Parameters<HealthStore['keepFinding']>[0][] = []
  const checks = makeHealthChecks({
    catalog: () => catalog,
    store: {
      recordIntent: async () => {},
      findings: async () => [],
      troubles: async () => [],
      keepFinding: async (finding) => void findings.push(finding),
      forgetOthers: async () => {},
    },
    inventory: () => inventory,
    bundles: { bundle: () => ({ pem: lab.authority.pem }) as never },
    resolve: resolveHost,
    lookAt: makeLookAt(),
    probes: { probeOf: async () => undefined },
    tryRole: makeTryRole(),
    signToken: makeSignToken(),
    logIn: makeLogIn(),
    newId: () => 'test',
    now: () => new Date(),
    random: () => 0,
    sleep: async () => {},
    warn: (details) => {
      throw new Error(JSON.stringify(details))
    },
  })
  checks.checkNow('orders', { personId: 'p', requestId: 'r', address: '127.0.0.1' } as never)
  await checks.idle()
  const finding = findings.find(
    ({ endpoint, user }) => endpoint === 'writer' && user === 'orders_reader',
  )
  return finding!
}

const inLab = async (broken: Break | undefined, found: Partial<Found> = {}) => {
  const lab = await startLab({ home, portal: 'http://localhost:1', broken })
  try {
    return await checkIn(lab, found)
  } finally {
    await lab.close()
  }
}

test('in the lab as it should be every step is ok, up to a real log-in', async () => {
  const { steps } = await inLab(undefined)
  expect(steps.filter(({ state }) => state !== 'ok')).toEqual([])
}, 60_000)

test.each(Object.entries(FOUND_BY) as [Break, (typeof FOUND_BY)[Break]][])(
  '%s is found as the first step that fails',
  async (broken, [step, found]) => {
    const finding = await inLab(broken, found)
    expect(firstFailing(finding)?.id, DAMAGES[broken].says).toBe(step)
  },
  60_000,
)
