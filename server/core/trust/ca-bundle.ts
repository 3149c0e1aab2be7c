import type { X509Certificate } from 'node:crypto'
import { type CaFile, caFiles } from './ca-files.ts'
import { type CertificateFacts, factsOf, isAlive, isRoot, readCertificate } from './certificate.ts'
import { eachOnce, readAuthorities } from './pem.ts'

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

/** `built_in` came with the portal, `file` is the operator's CA_BUNDLE_FILE. */
export type CaSource = 'built_in' | 'file'

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

/**
 * A bundle for each region: its living roots and those of RDS Proxy. Roots only, for intermediates change by themselves
 * (Amazon RDS user guide, "Using SSL/TLS to encrypt a connection").
 */
export function builtInBundles(roots: CaRoots, now: Date): CaBundleSet {
  const proxies = roots.proxies
    .map(readCertificate)
    .filter((root) => isRoot(root) && isAlive(root, now))
  const regions = new Map<string, X509Certificate[]>()
  for (const certificate of roots.rds.map(readCertificate)) {
    const region = REGIONAL_ROOT.exec(certificate.subject)?.[1]
    if (!region || !isRoot(certificate) || !isAlive(certificate, now)) continue
    regions.set(region, [...(regions.get(region) ?? []), certificate])
  }
  const sorted = [...regions].toSorted(([a], [b]) => a.localeCompare(b))
  const all = [...sorted.flatMap(([, own]) => own), ...proxies]
  const bundles = new Map([
    [GLOBAL, bundleOf(GLOBAL, all, 'built_in')],
    ...sorted.map(
      ([region, own]) => [region, bundleOf(region, [...own, ...proxies], 'built_in')] as const,
    ),
  ])
  return { bundle: (region) => bundles.get(region), list: () => [...bundles.values()] }
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
