import type { X509Certificate } from 'node:crypto'
import { type CaFile, caFiles } from './ca-files.ts'
import { type CertificateFacts, factsOf, isAlive, isRoot, readCertificate } from './certificate.ts'
import { eachOnce, readAuthorities, readCertificates } from './pem.ts'

/** The certificates that prove the databases of one region, and the files that they are given out as. */
export type CaBundle = {
  /** A region, or `global`: all that the portal trusts. */
  region: string
  pem: string
  /** Of the PEM's bytes, lower-case hex. */
  sha256: string
  certificates: readonly CertificateFacts[]
  /** When the first of them ends. */
  expiresAt: Date
  source: CaSource
  /** PEM, P7B, PKCS12 and JKS: made when they are first asked for. */
  files: () => readonly CaFile[]
}

/** `built_in` came with the portal, `accepted` was accepted by an administrator, `file` is the operator's CA_BUNDLE_FILE. */
export type CaSource = 'built_in' | 'accepted' | 'file'

export type CaBundleSet = {
  /** Undefined for a region that the set cannot prove: a bundle that cannot work would only hide that. */
  bundle(region: string): CaBundle | undefined
  /** The global one first. */
  list(): readonly CaBundle[]
}

/** PEM texts, one certificate each. `proxies` sign RDS Proxy, which has public certificates (Aurora user guide, "RDS Proxy concepts"). */
export type CaRoots = { rds: readonly string[]; proxies: readonly string[] }

export const GLOBAL = 'global'

/** `Amazon RDS eu-west-1 Root CA RSA2048 G1`, but neither `Amazon RDS Beta us-east-1 …` nor `… Preview …`. */
const REGIONAL_ROOT = /^CN=Amazon RDS ([a-z]{2}(?:-[a-z]+)+-\d) Root CA /m

/** The region whose databases a root signs; undefined for any other certificate. */
export const regionOf = ({ subject }: X509Certificate) => REGIONAL_ROOT.exec(subject)?.[1]

/** The roots of RDS regions: those that are trusted now, and all that were ever known, which new ones are held against. */
export type KnownRoots = {
  trusted: readonly X509Certificate[]
  pinned: readonly X509Certificate[]
}

/**
 * A bundle for each region: its living roots and those of RDS Proxy. Roots only, for intermediates change by themselves
 * (Amazon RDS user guide, "Using SSL/TLS to encrypt a connection").
 * @param accepted PEM texts, the oldest first: for the regions that one has roots of, it takes the place of what was before
 */
export function regionalBundles(
  roots: CaRoots,
  accepted: readonly string[],
  now: Date,
): { set: CaBundleSet; known: KnownRoots } {
  const proxies = roots.proxies
    .map(readCertificate)
    .filter((root) => isRoot(root) && isAlive(root, now))
  const pinned: X509Certificate[] = []
  const regions = new Map<string, { own: X509Certificate[]; source: CaSource }>()
  const take = (certificates: readonly X509Certificate[], source: CaSource) => {
    const fresh = new Map<string, X509Certificate[]>()
    for (const certificate of certificates) {
      const region = regionOf(certificate)
      if (!region || !isRoot(certificate)) continue
      pinned.push(certificate)
      if (isAlive(certificate, now)) fresh.set(region, [...(fresh.get(region) ?? []), certificate])
    }
    for (const [region, own] of fresh) regions.set(region, { own, source })
  }
  take(roots.rds.map(readCertificate), 'built_in')
  for (const pem of accepted) take(readCertificates(pem), 'accepted')

  const sorted = [...regions].toSorted(([a], [b]) => a.localeCompare(b))
  const trusted = sorted.flatMap(([, { own }]) => own)
  const source = accepted.length > 0 ? 'accepted' : 'built_in'
  const bundles = new Map([
    [GLOBAL, bundleOf(GLOBAL, [...trusted, ...proxies], source)],
    ...sorted.map(
      ([region, { own, source }]) =>
        [region, bundleOf(region, [...own, ...proxies], source)] as const,
    ),
  ])
  return {
    set: { bundle: (region) => bundles.get(region), list: () => [...bundles.values()] },
    known: { trusted, pinned },
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
  const everywhere = bundleOf(GLOBAL, readAuthorities(text, now), 'file')
  const bundle = (region: string) => ({ ...everywhere, region })
  return { bundle, list: () => [GLOBAL, ...regions()].map(bundle) }
}

function bundleOf(
  region: string,
  certificates: readonly X509Certificate[],
  source: CaSource,
): CaBundle {
  const each = eachOnce(certificates)
  const facts = each.map(factsOf)
  const { pem, sha256, files } = caFiles(each)
  const ends = facts.map(({ expiresAt }) => expiresAt.getTime())
  return {
    region,
    pem,
    sha256,
    certificates: facts,
    expiresAt: new Date(Math.min(...ends)),
    source,
    files,
  }
}
