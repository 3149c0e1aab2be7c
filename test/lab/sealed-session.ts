import { createCipheriv, createDecipheriv, randomBytes, randomInt } from 'node:crypto'

/** What a session token carries, sealed: the door can be another process, and a restart forgets nothing. */
export type RoleSessionSeal = {
  accessKeyId: string
  secretAccessKey: string
  roleArn: string
  sessionName: string
  sourceIdentity: string | null
  /** The session policy as it was sent, or null. */
  policy: string | null
  /** Milliseconds. */
  issuedAt: number
  expiresAt: number
}

/** Tokens of real sessions are about this long; whoever truncates shall find out here. */
const USUAL_SIZE = 1000
const VERSION = 1

/** @param minimumSize of the token in characters. @returns base64, as long as asked or a little longer */
export function seal(session: RoleSessionSeal, key: Buffer, minimumSize = USUAL_SIZE): string {
  const body = JSON.stringify(session)
  const padding = Math.max(0, Math.ceil((minimumSize / 4) * 3) - Buffer.byteLength(body) - 30)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = [cipher.update(`${body}\n${' '.repeat(padding)}`), cipher.final()]
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), ...sealed]).toString(
    'base64',
  )
}

/** @returns undefined for whatever was not sealed with this key, to the last bit */
export function unseal(token: string, key: Buffer): RoleSessionSeal | undefined {
  const bytes = Buffer.from(token, 'base64')
  // Node ignores what is not base64, but one token shall have one spelling.
  if (bytes.toString('base64') !== token || bytes.length < 30 || bytes[0] !== VERSION) {
    return undefined
  }
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 13), {
      authTagLength: 16,
    })
    decipher.setAuthTag(bytes.subarray(13, 29))
    const body = Buffer.concat([decipher.update(bytes.subarray(29)), decipher.final()])
    return JSON.parse(body.toString()) as RoleSessionSeal
  } catch {
    return undefined
  }
}

const KEY_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Twenty characters as AWS has them, with a name that says they are not: `AKIADEMO…` of a user, `ASIADEMO…` of a session. */
export function makeAccessKeyId(kind: 'AKIA' | 'ASIA'): string {
  const letters = Array.from({ length: 12 }, () => KEY_LETTERS[randomInt(KEY_LETTERS.length)])
  return `${kind}DEMO${letters.join('')}`
}

/** Forty characters, slashes and plus signs included. */
export const makeSecretAccessKey = () => randomBytes(30).toString('base64')
