import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { loadCaBundles } from './aws/ca-roots.ts'
import { makeSignToken } from './aws/signer.ts'
import { makeAssumeRole } from './aws/sts.ts'
import { openCatalog } from './catalog-file.ts'
import type { Config } from './config.ts'
import { makeAccess } from './core/access/index.ts'
import type { AuditEvent } from './core/audit/event.ts'
import { makeAuditLog } from './core/audit/read-log.ts'
import type { Catalog } from './core/catalog/catalog.ts'
import { teamsOf } from './core/catalog/rule-lookup.ts'
import { planChannels } from './core/notification/channel.ts'
import { showAccount } from './core/person/show-account.ts'
import { every } from './every.ts'
import { loggerOptions } from './http/logger.ts'
import { authRoutes } from './http/routes/auth.ts'
import { listen } from './listen.ts'
import { type ChannelSettings, configuredOf, makeSend } from './notify/senders.ts'
import { makeNotifier } from './notify/worker.ts'
import { makeProvider } from './sso/provider.ts'
import { accessStore } from './store/access.ts'
import { auditReads } from './store/audit-search.ts'
import { tidy } from './store/housekeeping.ts'
import { openChanges } from './store/changes.ts'
import { migrate } from './store/migrate.ts'
import { mintStore } from './store/mint.ts'
import { outbox } from './store/outbox.ts'
import { sessionStore } from './store/session.ts'
import { signInStore } from './store/sign-in.ts'
import { openStore } from './store/store.ts'

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
  // Until the portal has a log of its own, what must be said goes to standard error.
  let tell = (_details: object, message: string): void => void process.stderr.write(`${message}\n`)
  const warn = (details: object, message: string) => tell(details, message)
  const catalogs = await openCatalog(config.CATALOG_FILE, {
    onLoad: (catalog) => record(catalogLoaded(catalog)),
    onRefuse: (sha256, problems) => record(catalogRefused(sha256, problems)),
    log: warn,
  })
  const catalog = () => catalogs.current()
  const regions = () => [...new Set([...catalog().databases.values()].map(({ region }) => region))]
  const caBundles = await loadCaBundles(new Date(), config.CA_BUNDLE_FILE || undefined, regions)
  const sessions = sessionStore(store)
  const changes = await openChanges(config.DATABASE_URL, warn)
  const mint = mintStore(store)
  const messages = outbox(store)
  const channels = channelsOf(config, catalog)
  const notifier = makeNotifier({
    outbox: messages,
    plan: ({ team }) => planChannels(configuredOf(channels), catalog(), team),
    send: makeSend(channels),
    warn,
  })

  const access = makeAccess({
    store: accessStore(store),
    mint,
    catalog,
    assumeRole: makeAssumeRole({ log: { warn } }),
    signToken: makeSignToken(),
    record,
    newId: randomUUID,
  })

  const app = await buildApp({
    publicUrl: config.PUBLIC_URL,
    trustedProxies: config.TRUSTED_PROXIES,
    logger: loggerOptions(config.LOG_LEVEL),
    version: VERSION,
    pages: here('../web'),
    access,
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
      teamsOf: (groups) => teamsOf(catalog(), groups).map(({ name }) => name),
    }),
    sessions,
    changes,
    showAccount: showAccount({ sessions, catalog, groupsClaim: config.OIDC_GROUPS_CLAIM }),
    auditLog: makeAuditLog({ reads: auditReads(store), record }),
    record,
    caBundles,
    catalog,
    catalogStatus: () => catalogs.status(),
    failingDeliveries: () => messages.failing(50),
    databaseNow: store.now,
    ready: store.ready,
    now: () => new Date(),
  })

  tell = (details, message) => app.log.warn(details, message)

  const loops = [
    every(
      60_000,
      async () => {
        const closed = await mint.reap()
        if (closed > 0) warn({ closed }, 'closed token intents that had no outcome')
      },
      warn,
    ),
    every(5_000, async () => void (await access.lapseRequests()), warn),
    every(2_000, () => notifier.round(), warn),
    every(600_000, () => Promise.all([tidy(store), messages.tidy()]), warn),
  ]
  process.on('SIGHUP', () => void catalogs.reload())

  // Before the port is open: who is told to stop in the first moment stops as well as later.
  // SIGHUP is not an end here: it asks for the catalog.
  closeWithGrace({ delay: 10_000, logger: app.log, skip: ['SIGHUP'] }, async () => {
    // What is on its way may arrive while the last requests are answered.
    const quiet = notifier.stop()
    await app.close()
    await quiet
    for (const loop of loops) await loop.stop()
    await catalogs.close()
    await changes.close()
    await store.close()
  })
  await listen(app, { host: config.HOST, port: config.PORT })
}

const channelsOf = (config: Config, catalog: () => Catalog): ChannelSettings => ({
  publicUrl: config.PUBLIC_URL,
  webhook: config.NOTIFY_WEBHOOK_URL,
  webhookSecrets: config.NOTIFY_WEBHOOK_SECRET?.split(' ') ?? [],
  slack: config.NOTIFY_SLACK_URL,
  mail:
    config.SMTP_URL && config.NOTIFY_FROM
      ? { url: config.SMTP_URL, from: config.NOTIFY_FROM }
      : undefined,
  teamWebhook: (team) => catalog().teams.get(team)?.notify.webhook ?? null,
  now: () => new Date(),
})

const byPortal = () => ({ actor: 'portal', subject: null, requestId: randomUUID() }) as const

const catalogLoaded = (catalog: {
  sha256: string
  teams: { size: number }
  databases: { size: number }
  rules: { length: number }
}): AuditEvent<'catalog.loaded'> => ({
  ...byPortal(),
  action: 'catalog.loaded',
  detail: {
    sha256: catalog.sha256,
    teams: catalog.teams.size,
    databases: catalog.databases.size,
    rules: catalog.rules.length,
  },
})

const catalogRefused = (
  sha256: string | null,
  problems: readonly { line: number; path: string; message: string }[],
): AuditEvent<'catalog.refused'> => ({
  ...byPortal(),
  action: 'catalog.refused',
  detail: {
    sha256,
    problems: problems.length,
    first: problems[0]
      ? `line ${problems[0].line}, ${problems[0].path}: ${problems[0].message}`
      : '',
  },
})
