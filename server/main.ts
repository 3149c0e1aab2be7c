import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { startOutlets } from './audit-outlets.ts'
import { outletNames, placesOf } from './audit-places.ts'
import { verifyAnchored } from './audit-verify.ts'
import { loadCaBundles } from './aws/ca-roots.ts'
import { makePortalPrincipal } from './aws/portal-principal.ts'
import { makeSignToken } from './aws/signer.ts'
import { makeFetchTruststore } from './aws/truststore.ts'
import { makeReadPlace } from './aws/inventory.ts'
import { makeAssumeRole } from './aws/sts.ts'
import { makeTryRole } from './aws/try-role.ts'
import { catalogLoaded, catalogRefused } from './catalog-events.ts'
import { openCatalog } from './catalog-file.ts'
import { followInventory } from './catalog-follow.ts'
import { channelsOf } from './config-channels.ts'
import type { Config } from './config.ts'
import { makeAccess } from './core/access/index.ts'
import { diagnoseConnection } from './core/diagnosis/diagnose-connection.ts'
import { makeMaps } from './core/access/map.ts'
import { makeKeys } from './core/key/index.ts'
import type { AnchorNote } from './core/audit/log-to-verify.ts'
import { makeHealthChecks } from './core/health/check-database.ts'
import { makeAuditLog } from './core/audit/read-log.ts'
import { processEvents } from './core/audit/process-events.ts'
import { recordDownload } from './core/audit/record-download.ts'
import { makeVerification } from './core/audit/verification.ts'
import { parseCatalog } from './core/catalog/parse-catalog.ts'
import { rulesText } from './core/catalog/rules-text.ts'
import { teamsOf } from './core/catalog/rule-lookup.ts'
import { parseDuration } from './core/catalog/duration.ts'
import { planChannels } from './core/notification/channel.ts'
import { makeOffers } from './core/trust/offers.ts'
import { makeProbes } from './core/trust/probe-endpoints.ts'
import { showAccount } from './core/person/show-account.ts'
import { every } from './every.ts'
import { makeExports } from './exports.ts'
import { loggerOptions } from './http/logger.ts'
import { authRoutes } from './http/routes/auth.ts'
import { listen } from './listen.ts'
import { countedIn } from './metrics/counted.ts'
import { countDeliveries, countTokens } from './metrics/counting.ts'
import { metricsListener } from './metrics/listener.ts'
import { readIn } from './metrics/read.ts'
import { openRegistry, scrapeOf } from './metrics/registry.ts'
import { configuredOf, makeSend } from './notify/senders.ts'
import { makeNotifier } from './notify/worker.ts'
import { makeLogIn } from './probe/log-in.ts'
import { makeLookAt } from './probe/look-at.ts'
import { resolveHost } from './probe/resolve.ts'
import { makeProvider } from './sso/provider.ts'
import { accessStore } from './store/access.ts'
import { auditReads } from './store/audit-search.ts'
import { tidy } from './store/housekeeping.ts'
import { keepCatalog } from './store/catalogs.ts'
import { openChanges } from './store/changes.ts'
import { healthStore } from './store/health.ts'
import { keyMintStore } from './store/key-mint.ts'
import { inventoryStore } from './store/inventory.ts'
import { keyStore } from './store/keys.ts'
import { migrate } from './store/migrate.ts'
import { mintStore } from './store/mint.ts'
import { outbox } from './store/outbox.ts'
import { knownPeople } from './store/people.ts'
import { openAuditPool, openExportPool, openSealerPool } from './store/pool.ts'
import { acceptedBundles, offerStore } from './store/ca-offers.ts'
import { takeTurn } from './store/chores.ts'
import { diagnosisStore } from './store/last-token.ts'
import { probeStore } from './store/probes.ts'
import { auditProofs } from './store/proofs.ts'
import { startSealer } from './store/sealer.ts'
import { recordRefusal, tellRefusals } from './store/refusals.ts'
import { recordSeldom } from './store/seldom.ts'
import { sessionStore } from './store/session.ts'
import { signInStore } from './store/sign-in.ts'
import { openStore } from './store/store.ts'
import { inTheBackground } from './store/verify-log.ts'
import { countWaiting } from './store/waiting.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The build lays package.json and the migrations beside the server, as they lie in the sources. */
export const VERSION = (
  JSON.parse(readFileSync(here('../package.json'), 'utf8')) as { version: string }
).version

/** The process: configuration, wiring, listening, what runs in the background, and a stop that loses nothing. */
export async function start(config: Config): Promise<void> {
  await migrate(config.DATABASE_URL)
  const store = openStore(config.DATABASE_URL)
  const { record } = store
  const auditPool = openAuditPool(config.DATABASE_URL)
  const exportPool = openExportPool(config.DATABASE_URL)
  const verifier = readFileSync(here('../verifier/latchkey-verify.mjs'), 'utf8')
  const registry = openRegistry(VERSION)
  const counted = countedIn(registry)
  const byThisProcess = processEvents({
    version: VERSION,
    host: hostname(),
    requestId: randomUUID(),
  })
  // Until the portal has a log of its own, what must be said goes to standard error.
  let tell = (_details: object, message: string): void => void process.stderr.write(`${message}\n`)
  const warn = (details: object, message: string) => tell(details, message)
  const sts = { log: { warn }, seen: { call: counted.stsCalled, circuit: counted.circuit } }
  const followed = followInventory({
    written: () => catalogs.current(),
    readPlace: makeReadPlace(sts),
    store: inventoryStore(store),
    warn,
  })
  const catalogs = await openCatalog(config.CATALOG_FILE, {
    onLoad: async (catalog) => {
      const rules = rulesText(catalog)
      await keepCatalog(store, catalogLoaded(catalog, rules), rules)
      await followed.take(catalog)
      counted.catalog('loaded')
    },
    onRefuse: async (sha256, problems) => {
      await record(catalogRefused(sha256, problems))
      counted.catalog('refused')
    },
    log: warn,
  })
  const catalog = followed.current
  const regions = () => [...new Set([...catalog().databases.values()].map(({ region }) => region))]
  const caBundles = await loadCaBundles(
    new Date(),
    config.CA_BUNDLE_FILE || undefined,
    regions,
    acceptedBundles(store),
    () => new Date(),
  )
  await caBundles.reload()
  const sessions = sessionStore(store)
  const changes = await openChanges(config.DATABASE_URL, warn)
  const mint = mintStore(store)
  const messages = outbox(store)
  const channels = channelsOf(config, catalog)
  const notifier = makeNotifier({
    outbox: messages,
    plan: ({ team }) => planChannels(configuredOf(channels), catalog(), team),
    send: countDeliveries(makeSend(channels), counted),
    warn,
  })

  const minting = {
    mint,
    catalog,
    assumeRole: makeAssumeRole(sts),
    signToken: makeSignToken(),
    record,
    newId: randomUUID,
  }
  const access = makeAccess({ ...minting, store: accessStore(store), sessions })
  const keys = makeKeys({
    ...minting,
    store: keyStore(store),
    keyMint: keyMintStore(store),
    limits: {
      longest: parseDuration(config.KEY_LIFETIME) ?? 0,
      signInAge: parseDuration(config.KEY_SIGN_IN_AGE) ?? 0,
    },
    publicUrl: config.PUBLIC_URL,
  })

  const proofs = auditProofs(store, outletNames(config))
  // What this process saw signed is a witness against a database that was rolled back meanwhile.
  let newest: AnchorNote | undefined
  const log = {
    url: config.DATABASE_URL,
    pool: store.pool,
    places: placesOf(config, store.pool),
  }
  const verification = makeVerification({
    verify: (from, onProgress) =>
      verifyAnchored(log, {
        keys: keysOf(config),
        anchors: newest ? [newest] : [],
        from,
        onProgress,
        ...inTheBackground(),
      }),
    lastVerified: proofs.lastVerified,
    record,
    warn,
    newId: randomUUID,
    now: () => new Date(),
  })

  const looks = probeStore(store)
  const lookAt = makeLookAt()
  const probes = makeProbes({
    catalog,
    bundles: caBundles,
    lookAt,
    store: looks,
    newId: randomUUID,
    now: store.now,
    warn,
  })

  const healthChecks = makeHealthChecks({
    catalog,
    store: healthStore(store),
    inventory: followed.inventory,
    bundles: caBundles,
    resolve: resolveHost,
    lookAt,
    probes: looks,
    tryRole: makeTryRole(),
    signToken: minting.signToken,
    logIn: makeLogIn(),
    newId: randomUUID,
    now: () => new Date(),
    random: Math.random,
    sleep,
    warn,
  })

  const caOffers = makeOffers({
    store: offerStore(store),
    bundles: caBundles,
    catalog,
    fetchTruststore: config.TRUSTSTORE_REFRESH === 'on' ? makeFetchTruststore() : undefined,
    record,
    newId: randomUUID,
    now: store.now,
  })

  const app = await buildApp({
    publicUrl: config.PUBLIC_URL,
    trustedProxies: config.TRUSTED_PROXIES,
    logger: loggerOptions(config.LOG_LEVEL),
    version: VERSION,
    pages: here('../web'),
    access: { ...access, issueToken: countTokens(access.issueToken, counted) },
    diagnose: diagnoseConnection({
      showDoor: access.showDoor,
      store: diagnosisStore(store),
      newestFinding: async ({ database, team, user, endpoint }) =>
        (await healthStore(store).findings(database)).find(
          (each) => each.team === team && each.user === user && each.endpoint === endpoint,
        ) ?? null,
    }),
    maps: makeMaps({
      people: knownPeople(store),
      catalog,
      written: () => catalogs.current(),
      parse: parseCatalog,
      record,
    }),
    helper: {
      sh: readFileSync(here('./terminal/latchkey.sh'), 'utf8'),
      ps1: readFileSync(here('./terminal/latchkey.ps1'), 'utf8'),
    },
    keys: { ...keys, issueToken: countTokens(keys.issueToken, counted) },
    auth: authRoutes({
      provider: makeProvider({
        issuer: config.OIDC_ISSUER,
        clientId: config.OIDC_CLIENT_ID,
        clientSecret: config.OIDC_CLIENT_SECRET,
        clientAuth: config.OIDC_CLIENT_AUTH,
        scopes: config.OIDC_SCOPES.split(' '),
        groupsClaim: config.OIDC_GROUPS_CLAIM,
        signingAlg: config.OIDC_SIGNING_ALG,
        publicUrl: config.PUBLIC_URL,
      }),
      signIns: signInStore(store),
      sessions,
      record,
      recordRefusal: (event) => recordRefusal(store, event),
      teamsOf: (groups) => teamsOf(catalog(), groups).map(({ name }) => name),
    }),
    sessions,
    changes,
    showAccount: showAccount({ sessions, catalog, groupsClaim: config.OIDC_GROUPS_CLAIM }),
    auditLog: makeAuditLog({ reads: auditReads({ pool: auditPool }), record }),
    auditProof: { proofs, verification, sealing: () => sealer.sealing() },
    ...makeExports(exportPool, record, verifier),
    verifier,
    record,
    recordDownload: recordDownload({
      record,
      recordSeldom: (event) => recordSeldom(store, event),
    }),
    caBundles,
    caOffers,
    probes,
    healthChecks,
    catalog,
    catalogStatus: () => catalogs.status(),
    failingDeliveries: () => messages.failing(50),
    guide: {
      inventory: followed.inventory,
      portalPrincipal: makePortalPrincipal(() => regions()[0]),
      newId: randomUUID,
    },
    inventory: { ...followed, lookNow: () => void followed.lookNow().catch(untold) },
    databaseNow: store.now,
    observe: counted,
    ready: store.ready,
    now: () => new Date(),
  })

  tell = (details, message) => app.log.warn(details, message)

  // Before the sealer: what it seals from now on is brought away.
  const outlets = await startOutlets({ config, version: VERSION, readers: store.pool, warn })
  const sealerPool = openSealerPool(config.DATABASE_URL)
  const sealer = startSealer({
    pool: sealerPool,
    keys: { current: config.AUDIT_SIGNING_KEY, previous: config.AUDIT_SIGNING_KEY_PREVIOUS },
    publicUrl: config.PUBLIC_URL,
    // Whoever collects the log has what the database cannot take back.
    publish: ({ size, note }) => {
      newest = { place: 'the memory of the portal', note }
      app.log.info({ size, note }, 'audit checkpoint')
    },
    warn,
  })

  const read = readIn(registry, {
    waiting: () => countWaiting(store),
    pool: () => {
      const { totalCount, idleCount, waitingCount } = store.pool
      return { idle: idleCount, busy: totalCount - idleCount, waiting: waitingCount }
    },
    catalog: () => {
      const { loadedAt, refused } = catalogs.status()
      return { loadedAt, refused: refused !== null }
    },
    sealing: () => sealer.sealing(),
    log: async () => ({ ...(await proofs.status()), verified: await proofs.lastVerified() }),
  })
  const metrics =
    config.METRICS_PORT === undefined
      ? undefined
      : metricsListener({ scrape: scrapeOf(registry, read), contentType: registry.contentType })

  const untold = (err: unknown) => warn({ err }, 'what is in RDS could not be followed')
  const startLoops = () => [
    every(
      60_000,
      async () => {
        const closed = await mint.reap()
        if (closed > 0) warn({ closed }, 'closed token intents that had no outcome')
        counted.intentsUnknown(closed)
      },
      warn,
    ),
    every(5_000, async () => void (await access.lapseRequests()), warn),
    every(60_000, async () => void (await tellRefusals(store)), warn),
    every(2_000, () => notifier.round(), warn),
    // Not in the first minutes: a portal that starts has other things to do.
    every(
      600_000,
      async () => void (process.uptime() > 300 && (await verification.hourly())),
      warn,
    ),
    every(
      600_000,
      async () =>
        void (
          process.uptime() > 300 &&
          (await takeTurn(store, 'tls_probe', 3_600)) &&
          (await probes.lookAtOld())
        ),
      warn,
    ),
    every(
      60_000,
      async () =>
        void (
          process.uptime() > 60 &&
          (await takeTurn(store, 'health', 900)) &&
          (await healthChecks.round())
        ),
      warn,
    ),
    // What any portal has read of RDS; and reading it, by one of them.
    every(60_000, followed.followNow, warn),
    every(
      30_000,
      async () => {
        // Not waited for: a region that hangs must not hold up the stop.
        if (await takeTurn(store, 'inventory', 300)) void followed.lookNow().catch(untold)
      },
      warn,
    ),
    // What another portal accepted, and what has ended.
    every(60_000, () => caBundles.reload(), warn),
    every(
      600_000,
      async () =>
        void (
          caOffers.canRefresh &&
          !caOffers.overridden &&
          process.uptime() > 300 &&
          (await takeTurn(store, 'truststore', 86_400)) &&
          (await caOffers.refreshByItself())
        ),
      warn,
    ),
    every(600_000, () => Promise.all([tidy(store), messages.tidy()]), warn),
  ]
  process.on('SIGHUP', () => void catalogs.reload())

  // Before the port is open: who is told to stop in the first moment stops as well as later.
  // SIGHUP is not an end here: it asks for the catalog.
  let loops: ReturnType<typeof startLoops> = []
  let stopping = false
  closeWithGrace({ delay: 10_000, logger: app.log, skip: ['SIGHUP'] }, async () => {
    stopping = true
    // What is on its way may arrive while the last requests are answered.
    const quiet = notifier.stop()
    await Promise.all([app.close(), metrics?.close()])
    await quiet
    await Promise.all([probes.stop(), healthChecks.stop()])
    followed.stop()
    for (const loop of loops) await loop.stop()
    await catalogs.close()
    // Where the log cannot be written any more, the end is missing in it, as after a crash.
    await record(byThisProcess('portal.stopped')).catch((error: unknown) =>
      warn({ err: error }, 'the stop could not be recorded'),
    )
    // Nothing records any more: what is sealed now is the end.
    await sealer.stop()
    await outlets.stop()
    await sealerPool.end()
    await changes.close()
    await auditPool.end()
    await store.close()
    // Who still reads an export was cut off; what the database does for them ends with the process.
    void exportPool.end()
  })
  const host = config.HOST
  await record(byThisProcess('portal.started'))
  try {
    // First, so that a port that is taken is known before anybody is let in.
    if (metrics && config.METRICS_PORT !== undefined)
      await listen(metrics.listen, { host, port: config.METRICS_PORT }, 'METRICS_PORT')
    await listen((where) => app.listen(where), { host, port: config.PORT })
    // What runs in the background would keep a portal that cannot listen from ending.
    if (!stopping) loops = startLoops()
  } catch (error) {
    await record(byThisProcess('portal.stopped')).catch(() => {})
    throw error
  }
}

/** The public halves of the keys that this portal was given are what it trusts. */
const keysOf = ({ AUDIT_SIGNING_KEY, AUDIT_SIGNING_KEY_PREVIOUS }: Config) =>
  [AUDIT_SIGNING_KEY, AUDIT_SIGNING_KEY_PREVIOUS].filter((key) => key !== undefined)
