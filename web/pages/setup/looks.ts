import type { Probes } from '../../../server/contract/probe.ts'
import type { Tone } from '../../ui/Badge.svelte'

type Endpoint = Probes['endpoints'][number]
type Said = { tone: Tone; badge: string; text: string }

/** What kept the portal from seeing a certificate, as the end of “it …”. */
const FAILURES: Record<string, string> = {
  timeout: 'did not answer in time: a security group or a route may be missing',
  refused: 'refused the connection: nothing listens there',
  unreachable: 'cannot be reached from the portal',
  name_unknown: 'has a name that the portal cannot resolve',
  cut: 'ended the connection',
  no_tls: 'does not offer TLS',
  protocol: 'does not answer as a database of this engine does',
  tls: 'does not come to a TLS handshake',
}

const SOON = 30 * 24 * 3600 * 1000

/** What a look at an endpoint means, in a word and in a sentence. */
export function tell({ seen, bundle, region, host, why }: Endpoint, now: number): Said {
  if (!seen)
    return { tone: 'neutral', badge: 'not seen yet', text: 'The portal has not looked at it yet.' }
  const { finding } = seen
  if (finding.outcome === 'failed')
    return {
      tone: 'warning',
      badge: 'no certificate',
      text: `It ${FAILURES[finding.code] ?? `failed: ${finding.code}`}. Clients elsewhere may still reach it.`,
    }
  if (!bundle)
    return {
      tone: 'danger',
      badge: 'not proven',
      text: `There is no CA bundle for ${region}, so clients cannot verify it.`,
    }
  if (!finding.verified)
    return {
      tone: 'danger',
      badge: 'not proven',
      text: `The CA bundle of ${region} does not prove its certificate (${finding.fault ?? 'unknown'}).`,
    }
  if (!finding.nameCovered)
    return { tone: 'warning', badge: 'verify-ca', text: why ?? otherName(host) }
  const left = Date.parse(finding.expiresAt) - now
  if (left < SOON)
    return { tone: 'warning', badge: 'ends soon', text: 'Its certificate is about to end.' }
  return { tone: 'success', badge: 'verify-full', text: 'Chain and name verify.' }
}

const otherName = (host: string) => `Its certificate is not for ${host}; the proof of that is old.`
