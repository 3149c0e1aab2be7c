import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/*
 * Signature Version 4, verifying side (IAM user guide, "Create a signed AWS API request").
 * It is written from the rules and never calls the AWS SDK, so that product and lab check each other.
 */

export const ALGORITHM = 'AWS4-HMAC-SHA256'

/** What a signature covers. `query` and `headers` hold decoded, resp. raw, pairs. */
export type Signed = {
  method: string
  path: string
  query: readonly (readonly [string, string])[]
  headers: readonly (readonly [string, string])[]
  /** SHA-256 of the body, lower-case hex. */
  bodyHash: string
}

/** `Credential`: `<key id>/<yyyymmdd>/<region>/<service>/aws4_request`. */
export type Scope = { accessKeyId: string; day: string; region: string; service: string }

export function parseScope(credential: string): Scope | undefined {
  const [accessKeyId, day, region, service, end, ...rest] = credential.split('/')
  if (!accessKeyId || !day || !region || !service || end !== 'aws4_request' || rest.length > 0) {
    return undefined
  }
  return /^\d{8}$/.test(day) ? { accessKeyId, day, region, service } : undefined
}

/** @returns the signature that the owner of the secret would have made, lower-case hex */
export function sign(signed: Signed, scope: Scope, timestamp: string, secret: string): string {
  const { day, region, service } = scope
  const text = [
    ALGORITHM,
    timestamp,
    `${day}/${region}/${service}/aws4_request`,
    sha256(canonicalRequest(signed)),
  ].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`AWS4${secret}`),
  )
  return hmac(key, text).toString('hex')
}

export function sameSignature(expected: string, given: string): boolean {
  return (
    /^[0-9a-f]{64}$/.test(given) &&
    timingSafeEqual(Buffer.from(expected, 'hex'), Buffer.from(given, 'hex'))
  )
}

function canonicalRequest({ method, path, query, headers, bodyHash }: Signed): string {
  const pairs = query.map(([name, value]) => [encode(name), encode(value)] as const)
  const lines = headers
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, ' ')] as const)
    .sort(byName)
  return [
    method,
    path,
    pairs
      .sort((a, b) => byName(a, b) || compare(a[1], b[1]))
      .map((pair) => pair.join('='))
      .join('&'),
    ...lines.map((line) => line.join(':')),
    '',
    lines.map(([name]) => name).join(';'),
    bodyHash,
  ].join('\n')
}

const byName = (a: readonly [string, string], b: readonly [string, string]) => compare(a[0], b[0])
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** RFC 3986: everything but `A-Za-z0-9-._~`, also what encodeURIComponent leaves alone. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

export const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const hmac = (key: Buffer, data: string) => createHmac('sha256', key).update(data).digest()

/** `yyyymmddThhmmssZ`. @returns milliseconds, or undefined when it is no real moment in that form */
export function parseTimestamp(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second] = match
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const time = Date.parse(iso)
  // `20260231` parses in some engines as a day of March: only a round trip counts.
  return Number.isNaN(time) || new Date(time).toISOString() !== iso ? undefined : time
}

export const formatTimestamp = (at: Date) =>
  at.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '')
