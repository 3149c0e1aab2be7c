import { type Account, findCaller, isAllowed } from './iam.ts'
import { ALGORITHM, parseScope, parseTimestamp, sameSignature, sha256, sign } from './sigv4.ts'

/** What a door stands before: one endpoint of one database of the account. */
export type RdsEndpoint = {
  /** As RDS writes it, in lower case. */
  host: string
  port: number
  region: string
  /** `cluster-…` or `db-…`, as it stands in ARNs. */
  resource: string
}

const LONGEST_LIFE = 900
/** How far ahead a signer's clock may be, as for other AWS services. */
const CLOCK_LIMIT = 5 * 60_000
const NEEDED = [
  'Action',
  'DBUser',
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
]
const SESSION = 'X-Amz-Security-Token'

/**
 * Whether this token opens this endpoint for this database user now: form, endpoint, clock, key, signature and `rds-db:connect`.
 * (Amazon RDS user guide, "IAM database authentication".)
 * @param now milliseconds
 * @returns undefined when it does, else why not; RDS keeps the reason to itself, and so does the door
 */
export function refuseToken(
  token: string,
  user: string,
  endpoint: RdsEndpoint,
  account: Account,
  now: number,
): string | undefined {
  const address = `${endpoint.host}:${endpoint.port}`
  // Exactly: a token for another spelling of the host was signed for another host.
  if (!token.startsWith(`${address}/?`)) return 'it is not for this host and port'
  const query = parseQuery(token.slice(address.length + 2))
  if (query === undefined) return 'its parameters are malformed'
  const get = (name: string) => query.get(name) ?? ''

  if (get('Action') !== 'connect') return 'its action is not connect'
  if (get('X-Amz-Algorithm') !== ALGORITHM) return 'its algorithm is unknown'
  if (get('X-Amz-SignedHeaders') !== 'host') return 'it signs other headers than host'
  if (get('DBUser') !== user) return 'it is for another user'
  const scope = parseScope(get('X-Amz-Credential'))
  if (scope?.service !== 'rds-db') return 'it is for another service'
  if (scope.region !== endpoint.region) return 'it is for another region'

  const timestamp = get('X-Amz-Date')
  const signedAt = parseTimestamp(timestamp)
  if (signedAt === undefined || !timestamp.startsWith(scope.day)) return 'its date is malformed'
  const life = /^[1-9]\d{0,5}$/.test(get('X-Amz-Expires')) ? Number(get('X-Amz-Expires')) : NaN
  if (!(life <= LONGEST_LIFE)) return 'it asks to live longer than 15 minutes'
  if (signedAt > now + CLOCK_LIMIT) return 'it was signed in the future'
  if (now >= signedAt + life * 1000) return 'it has expired'

  const caller = findCaller(account, scope.accessKeyId, query.get(SESSION), now)
  if (caller === 'expired') return 'the session that signed it has expired'
  if (caller === 'unknown') return 'nobody has such a key and session'
  const signature = get('X-Amz-Signature')
  const signed = {
    method: 'GET',
    path: '/',
    query: [...query].filter(([name]) => name !== 'X-Amz-Signature'),
    headers: [['host', address] as const],
    bodyHash: sha256(''),
  }
  if (!sameSignature(sign(signed, scope, timestamp, caller.secret), signature)) {
    return 'its signature is wrong'
  }

  const arn = `arn:aws:rds-db:${endpoint.region}:${account.id}:dbuser:${endpoint.resource}/${user}`
  return isAllowed(caller, 'rds-db:connect', arn)
    ? undefined
    : `nobody allows rds-db:connect on ${arn}`
}

/** Every parameter once, none that we do not know, each decodable: what could be read in two ways is not read at all. */
function parseQuery(text: string): ReadonlyMap<string, string> | undefined {
  const query = new Map<string, string>()
  for (const part of text.split('&')) {
    const [name = '', value, ...rest] = part.split('=')
    if (value === undefined || rest.length > 0 || query.has(name)) return undefined
    if (!NEEDED.includes(name) && name !== SESSION) return undefined
    try {
      query.set(name, decodeURIComponent(value))
    } catch {
      return undefined
    }
  }
  return NEEDED.every((name) => query.has(name)) ? query : undefined
}
