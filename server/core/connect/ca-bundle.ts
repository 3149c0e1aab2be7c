import { createHash, X509Certificate } from 'node:crypto'

/** The certificates that prove the databases of one region, in PEM. */
export type CaBundle = {
  region: string
  pem: string
  /** Of the PEM's bytes, lower-case hex. */
  sha256: string
  certificates: number
  /** When the first of them ends. */
  expiresAt: Date
  source: 'built_in' | 'file'
}

export type CaBundleSet = {
  /** Undefined for a region that the set cannot prove: a bundle that cannot work would only hide that. */
  bundle(region: string): CaBundle | undefined
  list(): Omit<CaBundle, 'pem'>[]
}

/** PEM texts, one certificate each. `proxies` sign RDS Proxy, which has public certificates (Aurora user guide, "RDS Proxy concepts"). */
export type CaRoots = { rds: readonly string[]; proxies: readonly string[] }

/** `Amazon RDS eu-west-1 Root CA RSA2048 G1`, but neither `Amazon RDS Beta us-east-1 …` nor `… Preview …`. */
const REGIONAL_ROOT = /^CN=Amazon RDS ([a-z]{2}(?:-[a-z]+)+-\d) Root CA /m

/**
 * A bundle for each region: its living roots and those of RDS Proxy. Roots only, for intermediates change by themselves
 * (Amazon RDS user guide, "Using SSL/TLS to encrypt a connection").
 */
export function builtInBundles(roots: CaRoots, now: Date): CaBundleSet {
  const proxies = roots.proxies.map(read).filter((root) => isRoot(root) && isAlive(root, now))
  const regions = new Map<string, X509Certificate[]>()
  for (const certificate of roots.rds.map(read)) {
    const region = REGIONAL_ROOT.exec(certificate.subject)?.[1]
    if (!region || !isRoot(certificate) || !isAlive(certificate, now)) continue
    regions.set(region, [...(regions.get(region) ?? []), certificate])
  }
  const bundles = new Map(
    [...regions]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([region, own]) => [region, bundleOf(region, [...own, ...proxies], 'built_in')]),
  )
  return {
    bundle: (region) => bundles.get(region),
    list: () => [...bundles.values()].map(withoutPem),
  }
}

/**
 * The operator's own PEM file, for every region. What has expired in it is left out.
 * @param regions those of the catalog, for the list
 * @throws Error in words for the operator: nothing in it, not PEM, a private key, no CA, all expired
 */
export function fileBundles(
  text: string,
  now: Date,
  regions: () => readonly string[],
): CaBundleSet {
  const certificates = readFile(text, now)
  const bundle = (region: string) => bundleOf(region, certificates, 'file')
  return { bundle, list: () => regions().map(bundle).map(withoutPem) }
}

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g

function readFile(text: string, now: Date): X509Certificate[] {
  const blocks = [...text.matchAll(PEM_BLOCK)]
  if (blocks.some(([, label = '']) => label.includes('PRIVATE KEY')))
    throw new Error('It holds a private key, and it is served to everybody: take the key out')
  const certificates = blocks
    .filter(([, label]) => label === 'CERTIFICATE')
    .map(([pem], index) => readNth(pem, index + 1))
  if (certificates.length === 0) throw new Error('It holds no certificate in PEM form')

  const authorities = certificates.filter(({ ca }) => ca)
  if (authorities.length === 0)
    throw new Error('None of its certificates is that of a CA: a server certificate proves nothing')
  const alive = authorities.filter((certificate) => isAlive(certificate, now))
  if (alive.length === 0)
    throw new Error('All of its CA certificates have expired or are not valid yet')
  return alive
}

function readNth(pem: string, position: number): X509Certificate {
  try {
    return read(pem)
  } catch (cause) {
    throw new Error(`Certificate ${position} cannot be read`, { cause })
  }
}

const read = (pem: string) => new X509Certificate(pem)

const isRoot = (certificate: X509Certificate) =>
  certificate.ca &&
  certificate.issuer === certificate.subject &&
  certificate.verify(certificate.publicKey)

const isAlive = ({ validFrom, validTo }: X509Certificate, now: Date) =>
  new Date(validFrom) <= now && now < new Date(validTo)

function bundleOf(
  region: string,
  certificates: readonly X509Certificate[],
  source: CaBundle['source'],
): CaBundle {
  const pem = certificates.map((certificate) => certificate.toString()).join('')
  const ends = certificates.map(({ validTo }) => new Date(validTo).getTime())
  return {
    region,
    pem,
    sha256: createHash('sha256').update(pem).digest('hex'),
    certificates: certificates.length,
    expiresAt: new Date(Math.min(...ends)),
    source,
  }
}

const withoutPem = ({ pem: _, ...rest }: CaBundle) => rest
