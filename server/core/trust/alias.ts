import type { X509Certificate } from 'node:crypto'
import { factsOf } from './certificate.ts'

/** What a Java trust store keeps: a certificate under a name, and since when. */
export type StoreEntry = { alias: string; der: Buffer; since: Date }

/**
 * An entry for each certificate, under its name. Java compares aliases without their case and keeps the last of two
 * that are the same, so each is lower-case, and one that is taken gets a piece of its digest.
 */
export function aliases(certificates: readonly X509Certificate[]): StoreEntry[] {
  const taken = new Set<string>()
  return certificates.map((certificate) => {
    const { name, sha256 } = factsOf(certificate)
    const plain =
      name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 100) || 'certificate'
    const alias = taken.has(plain) ? `${plain}-${sha256.slice(0, 16)}` : plain
    taken.add(alias)
    // A date of its own would make other bytes each time.
    return { alias, der: certificate.raw, since: new Date(certificate.validFrom) }
  })
}
