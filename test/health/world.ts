import type { RoleSession, SignToken } from '../../server/core/access/ports.ts'
import type { AuditEvent } from '../../server/core/audit/event.ts'
import type { Catalog } from '../../server/core/catalog/catalog.ts'
import { makeHealthChecks } from '../../server/core/health/check-database.ts'
import type { Finding } from '../../server/core/health/finding.ts'
import type {
  HealthStore,
  LogInAnswer,
  LogInWish,
  RoleAnswer,
  RoleWish,
} from '../../server/core/health/ports.ts'
import type { Found, Inventory } from '../../server/core/inventory/found.ts'
import type { TlsFinding, TlsProbe } from '../../server/core/trust/tls-finding.ts'
import { parseCatalog } from '../../server/core/catalog/parse-catalog.ts'

const CATALOG = `
admins: [platform-admins]
auditors: [security]
teams:
  payments:
    groups: [payments-engineers]
    roles: [{ arn: 'arn:aws:iam::111122223333:role/latchkey-payments', externalId: 6f0c1f0e-52a1 }]
databases:
  orders:
    engine: aurora-postgresql
    account: "111122223333"
    region: eu-west-1
    resource: cluster-ABCDEFGHIJKL01234
    dbname: orders
    endpoints:
      writer: orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432
      reader: orders.cluster-ro-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432
access:
  - { team: payments, databases: [orders], user: orders_reader, duration: 8h }
  - { team: payments, databases: [orders], user: orders_writer, duration: 1h }
`

export function catalogOf(text: string): Catalog {
  const parsed = parseCatalog(text)
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems))
  return parsed.catalog
}

export const MYSQL = CATALOG.replace('aurora-postgresql', 'aurora-mysql')
export const WITHOUT_RULES = CATALOG.replace(/access:[^]*/, 'access: []\n')

export const NOW = new Date('2026-11-25T12:00:00.000Z')
export const WRITER = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'

export const answered = (over: object = {}): TlsFinding => ({
  outcome: 'answered',
  chain: [
    { name: 'Amazon RDS eu-west-1 Root CA', sha256: 'ab', expiresAt: '2061-01-01T00:00:00Z' },
  ],
  names: [WRITER],
  verified: true,
  fault: null,
  nameCovered: true,
  expiresAt: '2027-11-25T12:00:00.000Z',
  ...over,
})

export const session: RoleSession = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'a session token',
  expiresAt: new Date(NOW.getTime() + 900_000),
  stsRequestId: 'r-1',
}
export const letIn = (skew = 400): RoleAnswer => ({
  letIn: true,
  skew,
  session,
  packedPolicySize: 9,
})
export const denied = (reason = 'sts_access_denied', skew: number | null = 400): RoleAnswer => ({
  letIn: false,
  skew,
  reason,
  evidence: 'AWS said no.',
  mend: 'Ask it again.',
})

const found = (over: Partial<Found>): Found => ({
  account: '111122223333',
  region: 'eu-west-1',
  kind: 'cluster',
  identifier: 'orders',
  arn: 'arn:aws:rds:eu-west-1:111122223333:cluster:orders',
  resource: 'cluster-ABCDEFGHIJKL01234',
  engine: 'aurora-postgresql',
  engineVersion: '16.4',
  status: 'available',
  iam: { on: true, pending: null },
  dbname: 'orders',
  endpoints: [],
  ca: null,
  tags: {},
  members: [],
  cluster: null,
  globalCluster: null,
  publiclyAccessible: false,
  securityGroups: [],
  masterUsername: null,
  ...over,
})

const TOKEN = 'orders.example:5432/?Action=connect&X-Amz-Signature=5ec7e7'

/** A database that works, as its ports show it; a test breaks what it is about. */
export function aWorld(catalog: Catalog = catalogOf(CATALOG)) {
  const orders = catalog.databases.get('orders')!
  const events: AuditEvent[] = []
  const findings = new Map<string, Finding>()
  const world = {
    catalog,
    now: NOW,
    events,
    findings,
    signed: 0,
    looks: 0,
    logIns: [] as LogInWish[],
    roleWishes: [] as RoleWish[],
    token: TOKEN,
    inventory: {
      places: [
        {
          account: '111122223333',
          region: 'eu-west-1',
          readAt: new Date(NOW.getTime() - 120_000),
          fault: null,
          missing: [] as string[],
          count: 1,
        },
      ],
      found: [
        found({
          endpoints: orders.endpoints.map(({ name, kind, signing }) => ({
            name,
            kind,
            ...signing,
          })),
        }),
      ],
    } as Inventory,
    bundle: true,
    addresses: ['10.0.3.7'] as readonly string[] | null,
    tls: (): TlsFinding => answered(),
    kept: undefined as TlsProbe | undefined,
    /** As a role that demands external id and source identity answers. */
    role: (wish: RoleWish): RoleAnswer =>
      wish.externalId !== null && wish.sourceIdentity ? letIn() : denied(),
    logIn: (): LogInAnswer => ({ outcome: 'in', member: true }),
    recordIntent: async (_: AuditEvent<'check.intent'>): Promise<void> => {},
    sign: (async () => ({
      token: TOKEN,
      signedAt: NOW,
      expiresAt: NOW,
      endsWith: 'token',
    })) as SignToken,
  }
  const store: HealthStore = {
    recordIntent: async (event) => {
      await world.recordIntent(event)
      events.push(event)
    },
    findings: async () => [...findings.values()],
    troubles: async () => [...findings.values()],
    keepFinding: async (finding, event) => {
      const { database, endpoint, team, user } = finding
      findings.set([database, endpoint, team, user].join(' '), { ...finding, at: world.now })
      events.push(event)
    },
    forgetOthers: async () => {},
  }
  const checks = makeHealthChecks({
    catalog: () => world.catalog,
    store,
    inventory: () => world.inventory,
    bundles: { bundle: (region) => (world.bundle ? ({ pem: 'PEM', region } as never) : undefined) },
    resolve: async () => world.addresses,
    lookAt: async () => {
      world.looks += 1
      return world.tls()
    },
    probes: { probeOf: async () => world.kept },
    tryRole: async (wish) => {
      world.roleWishes.push(wish)
      return world.role(wish)
    },
    signToken: (wish) => {
      world.signed += 1
      return world.sign(wish)
    },
    logIn: async (wish) => {
      world.logIns.push(wish)
      return world.logIn()
    },
    newId: () => `id-${events.length}`,
    now: () => world.now,
    random: () => 0,
    sleep: async () => {},
    warn: (details) => {
      throw new Error(JSON.stringify(details))
    },
  })
  const administrator = {
    personId: 'p-1',
    requestId: 'r-1',
    address: '192.0.2.1',
  } as Parameters<typeof checks.checkNow>[1]
  /** What a check finds of the writer, as the reader of it. */
  const check = async () => {
    checks.checkNow('orders', administrator)
    await checks.idle()
    return findings.get('orders writer payments orders_reader')!
  }
  return Object.assign(world, { checks, check, administrator })
}

export const withFound = (world: { inventory: Inventory }, over: Partial<Found>) =>
  (world.inventory = {
    ...world.inventory,
    found: [{ ...world.inventory.found[0]!, ...over }],
  })
