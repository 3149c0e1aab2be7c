import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/*
 * SCRAM-SHA-256 without channel binding, the server's side (RFC 5802, RFC 7677; PostgreSQL manual, "SASL Authentication").
 * It knows what PostgreSQL keeps in `pg_authid`, which is not the password.
 */

export const MECHANISM = 'SCRAM-SHA-256'

/** What PostgreSQL keeps of a password: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`. */
type Verifier = { iterations: number; salt: string; storedKey: Buffer; serverKey: Buffer }

export type Exchange = {
  /** Sent to the client after its first message. */
  challenge: string
  /** @returns what proves to the client that the server knows it, or undefined for a wrong password */
  finish(final: string): string | undefined
}

const DOOMED_KEY = randomBytes(32)

/**
 * @param first the client's first message
 * @param written as it stands in `pg_authid`; without one every password is wrong, and the exchange does not tell why
 * @returns undefined when the message is malformed
 */
export function beginScram(
  first: string,
  written: string | undefined,
  user: string,
): Exchange | undefined {
  const [, header = '', bare = '', clientNonce] =
    /^([ny],,)(n=[^,]*,r=([!-+\--~]+))$/.exec(first) ?? []
  if (clientNonce === undefined) return undefined
  const verifier = parseVerifier(written) ?? makeDoomed(user)
  const nonce = clientNonce + randomBytes(18).toString('base64')
  const challenge = `r=${nonce},s=${verifier.salt},i=${verifier.iterations}`
  return {
    challenge,
    finish(final) {
      const unproven = `c=${Buffer.from(header).toString('base64')},r=${nonce}`
      if (!final.startsWith(`${unproven},p=`)) return undefined
      const proof = Buffer.from(final.slice(unproven.length + 3), 'base64')
      const said = [bare, challenge, unproven].join()
      const signature = hmac(verifier.storedKey, said)
      if (proof.length !== signature.length) return undefined
      const clientKey = Buffer.from(proof.map((byte, i) => byte ^ (signature[i] ?? 0)))
      const known = createHash('sha256').update(clientKey).digest()
      if (!timingSafeEqual(known, verifier.storedKey)) return undefined
      return `v=${hmac(verifier.serverKey, said).toString('base64')}`
    },
  }
}

function parseVerifier(written: string | undefined): Verifier | undefined {
  const parts = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(written ?? '')
  if (!parts) return undefined
  const [, iterations, salt = '', stored = '', server = ''] = parts
  return {
    iterations: Number(iterations),
    salt,
    storedKey: Buffer.from(stored, 'base64'),
    serverKey: Buffer.from(server, 'base64'),
  }
}

/** A user without a password has a salt as well, always the same: nobody can tell by it who exists. */
const makeDoomed = (user: string): Verifier => ({
  iterations: 4096,
  salt: hmac(DOOMED_KEY, user).subarray(0, 16).toString('base64'),
  storedKey: randomBytes(32),
  serverKey: randomBytes(32),
})

const hmac = (key: Buffer, data: string) => createHmac('sha256', key).update(data).digest()
