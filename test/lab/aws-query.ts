import type { IncomingMessage } from 'node:http'
import { type Account, type Caller, findCaller } from './iam.ts'
import { ALGORITHM, parseScope, parseTimestamp, sameSignature, sha256, sign } from './sigv4.ts'

/** A refusal in the form of AWS's Query protocol. */
export class AwsError extends Error {
  override readonly name = 'AwsError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

const CLOCK_LIMIT = 5 * 60_000

/** Checks who signed a request: grammar, scope, clock, key, session token, body and signature. @throws AwsError in AWS's words */
export function authenticate(
  request: IncomingMessage,
  body: Buffer,
  account: Account,
  { service, regions }: { service: string; regions: readonly string[] },
  now: number,
): Caller {
  const given = parseAuthorization(request.headers.authorization)
  const { scope, names, signature } = given
  if (scope.service !== service || !regions.includes(scope.region)) {
    throw new AwsError(
      403,
      'SignatureDoesNotMatch',
      'Credential should be scoped to a valid region.',
    )
  }
  const sessionToken = oneHeader(request, 'x-amz-security-token')
  const needed = [
    'host',
    'x-amz-date',
    ...(sessionToken === undefined ? [] : ['x-amz-security-token']),
  ]
  if (needed.some((name) => !names.includes(name))) {
    throw incomplete(`SignedHeaders must name ${needed.join(', ')}.`)
  }
  const timestamp = checkClock(request, scope.day, now)
  const caller = findCaller(account, scope.accessKeyId, sessionToken, now)
  if (caller === 'expired') {
    throw new AwsError(403, 'ExpiredToken', 'The security token included in the request is expired')
  }
  if (caller === 'unknown') {
    throw new AwsError(
      403,
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
    )
  }
  const url = new URL(request.url ?? '/', 'http://aws')
  const signed = {
    method: request.method ?? '',
    // As it was sent: what S3 signs is encoded once, and other services are asked at `/` only.
    path: url.pathname,
    query: [...url.searchParams],
    headers: names.map((name) => [name, oneHeader(request, name) ?? ''] as const),
    bodyHash: sha256(body),
  }
  if (!sameSignature(sign(signed, scope, timestamp, caller.secret), signature)) {
    throw new AwsError(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
  }
  return caller
}

function parseAuthorization(header: string | undefined) {
  if (header === undefined) {
    throw new AwsError(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token')
  }
  const grammar = new RegExp(
    `^${ALGORITHM} Credential=([^, ]+), ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$`,
  )
  const [, credential = '', list = '', signature = ''] = grammar.exec(header) ?? []
  const scope = parseScope(credential)
  if (!scope) throw incomplete('Authorization header is not in the form of Signature Version 4.')
  const names = list.split(';')
  if (names.join() !== [...new Set(names)].sort().join()) {
    throw incomplete('SignedHeaders must be sorted, each name once.')
  }
  return { scope, names, signature }
}

function checkClock(request: IncomingMessage, day: string, now: number): string {
  const timestamp = oneHeader(request, 'x-amz-date') ?? ''
  const at = parseTimestamp(timestamp)
  if (at === undefined || !timestamp.startsWith(day)) {
    throw incomplete('X-Amz-Date is not a moment of the day in Credential.')
  }
  if (at < now - CLOCK_LIMIT || at > now + CLOCK_LIMIT) {
    const which = at < now ? 'Signature expired' : 'Signature not yet current'
    const clock = new Date(now).toISOString()
    throw new AwsError(403, 'SignatureDoesNotMatch', `${which}: ${timestamp} is not near ${clock}.`)
  }
  return timestamp
}

/** A header sent twice could be read in two ways: then it counts as absent. */
function oneHeader(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name]
  return values?.length === 1 ? values[0] : undefined
}

const incomplete = (message: string) => new AwsError(400, 'IncompleteSignature', message)

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}
const escapeXml = (text: string) => text.replace(/[&<>"]/g, (c) => escapes[c] ?? c)

export type XmlTree = { readonly [name: string]: XmlValue | readonly XmlValue[] }
type XmlValue = string | number | boolean | null | XmlTree

/** Elements in the order of the object's keys; a list is one element for each of its values, and null leaves an element out. */
export function toXml(tree: XmlTree): string {
  return Object.entries(tree)
    .flatMap(([name, value]) => (isList(value) ? value : [value]).map((one) => element(name, one)))
    .join('')
}

function element(name: string, value: XmlValue): string {
  if (value === null) return ''
  const inner = typeof value === 'object' ? toXml(value) : escapeXml(String(value))
  return `<${name}>${inner}</${name}>`
}

/** `Array.isArray` does not tell a read-only list from an object. */
const isList = (value: XmlValue | readonly XmlValue[]): value is readonly XmlValue[] =>
  Array.isArray(value)
