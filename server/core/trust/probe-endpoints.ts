import type { Actor } from '../actor.ts'
import type { AuditEvent } from '../audit/event.ts'
import { type Catalog, type Database, type Endpoint, isMySql } from '../catalog/catalog.ts'
import type { CaBundleSet } from './ca-bundle.ts'
import type { LookAt, ProbeStore } from './probe-ports.ts'
import { tlsAdvice, type TlsAdvice } from './tls-advice.ts'
import { isOf, type ProbeTarget, type TlsProbe } from './tls-finding.ts'

type Deps = {
  catalog: () => Catalog
  bundles: Pick<CaBundleSet, 'bundle'>
  lookAt: LookAt
  store: ProbeStore
  newId: () => string
  now: () => Promise<Date>
  warn: (details: object, message: string) => void
}

/** Handshakes at a time: a catalog of hundreds is looked through in minutes, and nobody is stormed. */
const AT_ONCE = 8

/**
 * How old evidence gets before the background looks again, milliseconds. MySQL and MariaDB count a connection that ends
 * before a login, and block the address after `max_connect_errors` of them in a row (100 by default): once a week is far from it.
 */
const AGAIN_AFTER = { postgresql: 12 * 3_600_000, mysql: 7 * 86_400_000 }

export type Probes = ReturnType<typeof makeProbes>

/** The portal's own looks at the certificates of the catalog's endpoints. */
export function makeProbes({ catalog, bundles, lookAt, store, newId, now, warn }: Deps) {
  let running: Promise<void> | undefined
  let stopping = false
  const targets = (): ProbeTarget[] =>
    [...catalog().databases.values()].flatMap((database) =>
      database.endpoints.map((endpoint) => ({ database, endpoint })),
    )

  const round = async (
    chosen: readonly ProbeTarget[],
    by: Pick<AuditEvent<'tls.probed'>, 'actor' | 'requestId' | 'address'>,
  ) => {
    const found: Omit<TlsProbe, 'at'>[] = []
    const left = [...chosen]
    const work = async () => {
      for (let target = left.shift(); target && !stopping; target = left.shift()) {
        const { database, endpoint } = target
        const finding = await lookAt(target, bundles.bundle(database.region)?.pem)
        const { signing, dial } = endpoint
        found.push({
          database: database.name,
          endpoint: endpoint.name,
          host: signing.host,
          dial,
          finding,
        })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    await store.keepProbes(found, targets(), {
      ...by,
      action: 'tls.probed',
      subject: null,
      detail: counted(found),
    })
  }

  const start = (...given: Parameters<typeof round>) => {
    running ??= round(...given).finally(() => (running = undefined))
    return running
  }

  return {
    running: () => running !== undefined,
    targets,
    probes: () => store.probes(),
    /** What a client is told to verify of this endpoint. */
    adviceFor: async (database: Pick<Database, 'name'>, endpoint: Endpoint): Promise<TlsAdvice> =>
      tlsAdvice(endpoint, await store.probeOf(database.name, endpoint.name), await now()),
    /** Looks at all of them, in the background; a round that is running already is joined. */
    lookNow: ({ personId, requestId, address }: Actor) =>
      void start(targets(), { actor: { person: personId }, requestId, address }).catch(
        (error: unknown) => warn({ err: error }, 'what was seen of the databases was not kept'),
      ),
    /** Looks at those whose evidence is missing or old. */
    lookAtOld: async () => {
      const [known, at] = [await store.probes(), await now()]
      const old = targets().filter(({ database, endpoint }) => {
        const last = known.find(
          (probe) => probe.database === database.name && probe.endpoint === endpoint.name,
        )
        if (!last || !isOf(last, endpoint)) return true
        const limit = AGAIN_AFTER[isMySql(database.engine) ? 'mysql' : 'postgresql']
        return at.getTime() - last.at.getTime() >= limit
      })
      if (old.length > 0) await start(old, { actor: 'portal', requestId: newId() })
    },
    /** Begins no further look; resolves when those on their way are over. */
    stop: async () => {
      stopping = true
      await running?.catch(() => {})
    },
    /** When nothing is looked at any more. */
    idle: async () => void (await running?.catch(() => {})),
  }
}

const counted = (found: readonly Omit<TlsProbe, 'at'>[]) => {
  const answered = found.flatMap(({ finding }) => (finding.outcome === 'answered' ? [finding] : []))
  return {
    endpoints: found.length,
    verified: answered.filter(({ verified }) => verified).length,
    nameAbsent: answered.filter(({ verified, nameCovered }) => verified && !nameCovered).length,
    unverified: answered.filter(({ verified }) => !verified).length,
    failed: found.length - answered.length,
  }
}
