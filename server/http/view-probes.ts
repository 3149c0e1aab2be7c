import type { Probes } from '../contract/probe.ts'
import type { CaBundleSet } from '../core/trust/ca-bundle.ts'
import { tlsAdvice } from '../core/trust/tls-advice.ts'
import { isOf, type ProbeTarget, type TlsProbe } from '../core/trust/tls-finding.ts'

type Given = {
  running: boolean
  targets: readonly ProbeTarget[]
  probes: readonly TlsProbe[]
  bundles: Pick<CaBundleSet, 'bundle'>
  now: Date
}

export const viewProbes = ({ running, targets, probes, bundles, now }: Given): Probes => ({
  running,
  endpoints: targets.map(({ database, endpoint }) => {
    // A look at an address that the catalog has changed since is none at this one.
    const probe = probes.find(
      (each) =>
        each.database === database.name && each.endpoint === endpoint.name && isOf(each, endpoint),
    )
    const advice = tlsAdvice(endpoint, probe, now)
    return {
      database: database.name,
      endpoint: endpoint.name,
      host: endpoint.signing.host,
      dial: `${endpoint.dial.host}:${endpoint.dial.port}`,
      region: database.region,
      bundle: bundles.bundle(database.region) !== undefined,
      ...(advice === 'verify-full' ? { mode: advice, why: null } : advice),
      seen: probe ? { at: probe.at.toISOString(), finding: probe.finding } : null,
    }
  }),
  now: now.toISOString(),
})
