import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyPluginAsync } from 'fastify'
import { buildApp } from '../../server/app.ts'
import { loadCaBundles } from '../../server/aws/ca-roots.ts'
import { makeSignToken } from '../../server/aws/signer.ts'
import { makeAssumeRole } from '../../server/aws/sts.ts'
import { makeExports } from '../../server/exports.ts'
import { makeAccess } from '../../server/core/access/index.ts'
import { diagnoseConnection } from '../../server/core/diagnosis/diagnose-connection.ts'
import { makeMaps } from '../../server/core/access/map.ts'
import { makeAuditLog } from '../../server/core/audit/read-log.ts'
import { makeVerification } from '../../server/core/audit/verification.ts'
import { parseCatalog } from '../../server/core/catalog/parse-catalog.ts'
import { makeKeys } from '../../server/core/key/index.ts'
import { showAccount } from '../../server/core/person/show-account.ts'
import { makeOffers } from '../../server/core/trust/offers.ts'
import { makeProbes } from '../../server/core/trust/probe-endpoints.ts'
import { loggerOptions } from '../../server/http/logger.ts'
import { accessStore } from '../../server/store/access.ts'
import { diagnosisStore } from '../../server/store/last-token.ts'
import { auditReads } from '../../server/store/audit-search.ts'
import { openChanges } from '../../server/store/changes.ts'
import { keyMintStore } from '../../server/store/key-mint.ts'
import { keyStore } from '../../server/store/keys.ts'
import { mintStore } from '../../server/store/mint.ts'
import { auditProofs } from '../../server/store/proofs.ts'
import { offerStore } from '../../server/store/ca-offers.ts'
import { knownPeople } from '../../server/store/people.ts'
import { probeStore } from '../../server/store/probes.ts'
import { sessionStore } from '../../server/store/session.ts'
import { openAuditPool, openSealerPool } from '../../server/store/pool.ts'
import { sealLag } from '../../server/store/seal-lag.ts'
import { startSealer } from '../../server/store/sealer.ts'
import { openStore } from '../../server/store/store.ts'
import { checksOf } from '../health/checks-of.ts'
import { labCatalog } from '../lab/lab-catalog.ts'
import type { SealAnswer, SealOrder } from './sealing.ts'

/** The portal as a process of its own, put together as `server/main.ts` does, without sign-in: tells its parent the port. */
const parsed = parseCatalog(labCatalog(() => 6543))
if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems))
const catalog = () => parsed.catalog
const store = openStore(process.env['DATABASE_URL'] ?? '')
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
const noSignIn: FastifyPluginAsync = async () => {}

const caBundles = await loadCaBundles(new Date())
const access = makeAccess({ ...minting, store: accessStore(store), sessions })
const app = await buildApp({
  publicUrl: 'http://localhost',
  trustedProxies: [],
  // As in production: one line a request. It goes nowhere, since the terminal is not what is measured.
  logger: loggerOptions('info', { write: () => {} }),
  version: 'bench',
  access,
  diagnose: diagnoseConnection({ showDoor: access.showDoor, store: diagnosisStore(store) }),
  keys: makeKeys({
    ...minting,
    store: keyStore(store),
    keyMint: keyMintStore(store),
    limits: { longest: 43_200, signInAge: 86_400 },
    publicUrl: 'http://localhost',
  }),
  maps: makeMaps({
    people: knownPeople(store),
    catalog,
    written: catalog,
    parse: parseCatalog,
    record,
  }),
  helper: { sh: '', ps1: '' },
  auth: noSignIn,
  sessions,
  changes: await openChanges(process.env['DATABASE_URL'] ?? '', () => {}),
  showAccount: showAccount({ sessions, catalog, groupsClaim: 'groups' }),
  auditLog: makeAuditLog({
    reads: auditReads({ pool: openAuditPool(process.env['DATABASE_URL'] ?? '') }),
    record,
  }),
  auditProof: {
    proofs: auditProofs(store),
    verification: makeVerification({
      verify: () => Promise.reject(new Error('nothing is verified here')),
      lastVerified: () => Promise.resolve(null),
      record,
      warn: () => {},
      newId: randomUUID,
      now: () => new Date(),
    }),
    sealing: () => ({ state: 'works' }),
  },
  ...makeExports(store.pool, record, "console.log('é')\n"),
  record,
  recordDownload: () => Promise.resolve(),
  caBundles,
  caOffers: makeOffers({
    store: offerStore(store),
    bundles: caBundles,
    catalog,
    fetchTruststore: undefined,
    record,
    newId: randomUUID,
    now: store.now,
  }),
  probes: makeProbes({
    catalog,
    bundles: caBundles,
    lookAt: () => Promise.resolve({ outcome: 'failed', code: 'timeout' }),
    store: probeStore(store),
    newId: randomUUID,
    now: store.now,
    warn: () => {},
  }),
  healthChecks: checksOf(store, catalog),
  catalog,
  catalogStatus: () => ({ file: '', sha256: '', loadedAt: new Date(), refused: null }),
  failingDeliveries: () => Promise.resolve([]),
  guide: {
    inventory: () => ({ places: [], found: [] }),
    portalPrincipal: () => Promise.resolve(null),
    newId: randomUUID,
  },
  inventory: {
    inventory: () => ({ places: [], found: [] }),
    written: catalog,
    resolution: () => ({ catalog: catalog(), unresolved: [] }),
    running: () => false,
    lookNow: () => {},
  },
  databaseNow: store.now,
  ready: store.ready,
  now: () => new Date(),
})
await app.listen({ host: '127.0.0.1', port: 0 })
const address = app.server.address()
process.send?.({ port: typeof address === 'object' && address ? address.port : 0 })

const sealerPool = openSealerPool(process.env['DATABASE_URL'] ?? '')
const keys = { current: generateKeyPairSync('ed25519').privateKey, previous: undefined }
const startSealing = () =>
  startSealer({
    pool: sealerPool,
    keys,
    publicUrl: 'http://localhost',
    publish: () => {},
    warn: () => {},
  })
let sealer: ReturnType<typeof startSealer> | undefined

process.on('message', async ({ seal }: SealOrder) => {
  const { unsealed } = await sealLag(store.pool)
  if (seal) {
    sealer ??= startSealing()
    while ((await sealLag(store.pool)).unsealed > 0) await sleep(20)
  } else {
    await sealer?.stop()
    sealer = undefined
  }
  process.send?.({ unsealed } satisfies SealAnswer)
})
