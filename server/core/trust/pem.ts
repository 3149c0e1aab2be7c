import type { X509Certificate } from 'node:crypto'
import { isAlive, readCertificate } from './certificate.ts'

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g

/**
 * The certificates of CAs in a PEM text that have begun and not ended, in its order, each once.
 * @throws Error in words for the operator: nothing in it, not PEM, a private key, no CA, all expired
 */
export function readAuthorities(text: string, now: Date): X509Certificate[] {
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
  return eachOnce(alive)
}

/** Every certificate of a PEM text that the portal wrote itself. */
export const readCertificates = (pem: string): X509Certificate[] =>
  [...pem.matchAll(PEM_BLOCK)].map(([text]) => readCertificate(text))

/** By their bytes: a trust store refuses an entry that it has already. */
export const eachOnce = (certificates: readonly X509Certificate[]): X509Certificate[] => [
  ...new Map(certificates.map((each) => [each.fingerprint256, each])).values(),
]

export const writePem = (certificates: readonly X509Certificate[]) =>
  certificates.map((certificate) => certificate.toString()).join('')

function readNth(pem: string, position: number): X509Certificate {
  try {
    return readCertificate(pem)
  } catch (cause) {
    throw new Error(`Certificate ${position} cannot be read`, { cause })
  }
}
