import { createHash, type X509Certificate } from 'node:crypto'
import { aliases } from './alias.ts'
import { writeJks } from './jks.ts'
import { writeP7b } from './p7b.ts'
import { writePem } from './pem.ts'
import { writePkcs12 } from './pkcs12.ts'

/** One way to give out a bundle. The same certificates make the same bytes, on every replica and after every start. */
export type CaFile = {
  format: CaFormat
  mediaType: string
  bytes: Buffer
  /** Of the bytes, lower-case hex. */
  sha256: string
}

export const CA_FORMATS = ['pem', 'p7b', 'p12', 'jks'] as const
export type CaFormat = (typeof CA_FORMATS)[number]

/**
 * Java wants a password for a trust store. It guards no secret, since all in it is public, so it is the one that
 * everybody knows.
 */
export const STORE_PASSWORD = 'changeit'

const MEDIA_TYPES: Record<CaFormat, string> = {
  pem: 'application/x-pem-file',
  p7b: 'application/x-pkcs7-certificates',
  p12: 'application/x-pkcs12',
  jks: 'application/x-java-keystore',
}

/** The files of one bundle. The PEM is made at once, the others when they are first asked for: few are. */
export function caFiles(certificates: readonly X509Certificate[]) {
  const pem = writePem(certificates)
  const sha256 = digest(pem)
  let made: readonly CaFile[] | undefined
  const make = () => {
    const ders = certificates.map(({ raw }) => raw)
    const entries = aliases(certificates)
    const bytes: Record<CaFormat, Buffer> = {
      pem: Buffer.from(pem),
      p7b: writeP7b(ders),
      p12: writePkcs12(entries, STORE_PASSWORD),
      jks: writeJks(entries, STORE_PASSWORD),
    }
    return CA_FORMATS.map((format) => ({
      format,
      mediaType: MEDIA_TYPES[format],
      bytes: bytes[format],
      sha256: digest(bytes[format]),
    }))
  }
  return { pem, sha256, files: () => (made ??= make()) }
}

const digest = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')
