// The certificate library builds on this polyfill and asks for it before its own import.
import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY = 86_400_000

type Keys = webcrypto.CryptoKeyPair
type Algorithm = typeof EC | typeof RSA_1024
export const RSA_1024 = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 1024,
  publicExponent: new Uint8Array([1, 0, 1]),
}

export const makeKeys = (algorithm: Algorithm = EC): Promise<Keys> =>
  crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

type Over = { kind?: string; keys?: Keys; algorithm?: Algorithm; days?: number; ca?: boolean }

/** A root as AWS names them, with a key of its own: PEM. */
export async function aRoot(
  region: string,
  { kind = 'ECC384', keys, algorithm = EC, days = 3650, ca = true }: Over = {},
): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `C=US, O=Amazon Web Services, CN=Amazon RDS ${region} Root CA ${kind} G1`,
    notBefore: new Date(Date.now() - 2 * DAY),
    notAfter: new Date(Date.now() + days * DAY),
    signingAlgorithm: algorithm,
    keys: keys ?? (await makeKeys(algorithm)),
    extensions: [new x509.BasicConstraintsExtension(ca, undefined, true)],
  })
  return `${certificate.toString('pem')}\n`
}
