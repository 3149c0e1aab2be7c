import { type KeyObject, randomUUID } from 'node:crypto'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, beforeEach, vi } from 'vitest'
import { buildApp, type Parts } from '../../server/app.ts'
import { loadCaBundles } from '../../server/aws/ca-roots.ts'
import { makeSignToken } from '../../server/aws/signer.ts'
import { makeAssumeRole } from '../../server/aws/sts.ts'
import type { RequestPage } from '../../server/contract/request.ts'
import { makeExports } from '../../server/exports.ts'
import { makeAccess } from '../../server/core/access/index.ts'
import { makeMaps } from '../../server/core/access/map.ts'
import { makeAuditLog } from '../../server/core/audit/read-log.ts'
import { recordDownload } from '../../server/core/audit/record-download.ts'
import { makeVerification, type Verification } from '../../server/core/audit/verification.ts'
import type { Catalog, WrittenCatalog } from '../../server/core/catalog/catalog.ts'
import { parseCatalog } from '../../server/core/catalog/parse-catalog.ts'
import { teamsOf } from '../../server/core/catalog/rule-lookup.ts'
import { diagnoseConnection } from '../../server/core/diagnosis/diagnose-connection.ts'
import type { Finding } from '../../server/core/health/finding.ts'
import type { Inventory } from '../../server/core/inventory/found.ts'
import { resolveCatalog } from '../../server/core/inventory/resolve.ts'
import { SignInRefused } from '../../server/core/person/identity.ts'
import type { Provider } from '../../server/core/person/ports.ts'
import { makeOffers } from '../../server/core/trust/offers.ts'
import { makeProbes } from '../../server/core/trust/probe-endpoints.ts'
import type { LookAt } from '../../server/core/trust/probe-ports.ts'
import { showAccount } from '../../server/core/person/show-account.ts'
import { SESSION_COOKIE } from '../../server/http/cookies.ts'
import { authRoutes } from '../../server/http/routes/auth.ts'
import { makeKeys } from '../../server/core/key/index.ts'
import { newKeyText, prefixOf } from '../../server/core/key/key-text.ts'
import type { PersonalKey } from '../../server/core/key/key.ts'
import type { KeyLimits } from '../../server/core/key/make-key.ts'
import { accessStore } from '../../server/store/access.ts'
import { auditReads } from '../../server/store/audit-search.ts'
import { openChanges } from '../../server/store/changes.ts'
import { keyMintStore } from '../../server/store/key-mint.ts'
import { keyStore } from '../../server/store/keys.ts'
import { diagnosisStore } from '../../server/store/last-token.ts'
import { mintStore } from '../../server/store/mint.ts'
import { acceptedBundles, offerStore } from '../../server/store/ca-offers.ts'
import { probeStore } from '../../server/store/probes.ts'
import { outbox } from '../../server/store/outbox.ts'
import { knownPeople } from '../../server/store/people.ts'
import { recordRefusal } from '../../server/store/refusals.ts'
import { recordSeldom } from '../../server/store/seldom.ts'
import { auditProofs } from '../../server/store/proofs.ts'
import { sessionStore } from '../../server/store/session.ts'
import { signInStore } from '../../server/store/sign-in.ts'
import { type Store } from '../../server/store/store.ts'
import { verifyStored } from '../../server/store/verify-log.ts'
import { checksOf } from '../health/checks-of.ts'
import { demoAccount, ROLES, roleArn } from '../lab/account.ts'
import { makeAccessKeyId, makeSecretAccessKey } from '../lab/sealed-session.ts'
import { startSts, type Sts, type StsCall, type StsFault } from '../lab/sts.ts'
import { aKey } from '../store/sealed.ts'
import { aRoot } from '../trust/roots.ts'
import { signIn, useStore } from '../store/store.ts'

export const PUBLIC_URL = 'https://latchkey.example.com'
export const HOST = 'latchkey.example.com'

export const CATALOG = `
admins: [platform-admins]
auditors: [security]
teams:
  payments:
    groups: [payments-engineers]
    roles: [{ arn: '${roleArn('payments')}', externalId: ${ROLES.payments.externalId} }]
  logistics:
    groups: [logistics-engineers]
    roles: [{ arn: '${roleArn('logistics')}', externalId: ${ROLES.logistics.externalId} }]
databases:
  orders:
    engine: aurora-postgresql
    account: "111122223333"
    region: eu-west-1
    resource: cluster-ABCDEFGHIJKL01234
    dbname: orders
    environment: production
    endpoints:
      writer: orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432
      reader: orders.cluster-ro-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432
  shipments:
    engine: aurora-postgresql
    account: "111122223333"
    region: eu-central-1
    resource: cluster-WXYZABCDEFGH98765
    dbname: shipments
    endpoints:
      writer: shipments.cluster-c9z8y7x6w5v4.eu-central-1.rds.amazonaws.com:5432
access:
  - { team: payments, databases: [orders], user: orders_reader, duration: 8h }
  - team: payments
    databases: [orders]
    user: orders_writer
    duration: 1h
    reason: required
    approval: { groups: [payments-leads], count: 1 }
    emergency: { duration: 30m }
  - { team: logistics, databases: [shipments], user: shipments_reader, duration: 1h, reason: required }
`

export const catalogOf = (text: string): Catalog => writtenCatalogOf(text)

export function writtenCatalogOf(text: string): WrittenCatalog {
  const parsed = parseCatalog(text)
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems))
  return parsed.catalog
}

/** The kinds of people that a test of rights needs, by their groups. */
export const GROUPS = {
  team: ['payments-engineers'],
  otherTeam: ['logistics-engineers'],
  auditor: ['security'],
  administrator: ['platform-admins'],
  approver: ['payments-leads'],
  nobody: [],
} as const
export type Kind = keyof typeof GROUPS

export type Portal = {
  app: FastifyInstance
  store: Store
  url: string
  changes: Awaited<ReturnType<typeof openChanges>>
  signingKey: KeyObject
  verification: Verification
  /** Swap it to reload. */
  catalog: Catalog
  stsCalls: StsCall[]
  stsFault: StsFault | undefined
  /** What AWS would give. */
  truststore: () => Promise<string>
  /** What was found in RDS. */
  inventory: Inventory
  /** Hears of each wish to read RDS now. */
  looksAround: () => void
  /** What the portal sees when it looks at a database. Nothing is dialled unless a test says so. */
  lookAt: LookAt
  /** What the newest check of any database found. */
  newestFinding: Finding | null
  /** What the log stream got. */
  lines: string[]
  /** Change them for a test. */
  keyLimits: KeyLimits
  cookie(kind: Kind, subject?: string): Promise<string>
  /** A key of the person of a cookie, as if they had made it: its text too. */
  key(
    cookie: string,
    over?: { seconds?: number; name?: string },
  ): Promise<{ text: string; key: PersonalKey }>
  /** A request by key. */
  byKey(
    text: string,
    body: unknown,
    headers?: InjectOptions['headers'],
  ): Promise<LightMyRequestResponse>
  call(
    method: 'GET' | 'POST',
    url: string,
    options?: { cookie?: string; body?: unknown } & Pick<
      InjectOptions,
      'headers' | 'payloadAsStream'
    >,
  ): Promise<LightMyRequestResponse>
}

/** The portal whole, on a real store and the lab's STS, reached by `inject`. */
export function usePortal(over: (portal: Portal) => Partial<Parts> = () => ({})): Portal {
  const used = useStore()
  const portal = { lines: [] as string[], stsCalls: [] as StsCall[] } as Portal
  let sts: Sts
  beforeAll(async () => {
    const keys = {
      accessKeyId: makeAccessKeyId('AKIA'),
      secretAccessKey: makeSecretAccessKey(),
      sealingKey: Buffer.alloc(32, 7).toString('base64'),
    }
    sts = await startSts({
      account: demoAccount(keys),
      onCall: (call) => {
        portal.stsCalls.push(call)
        return portal.stsFault
      },
    })
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url)
    vi.stubEnv('AWS_ACCESS_KEY_ID', keys.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', keys.secretAccessKey)
    portal.store = used.store
    portal.signingKey = aKey()
    portal.url = used.url
    portal.changes = await openChanges(used.url, () => {})
    portal.catalog = catalogOf(CATALOG)
    portal.keyLimits = { ...KEY_LIMITS }
    portal.verification = makeVerification({
      verify: (from, onProgress) =>
        verifyStored(used.url, { keys: [portal.signingKey], from, onProgress }),
      lastVerified: auditProofs(used.store).lastVerified,
      record: used.store.record,
      warn: () => {},
      newId: randomUUID,
      now: () => new Date(),
    })
    portal.app = await buildApp({ ...(await partsOf(portal)), ...over(portal) })
    await portal.app.ready()
  })
  beforeEach(() => {
    portal.catalog = catalogOf(CATALOG)
    Object.assign(portal.keyLimits, KEY_LIMITS)
    portal.stsFault = undefined
    portal.newestFinding = null
    portal.truststore = async () => aRoot('il-central-1')
    portal.inventory = { places: [], found: [] }
    portal.looksAround = () => {}
    portal.lookAt = async () => ({ outcome: 'failed', code: 'name_unknown' })
    portal.stsCalls.length = 0
    portal.lines.length = 0
  })
  afterAll(async () => {
    await portal.app?.close()
    await portal.verification?.idle()
    await portal.changes?.close()
    await sts?.close()
    vi.unstubAllEnvs()
  })

  portal.cookie = async (kind, subject = kind) => {
    const { key } = await signIn(portal.store, { subject, name: kind, groups: [...GROUPS[kind]] })
    return `${SESSION_COOKIE}=${key}`
  }
  portal.call = (method, url, { cookie, body, headers, payloadAsStream } = {}) =>
    portal.app.inject({
      method,
      url,
      payloadAsStream: payloadAsStream ?? false,
      headers: {
        host: HOST,
        ...(method === 'POST' && { origin: PUBLIC_URL, 'sec-fetch-site': 'same-origin' }),
        ...(cookie && { cookie }),
        ...headers,
      },
      ...(body !== undefined && { payload: body as object }),
    })
  portal.key = async (cookie, { seconds = 3600, name = `a key ${randomUUID()}` } = {}) => {
    const session = await sessionStore(portal.store).find(cookie.split('=')[1] ?? '')
    const text = newKeyText()
    const wish = { personId: session!.actor.personId, name, text, prefix: prefixOf(text), seconds }
    return { text, key: await keyStore(portal.store).transaction((tx) => tx.insert(wish)) }
  }
  portal.byKey = (text, body, headers = {}) =>
    portal.app.inject({
      method: 'POST',
      url: '/api/token',
      headers: { host: HOST, authorization: `Bearer ${text}`, ...headers },
      payload: body as object,
    })
  return portal
}

const KEY_LIMITS: KeyLimits = { longest: 43_200, signInAge: 86_400 }

/** Sends everybody on and believes nobody: what a real one does is the matter of `test/sso` and `test/e2e`. */
const deafProvider: Provider = {
  begin: () =>
    Promise.resolve({
      url: 'https://id.example.com/authorize',
      secrets: { state: randomUUID(), nonce: randomUUID(), verifier: randomUUID() },
    }),
  complete: () => Promise.reject(new SignInRefused('code_rejected', 'The provider refused.')),
  logoutUrl: () => Promise.resolve(null),
}

export async function partsOf(portal: Portal): Promise<Parts> {
  const { store } = portal
  const catalog = () => portal.catalog
  const sessions = sessionStore(store)
  const { record } = store
  const minting = {
    mint: mintStore(store),
    catalog,
    assumeRole: makeAssumeRole(),
    signToken: makeSignToken(),
    record,
    newId: randomUUID,
  }
  const access = makeAccess({ ...minting, store: accessStore(store), sessions })
  const caBundles = await loadCaBundles(new Date(), undefined, () => [], acceptedBundles(store))
  return {
    publicUrl: PUBLIC_URL,
    trustedProxies: [],
    logger: { level: 'trace', stream: { write: (line: string) => void portal.lines.push(line) } },
    version: '0.0.0-test',
    verifier: "console.log('é')\n",
    access,
    diagnose: diagnoseConnection({
      showDoor: access.showDoor,
      store: diagnosisStore(store),
      newestFinding: async () => portal.newestFinding,
    }),
    keys: makeKeys({
      ...minting,
      store: keyStore(store),
      keyMint: keyMintStore(store),
      limits: portal.keyLimits,
      publicUrl: PUBLIC_URL,
    }),
    maps: makeMaps({
      people: knownPeople(store),
      catalog,
      written: catalog,
      parse: parseCatalog,
      record,
    }),
    helper: { sh: 'PORTAL=@PORTAL@ PLACE=@PLACE@\n', ps1: '$Portal = @PORTAL@\n' },
    auth: authRoutes({
      provider: deafProvider,
      signIns: signInStore(store),
      sessions,
      record,
      recordRefusal: (event) => recordRefusal(store, event),
      teamsOf: (groups) => teamsOf(catalog(), groups).map(({ name }) => name),
    }),
    sessions,
    changes: portal.changes,
    showAccount: showAccount({ sessions, catalog, groupsClaim: 'groups' }),
    auditLog: makeAuditLog({ reads: auditReads(store), record }),
    auditProof: {
      proofs: auditProofs(store, ['anchor:file', 'stream:stdout']),
      verification: portal.verification,
      sealing: () => ({ state: 'works' }),
    },
    ...makeExports(store.pool, record, "console.log('é')\n"),
    record,
    recordDownload: recordDownload({
      record,
      recordSeldom: (event) => recordSeldom(store, event),
    }),
    caBundles,
    caOffers: makeOffers({
      store: offerStore(store),
      bundles: caBundles,
      catalog,
      fetchTruststore: () => portal.truststore(),
      record,
      newId: randomUUID,
      now: store.now,
    }),
    probes: makeProbes({
      catalog,
      bundles: caBundles,
      lookAt: (...given) => portal.lookAt(...given),
      store: probeStore(store),
      newId: randomUUID,
      now: store.now,
      warn: () => {},
    }),
    healthChecks: checksOf(store, catalog),
    catalog,
    catalogStatus: () => ({
      file: 'latchkey.yaml',
      sha256: portal.catalog.sha256,
      loadedAt: new Date(),
      refused: null,
    }),
    failingDeliveries: () => outbox(store).failing(50),
    guide: {
      inventory: () => portal.inventory,
      portalPrincipal: async () => 'arn:aws:iam::111122223333:role/latchkey',
      newId: randomUUID,
    },
    inventory: {
      inventory: () => portal.inventory,
      written: () => asWritten(portal.catalog),
      resolution: () => resolveCatalog(asWritten(portal.catalog), portal.inventory),
      running: () => false,
      lookNow: () => portal.looksAround(),
    },
    databaseNow: store.now,
    ready: store.ready,
    now: () => new Date(),
  }
}

/** A catalog of tests may be one that follows nothing. */
const asWritten = (catalog: Catalog): WrittenCatalog => ({
  inventory: [],
  follows: new Map(),
  names: [...catalog.databases.keys()],
  ...catalog,
})

/** A grant of orders_reader, and its id. */
export async function openGrant(portal: Portal, cookie: string, seconds = 3600): Promise<string> {
  const body = { team: 'payments', database: 'orders', user: 'orders_reader', seconds }
  const answer = await portal.call('POST', '/api/requests', { cookie, body })
  if (answer.statusCode !== 201) throw new Error(answer.body)
  return answer.json<RequestPage>().request.grant!.id
}
