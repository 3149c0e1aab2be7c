import type { ProbeStore } from '../core/trust/probe-ports.ts'
import type { TlsFinding, TlsProbe } from '../core/trust/tls-finding.ts'
import { guarded } from './failure.ts'
import { recordIn, type Store } from './store.ts'

/** What the portal saw of the endpoints' TLS. */
export const probeStore = (store: Store): ProbeStore => ({
  probes: () => guarded(async () => (await store.prisma.tlsProbe.findMany()).map(probeOf)),

  probeOf: (database, endpoint) =>
    guarded(async () => {
      const row = await store.prisma.tlsProbe.findUnique({
        where: { database_endpoint: { database, endpoint } },
      })
      return row ? probeOf(row) : undefined
    }),

  keepProbes: (found, all, event) =>
    store.transaction(async (tx) => {
      const rows = found.map(({ database, endpoint, host, dial, finding }) => ({
        database,
        endpoint,
        host,
        dial_host: dial.host,
        dial_port: dial.port,
        finding,
      }))
      // In one order, so that two portals that write at once do not wait for each other in a ring.
      await tx.$executeRaw`
        INSERT INTO tls_probe (database, endpoint, signing_host, dial_host, dial_port, at, finding)
        SELECT database, endpoint, host, dial_host, dial_port, clock_timestamp(), finding
          FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
            AS r (database text, endpoint text, host text, dial_host text, dial_port int, finding jsonb)
         ORDER BY database, endpoint
        ON CONFLICT (database, endpoint) DO UPDATE SET signing_host = excluded.signing_host,
          dial_host = excluded.dial_host, dial_port = excluded.dial_port, at = excluded.at, finding = excluded.finding`
      const names = all.map(({ database, endpoint }) => [database.name, endpoint.name])
      await tx.$executeRaw`
        DELETE FROM tls_probe WHERE (database, endpoint) NOT IN
          (SELECT name->>0, name->>1 FROM jsonb_array_elements(${JSON.stringify(names)}::jsonb) AS name)`
      await recordIn(tx, event)
    }),
})

type Row = {
  database: string
  endpoint: string
  signingHost: string
  dialHost: string
  dialPort: number
  at: Date
  finding: unknown
}

const probeOf = ({ signingHost, dialHost, dialPort, finding, ...rest }: Row): TlsProbe => ({
  ...rest,
  host: signingHost,
  dial: { host: dialHost, port: dialPort },
  finding: finding as TlsFinding,
})
