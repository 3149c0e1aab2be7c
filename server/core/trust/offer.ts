import { createHash, type X509Certificate } from 'node:crypto'
import { DomainError } from '../error.ts'
import { type KnownRoots, regionOf } from './ca-bundle.ts'
import { type CertificateFacts, factsOf, isRoot } from './certificate.ts'
import { readAuthorities, writePem } from './pem.ts'

/** Where an offer is from: an administrator, or the truststore of a partition. */
export const ORIGINS = ['upload', 'aws', 'aws-us-gov', 'aws-cn'] as const
export type Origin = (typeof ORIGINS)[number]

/** What would change if it were accepted. Regions that it has no root of stay as they are. */
export type Difference = {
  added: CertificateFacts[]
  gone: CertificateFacts[]
  same: CertificateFacts[]
  /** Of no use here: intermediates, which change by themselves, and roots that name no region. */
  passedOver: number
}

/**
 * Reads what was offered, and holds it against the roots that the portal knows. They are pinned by name and key:
 * a known name with another key is never accepted, by nobody. The name is the common one, which is what people compare;
 * with other words around it in the subject it is no other root.
 * @returns the roots of RDS regions in it, as PEM, its SHA-256, and the difference
 * @throws DomainError invalid (`bundle_unusable`, `key_changed`, `key_weak`)
 */
export function readOffer(text: string, { trusted, pinned }: KnownRoots, now: Date) {
  const authorities = readable(text, now)
  const offered = authorities.filter((each) => isRoot(each) && regionOf(each) !== undefined)
  if (offered.length === 0)
    throw refuse('bundle_unusable', 'It holds no root of an RDS region.', MEND_OWN)

  const pins = new Map<string, string>()
  for (const root of [...pinned, ...offered]) {
    const pinned = pins.get(nameOf(root)) ?? keyOf(root)
    if (pinned !== keyOf(root))
      throw refuse(
        'key_changed',
        `${nameOf(root)} is known with another key. It was not taken.`,
        'Find out where this file is from: a root keeps its key for all of its life.',
      )
    pins.set(nameOf(root), pinned)
  }
  for (const root of offered)
    if (isWeak(root)) throw refuse('key_weak', `The key of ${nameOf(root)} is too short.`)

  const regions = new Set(offered.map(regionOf))
  const identities = (roots: readonly X509Certificate[]) => new Set(roots.map(nameOf))
  const [before, after] = [identities(trusted), identities(offered)]
  const pem = writePem(offered)
  return {
    pem,
    sha256: createHash('sha256').update(pem).digest('hex'),
    difference: {
      added: offered.filter((root) => !before.has(nameOf(root))).map(factsOf),
      same: offered.filter((root) => before.has(nameOf(root))).map(factsOf),
      gone: trusted
        .filter((root) => regions.has(regionOf(root)) && !after.has(nameOf(root)))
        .map(factsOf),
      passedOver: authorities.length - offered.length,
    } satisfies Difference,
  }
}

function readable(text: string, now: Date): X509Certificate[] {
  try {
    return readAuthorities(text, now)
  } catch (cause) {
    throw refuse('bundle_unusable', `${(cause as Error).message}.`, MEND_OWN, cause)
  }
}

const nameOf = (root: X509Certificate) => factsOf(root).name

const keyOf = ({ publicKey }: X509Certificate) =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')

const isWeak = ({ publicKey }: X509Certificate) =>
  publicKey.asymmetricKeyType === 'rsa' &&
  (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) < 2048

const MEND_OWN =
  'Take the bundle of the region from AWS. For authorities of your own, point CA_BUNDLE_FILE at their file.'

const refuse = (reason: string, message: string, mend?: string, cause?: unknown) =>
  new DomainError('invalid', message, { reason, ...(mend && { mend }), cause })
