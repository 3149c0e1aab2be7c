import type { X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import { connect } from 'node:tls'
import { factsOf } from '../core/trust/certificate.ts'
import type { SeenCertificate, TlsFinding } from '../core/trust/tls-finding.ts'

/** What a server may make us keep. */
const LONGEST_CHAIN = 10
const MOST_NAMES = 100
const LONGEST_NAME = 300

/**
 * A TLS handshake, and its end. OpenSSL verifies the chain against the bundle alone; what the system trusts does not count.
 * @param ca PEM; undefined proves nothing
 */
export const shakeHands = (
  socket: Socket,
  host: string,
  ca: string | undefined,
): Promise<TlsFinding> =>
  new Promise((resolve, reject) => {
    const secure = connect({
      socket,
      ...(isIP(host) === 0 && { servername: host }),
      ca: ca === undefined ? [] : [ca],
      minVersion: 'TLSv1.2',
      // What cannot be verified is looked at all the same: it is what there is to tell.
      rejectUnauthorized: false,
      // The name is judged apart from the chain.
      checkServerIdentity: () => undefined,
    })
    secure.on('error', reject)
    secure.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    secure.once('secureConnect', () => {
      const own = secure.getPeerX509Certificate()
      if (!own) return reject(new Error('no certificate'))
      const fault = secure.authorized ? null : String(secure.authorizationError)
      resolve({
        outcome: 'answered',
        chain: chainOf(own).map(seen),
        names: namesOf(own),
        verified: secure.authorized && ca !== undefined,
        fault: ca === undefined ? 'no_bundle' : fault,
        nameCovered: own.checkHost(host, { partialWildcards: false }) !== undefined,
        expiresAt: new Date(own.validTo).toISOString(),
      })
      secure.destroy()
    })
  })

function chainOf(own: X509Certificate): X509Certificate[] {
  const chain = [own]
  for (let next = own.issuerCertificate; next && chain.length < LONGEST_CHAIN;) {
    if (next.fingerprint256 === chain.at(-1)?.fingerprint256) break
    chain.push(next)
    next = next.issuerCertificate
  }
  return chain
}

function seen(certificate: X509Certificate): SeenCertificate {
  const { name, sha256, expiresAt } = factsOf(certificate)
  return { name: shown(name), sha256, expiresAt: expiresAt.toISOString() }
}

/** Names of hosts; where there are none, clients look at the common name. */
function namesOf(own: X509Certificate): string[] {
  const names = [...(own.subjectAltName ?? '').matchAll(/DNS:("(?:[^"\\]|\\.)*"|[^,]+)/g)]
    .slice(0, MOST_NAMES)
    .map(([, name = '']) => shown(name))
  return names.length > 0 ? names : [shown(factsOf(own).name)]
}

/** A server may write anything into its certificate. */
const shown = (text: string) => text.replace(/\p{C}/gu, '\ufffd').slice(0, LONGEST_NAME)
