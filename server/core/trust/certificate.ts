import { X509Certificate } from 'node:crypto'

/** A certificate as people and programs are told of it. */
export type CertificateFacts = {
  /** Its common name, or all of the subject where it has none. */
  name: string
  /** All of the subject in one line, as the certificate orders it. */
  subject: string
  /** `RSA 2048`, `EC P-384`, or what Node calls it. */
  key: string
  /** Of its DER, lower-case hex. */
  sha256: string
  expiresAt: Date
}

export function factsOf(certificate: X509Certificate): CertificateFacts {
  const subject = certificate.subject ?? ''
  return {
    name: /^CN=(.+)$/m.exec(subject)?.[1] ?? oneLine(subject),
    subject: oneLine(subject),
    key: keyKind(certificate),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    expiresAt: new Date(certificate.validTo),
  }
}

export const readCertificate = (pemOrDer: string | Uint8Array) => new X509Certificate(pemOrDer)

/** Signed by itself, and allowed to sign others. */
export const isRoot = (certificate: X509Certificate) =>
  certificate.ca &&
  certificate.issuer === certificate.subject &&
  certificate.verify(certificate.publicKey)

export const isAlive = ({ validFrom, validTo }: X509Certificate, now: Date) =>
  new Date(validFrom) <= now && now < new Date(validTo)

const oneLine = (name: string) => name.split('\n').join(', ')

const CURVES: Record<string, string> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
}

function keyKind({ publicKey }: X509Certificate): string {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = publicKey
  if (type === 'rsa') return `RSA ${details?.modulusLength ?? ''}`.trim()
  const curve = details?.namedCurve
  return type === 'ec' && curve ? `EC ${CURVES[curve] ?? curve}` : type
}
