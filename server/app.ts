import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import Fastify, {
  LogController,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyServerOptions,
} from 'fastify'
import type { Changes } from './core/access/changes.ts'
import type { Access } from './core/access/index.ts'
import type { Maps } from './core/access/map.ts'
import { isAdministrator, mayReadAudit } from './core/access/policy.ts'
import type { Actor } from './core/actor.ts'
import type { RecordDownload } from './core/audit/record-download.ts'
import type { MakeEvidencePack } from './core/audit/evidence-pack.ts'
import type { ExportLog } from './core/audit/export-log.ts'
import type { AuditLog } from './core/audit/read-log.ts'
import type { Catalog } from './core/catalog/catalog.ts'
import type { DiagnoseConnection } from './core/diagnosis/diagnose-connection.ts'
import { catalogJsonSchema } from './core/catalog/json-schema.ts'
import type { CaBundleSet } from './core/trust/ca-bundle.ts'
import type { HealthChecks } from './core/health/check-database.ts'
import type { Offers } from './core/trust/offers.ts'
import type { Probes } from './core/trust/probe-endpoints.ts'
import { notFound } from './core/error.ts'
import type { Record, SessionStore } from './core/person/ports.ts'
import type { ShowAccount } from './core/person/show-account.ts'
import type { Keys } from './core/key/index.ts'
import { requireBearer } from './http/bearer.ts'
import { errorHandler } from './http/error-handler.ts'
import { logRequests } from './http/logger.ts'
import { type Observe, observeRequests } from './http/observe.ts'
import { collectOpenApi } from './http/openapi.ts'
import { requirePermissions, scope } from './http/permission.ts'
import { accessMap } from './http/routes/access-map.ts'
import { auditProof, type ProofParts } from './http/routes/audit-proof.ts'
import { audit } from './http/routes/audit.ts'
import { auditEvidence } from './http/routes/audit-evidence.ts'
import { auditExport } from './http/routes/audit-export.ts'
import { caOffers } from './http/routes/ca-offers.ts'
import { ca } from './http/routes/ca.ts'
import { connection } from './http/routes/connection.ts'
import { cspReport } from './http/routes/csp-report.ts'
import { databases } from './http/routes/databases.ts'
import { diagnosis } from './http/routes/diagnosis.ts'
import { endAccess } from './http/routes/end-access.ts'
import { grants } from './http/routes/grants.ts'
import { helper, helperScripts, type HelperTexts } from './http/routes/terminal.ts'
import { healthChecks } from './http/routes/health-checks.ts'
import { guide, type GuideParts } from './http/routes/guide.ts'
import { inventory, type InventoryParts } from './http/routes/inventory.ts'
import { health } from './http/routes/health.ts'
import { keyExchange, keys } from './http/routes/keys.ts'
import { kit } from './http/routes/kit.ts'
import { live } from './http/routes/live.ts'
import { me } from './http/routes/me.ts'
import { policy } from './http/routes/policy.ts'
import { probes } from './http/routes/probes.ts'
import { ownEvents } from './http/routes/own-events.ts'
import { requests } from './http/routes/requests.ts'
import { type CatalogStatus, type Failing, setup } from './http/routes/setup.ts'
import { token } from './http/routes/token.ts'
import { tokens } from './http/routes/tokens.ts'
import { verifier } from './http/routes/verifier.ts'
import { secure, securityHeaders } from './http/security.ts'
import { requireKey, requireRole, requireSession } from './http/session.ts'
import { isStopping, stopInTime } from './http/stop.ts'
import { knowShell, pageOrNotFound, servePages } from './http/static.ts'
import { answerUnreadable, ignoreExpectations } from './http/unreadable.ts'
import { factsView } from './http/view-key.ts'
import { tokenView } from './http/view-token.ts'

export type Parts = {
  publicUrl: string
  trustedProxies: readonly string[]
  logger: FastifyServerOptions['logger']
  version: string
  /** Where the built pages are; without it the portal is an API only. */
  pages?: string
  /** The text of the single-file verifier, for download. */
  verifier?: string
  access: Access
  diagnose: DiagnoseConnection
  maps: Maps
  keys: Keys
  helper: HelperTexts
  auth: FastifyPluginAsync
  sessions: SessionStore
  changes: Changes
  showAccount: ShowAccount
  auditLog: AuditLog
  auditProof: ProofParts
  exportLog: ExportLog
  makeEvidencePack: MakeEvidencePack
  record: Record
  recordDownload: RecordDownload
  caBundles: CaBundleSet
  caOffers: Offers
  probes: Probes
  healthChecks: HealthChecks
  catalog: () => Catalog
  catalogStatus: () => CatalogStatus
  failingDeliveries: Failing
  guide: GuideParts
  inventory: Omit<InventoryParts, 'now'>
  databaseNow: () => Promise<Date>
  /** Hears of every answer, for the metrics. */
  observe?: Observe
  ready: () => Promise<boolean>
  now: () => Date
}

/** Who may reach what is the shape of this tree: public, signed in, auditors, administrators; and whoever has a personal key. */
export async function buildApp(parts: Parts): Promise<FastifyInstance> {
  const { catalog, record } = parts
  const portal = { publicUrl: parts.publicUrl, hasKeys: parts.keys.offered }
  const scripts = helperScripts(parts.helper, parts.publicUrl)
  const app = Fastify({
    logger: parts.logger ?? false,
    // One line a request, ours: `logRequests`.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    trustProxy: parts.trustedProxies.length > 0 ? [...parts.trustedProxies] : false,
    bodyLimit: 65_536,
    requestTimeout: 15_000,
    // Nothing is guessed from what was sent: no "5" for 5, no unknown key dropped in silence.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    // These would be answered by Node or Fastify without our headers: `secure` and `stopInTime` say them better.
    http: { requireHostHeader: false },
    return503OnClosing: false,
    clientErrorHandler: answerUnreadable(
      securityHeaders(new URL(parts.publicUrl).protocol === 'https:'),
    ),
    routerOptions: { maxParamLength: 128 },
    frameworkErrors: (error, request, reply) => errorHandler(error, request, dress(reply)),
  })
  // Before anything can answer: a form of another site can send text, never JSON.
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler(errorHandler)
  requirePermissions(app)
  logRequests(app)
  if (parts.observe) observeRequests(app, parts.observe)
  const dress = secure(app, parts.publicUrl)
  stopInTime(app)
  ignoreExpectations(app)
  await app.register(cookie)
  if (parts.pages) await knowShell(app, parts.pages)
  await collectOpenApi(app, parts.version, parts.publicUrl)

  await app.register(
    scope('public', async (open) => {
      await open.register(health(async () => !isStopping(app) && parts.ready()))
      await open.register(parts.auth, { prefix: '/auth' })
      await open.register(cspReport, { prefix: '/api' })
      await open.register(keyExchange(parts.keys), { prefix: '/api' })
      await open.register(helper(scripts), { prefix: '/helper' })
      await open.register(
        ca({
          bundles: parts.caBundles,
          sessions: parts.sessions,
          recordDownload: parts.recordDownload,
        }),
        { prefix: '/api/ca' },
      )
      open.get('/api/openapi.json', { schema: { hide: true } }, async () => app.swagger())
      open.get(
        '/api/catalog.schema.json',
        { schema: { hide: true } },
        async () => catalogJsonSchema,
      )
      if (parts.pages) await servePages(app, parts.pages)
    }),
  )
  await app.register(
    scope('signed-in', async (signedIn) => {
      requireSession(signedIn, parts.sessions)
      await signedIn.register(me(parts.showAccount, catalog), { prefix: '/me' })
      await signedIn.register(ownEvents(parts.auditLog), { prefix: '/me/events' })
      await signedIn.register(databases(parts.access), { prefix: '/databases' })
      await signedIn.register(requests(parts.access, catalog), { prefix: '/requests' })
      await signedIn.register(keys(parts.keys))
      await signedIn.register(live(parts), { prefix: '/live' })
      await signedIn.register(grants(parts.access, catalog), { prefix: '/grants' })
      await signedIn.register(diagnosis(parts.diagnose), { prefix: '/grants' })
      await signedIn.register(
        kit({
          access: parts.access,
          portal,
          tlsOf: parts.probes.adviceFor,
          bundles: parts.caBundles,
          scripts,
        }),
        { prefix: '/grants' },
      )
      await signedIn.register(connection(parts.access, portal, parts.probes.adviceFor), {
        prefix: '/grants',
      })
      await signedIn.register(
        scope('auditor', async (auditors) => {
          requireRole(auditors, (actor: Actor) => mayReadAudit(catalog(), actor.groups), record)
          await auditors.register(audit(parts.auditLog), { prefix: '/audit' })
          await auditors.register(verifier(parts.verifier ?? null), { prefix: '/audit' })
          await auditors.register(auditProof(parts.auditProof), { prefix: '/audit' })
          await auditors.register(auditExport(parts.exportLog), { prefix: '/audit' })
          await auditors.register(auditEvidence(parts.makeEvidencePack), { prefix: '/audit' })
        }),
      )
      await signedIn.register(
        scope('administrator', async (administrators) => {
          requireRole(administrators, (actor) => isAdministrator(catalog(), actor.groups), record)
          await administrators.register(endAccess(parts.access))
          await administrators.register(accessMap(parts.maps), { prefix: '/access-map' })
          await administrators.register(caOffers(parts.caOffers), { prefix: '/setup/ca' })
          await administrators.register(
            probes({ looks: parts.probes, bundles: parts.caBundles, now: parts.databaseNow }),
            { prefix: '/setup/probes' },
          )
          await administrators.register(
            healthChecks({ checks: parts.healthChecks, catalog, now: parts.databaseNow }),
            { prefix: '/setup/health' },
          )
          await administrators.register(inventory({ ...parts.inventory, now: parts.databaseNow }), {
            prefix: '/setup/inventory',
          })
          await administrators.register(policy(catalog), { prefix: '/setup/policy' })
          await administrators.register(
            guide({ ...parts.guide, publicUrl: parts.publicUrl }, catalog),
            { prefix: '/setup' },
          )
          await administrators.register(
            setup({
              status: parts.catalogStatus,
              catalog,
              failing: parts.failingDeliveries,
              version: parts.version,
              now: parts.databaseNow,
            }),
            { prefix: '/setup' },
          )
        }),
      )
    }),
    { prefix: '/api' },
  )
  await app.register(
    // Signed in as the others, but found to be so by the mint itself, under its lock.
    scope('signed-in', async (minting) => {
      requireKey(minting, parts.sessions)
      const view = tokenView(parts.now)
      await minting.register(tokens(parts.access, view), { prefix: '/grants' })
    }),
    { prefix: '/api' },
  )
  await app.register(
    scope('key', async (byKey) => {
      requireBearer(byKey)
      await byKey.register(token(parts.keys.issueToken, factsView(parts.publicUrl, parts.now)))
    }),
    { prefix: '/api' },
  )
  app.setNotFoundHandler(parts.pages ? pageOrNotFound : nothingHere)
  return app
}

const nothingHere = () => {
  throw notFound()
}
