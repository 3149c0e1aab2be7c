// The certificate library builds on this polyfill and asks for it before its own import.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { randomUUID, type webcrypto } from 'node:crypto'
import path from 'node:path'
import { keepFile } from './kept-file.ts'

export type ServerCertificate = { key: string; cert: string }

export type CertificateAuthority = {
  /** The bundle that clients verify with. */
  file: string
  pem: string
  /** A certificate for these DNS names, with a new key that stays in memory. */
  issue(names: readonly string[], life?: Life): Promise<ServerCertificate>
}

/** Days from today. */
type Life = { from: number; till: number }
const YEAR: Life = { from: -1, till: 365 }
/** Was good for a month, until yesterday. */
export const EXPIRED: Life = { from: -31, till: -1 }

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY = 86_400_000

/** The lab's own certificate authority, kept in the home folder so that a bundle once downloaded stays good. */
export async function openAuthority(home: string): Promise<CertificateAuthority> {
  const keyPem = await keepFile(home, 'ca.key', async () => toPem(await makeKeys()))
  const key = await importKeys(keyPem)
  const pem = await keepFile(
    home,
    'ca.pem',
    async () => (await selfSign(key)).toString('pem') + '\n',
  )
  const root = new x509.X509Certificate(pem)
  return {
    file: path.join(home, 'ca.pem'),
    pem,
    issue: (names, life) => issue(root, key, names, life),
  }
}

function selfSign(keys: webcrypto.CryptoKeyPair): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.createSelfSigned({
    // Two roots of one name make verifiers complain of the key, not of the stranger.
    name: `CN=Latchkey lab root ${randomUUID()} (this is not AWS)`,
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 3650 * DAY),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
    ],
  })
}

async function issue(
  root: x509.X509Certificate,
  signer: webcrypto.CryptoKeyPair,
  names: readonly string[],
  { from, till }: Life = YEAR,
): Promise<ServerCertificate> {
  const keys = await makeKeys()
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=Latchkey lab database (this is not AWS)',
    issuer: root.subject,
    notBefore: new Date(Date.now() + from * DAY),
    notAfter: new Date(Date.now() + till * DAY),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
    ],
  })
  return { key: await toPem(keys), cert: certificate.toString('pem') }
}

const makeKeys = () => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

async function toPem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY')
}

/** The public half is in the private one: by way of JWK, since WebCrypto derives it no other way. */
async function importKeys(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const [der] = x509.PemConverter.decode(pem)
  if (!der) throw new Error('ca.key holds no key; remove ca.key and ca.pem to start anew.')
  const privateKey = await crypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign'])
  const { d: _, key_ops: __, ...half } = await crypto.subtle.exportKey('jwk', privateKey)
  const publicKey = await crypto.subtle.importKey('jwk', half, ALGORITHM, true, ['verify'])
  return { privateKey, publicKey }
}
