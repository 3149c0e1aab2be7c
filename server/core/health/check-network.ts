import { isIP } from 'node:net'
import type { Endpoint } from '../catalog/catalog.ts'
import type { ProbeFailure, TlsFinding } from '../trust/tls-finding.ts'
import type { Step, StepId } from './finding.ts'
import { cannot, failed, ok, warning } from './step.ts'

type Seen = {
  endpoint: Endpoint
  /** null: the name is not known. */
  addresses: readonly string[] | null
  finding: TlsFinding
  /** Whether the portal ever came as far as an answer here. */
  reached: boolean
  bundle: boolean
  region: string
  now: Date
}

const NO_ANSWER: readonly ProbeFailure[] = ['timeout', 'unreachable']
/** RDS renews the certificates of its current CAs by itself, long before this many days. */
const SOON = 30
const DAY = 86_400_000

/** What one look at the endpoint tells of the way to it and of its certificate. */
export function checkNetwork(seen: Seen): Map<StepId, Step> {
  const steps = [dns(seen)]
  if (steps[0]!.state !== 'failed') steps.push(tcp(seen))
  const { finding } = seen
  if (finding.outcome === 'answered') steps.push(tls(seen, finding), ca(seen, finding))
  else if (steps.at(-1)!.state === 'ok') steps.push(noTls(finding.code))
  return new Map(steps.map((step) => [step.id, step]))
}

function dns({ endpoint, addresses, finding }: Seen): Step {
  const { host } = endpoint.dial
  if (isIP(host) !== 0)
    return ok('dns', `The catalog gives the address ${host}, so no name is looked up.`)
  if (addresses === null || (finding.outcome === 'failed' && finding.code === 'name_unknown'))
    return failed(
      'dns',
      'name_unknown',
      `No address is known for ${host} where the portal runs.`,
      'Compare the name with the RDS console. A private name is known only in the VPC and where its DNS is forwarded to.',
    )
  return ok('dns', `${host} is at ${addresses.slice(0, 4).join(', ')}.`)
}

function tcp({ endpoint, finding, reached }: Seen): Step {
  const { host, port } = endpoint.dial
  if (finding.outcome === 'answered' || !['refused', ...NO_ANSWER].includes(finding.code))
    return ok('tcp', `Port ${port} of ${host} is open from where the portal runs.`)
  if (finding.code === 'refused')
    return failed(
      'tcp',
      'refused',
      `${host} refuses connections at port ${port}.`,
      'Compare the port with the RDS console, and see whether the database is running.',
    )
  const mend = `Let the portal in at port ${port} in the database's security group, and see that there is a route.`
  return reached
    ? failed('tcp', finding.code, `Nothing answers at ${host}:${port} any more.`, mend)
    : cannot(
        'tcp',
        finding.code,
        `Nothing has ever answered the portal at ${host}:${port}. It may have no route there, though people have.`,
        `If it should have one: ${mend}`,
      )
}

const NO_TLS: Partial<Record<ProbeFailure, string>> = {
  no_tls: 'It does not offer TLS.',
  protocol: 'What answers there speaks another protocol than the engine of the catalog.',
  cut: 'It ended the connection before there was a certificate.',
}

const noTls = (code: ProbeFailure) =>
  failed(
    'tls',
    code,
    NO_TLS[code] ??
      'The TLS handshake failed: there is no protocol or cipher that both sides take.',
    'Compare engine and port in the catalog with the RDS console. What stands in between must pass TLS on as it is.',
  )

type Answered = Extract<TlsFinding, { outcome: 'answered' }>

function tls({ endpoint, now }: Seen, { expiresAt, fault, names, nameCovered }: Answered): Step {
  const days = Math.floor((new Date(expiresAt).getTime() - now.getTime()) / DAY)
  const until = expiresAt.slice(0, 10)
  const renew =
    'Give the database a current certificate: aws rds modify-db-instance --ca-certificate-identifier rds-ca-rsa2048-g1, or restart it if the CA is current already.'
  if (days < 0) return failed('tls', 'expired', `Its certificate ended on ${until}.`, renew)
  if (fault === 'CERT_HAS_EXPIRED')
    return failed('tls', 'expired', 'A certificate that its own was signed with has ended.', renew)
  if (fault === 'CERT_NOT_YET_VALID')
    return failed(
      'tls',
      'not_yet',
      'Its certificate is not valid yet.',
      "Check the portal's clock.",
    )
  if (!nameCovered)
    return warning(
      'tls',
      'name',
      `Its certificate is for ${names.slice(0, 3).join(', ')}, not for ${endpoint.signing.host}.`,
      'Use an endpoint that its certificate names. Clients are told to verify the chain alone here.',
    )
  if (days < SOON)
    return warning(
      'tls',
      'ends_soon',
      `Its certificate ends on ${until}: ${days} days are left.`,
      renew,
    )
  return ok(
    'tls',
    `Its certificate is for ${endpoint.signing.host} and good until ${until}: ${days} days are left.`,
  )
}

/** What says of a chain that it ends in nothing we know (OpenSSL, `X509_verify_cert_error_string`). */
function ca({ bundle, region }: Seen, { verified, fault, chain }: Answered): Step {
  if (!bundle)
    return failed(
      'ca',
      'no_bundle',
      `The portal has no CA bundle for ${region}.`,
      'Give the bundle that AWS publishes for the region on the page Setup.',
    )
  // An end that has come is told by the step before: the root is known, or OpenSSL had said so first.
  if (verified || fault === 'CERT_HAS_EXPIRED' || fault === 'CERT_NOT_YET_VALID')
    return ok('ca', `Its chain ends in a root of the CA bundle for ${region}.`)
  return failed(
    'ca',
    fault,
    `Its chain (${chain.at(-1)?.name ?? 'nothing'}) does not end in a root of the CA bundle for ${region}.`,
    'If the root is one of AWS, give its bundle on the page Setup. If it is not, something stands between the portal and the database.',
  )
}
