import { randomBytes } from 'node:crypto'
import { makeAccessKeyId, makeSecretAccessKey } from '../lab/sealed-session.ts'

const random = (bytes: number) => randomBytes(bytes).toString('base64url')
const json = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Secrets as they really look, new each time: those that go through the portal, and those that people paste by mistake. */
export const SECRETS = {
  'a token of the portal': () =>
    `orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432/?Action=connect&DBUser=orders_reader&X-Amz-Signature=${randomBytes(32).toString('hex')}`,
  'a key pair of AWS': () => `${makeAccessKeyId('ASIA')} ${makeSecretAccessKey()}`,
  'a line of credentials': () => `aws_secret_access_key = ${makeSecretAccessKey()}`,
  'an ID token': () =>
    `${json({ alg: 'RS256', kid: random(4) })}.${json({ sub: random(9) })}.${random(256)}`,
  'a key of a session': sessionKey,
  'a cookie of the portal': () => `__Host-session=${sessionKey()}`,
  'an authorization header': () => `Bearer ${random(24)}`,
  'an address with a password': () => `postgresql://ada:${random(12)}@db.example.com/orders`,
  'a secret of a webhook': () => `whsec_${randomBytes(32).toString('base64')}`,
  'a private key': () => `-----BEGIN PRIVATE KEY-----\n${randomBytes(48).toString('base64')}\n`,
  'an access token': () => `ghp_${randomBytes(18).toString('hex')}`,
} satisfies Record<string, () => string>

/** One in some hundred thousand random keys lacks a digit or a case; it is drawn again, as no test may depend on luck. */
function sessionKey(): string {
  const key = random(32)
  return /[a-z]/.test(key) && /[A-Z]/.test(key) && /\d/.test(key) ? key : sessionKey()
}
