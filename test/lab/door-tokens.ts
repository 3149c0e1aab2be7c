import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { Signer } from '@aws-sdk/rds-signer'
import { execFile } from 'node:child_process'
import { ENDPOINT, type Rig, USER_KEYS } from './door-rig.ts'
import { seal, unseal } from './sealed-session.ts'
import { ALGORITHM, encode, formatTimestamp, sha256, sign } from './sigv4.ts'

export type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string }

type SessionWish = {
  role?: string
  policy?: object
  duration?: number
  /** Of the session token, characters. */
  size?: number
}

/** Keys of a role session, from the STS of the rig. */
export async function session(rig: Rig, wish: SessionWish = {}): Promise<Required<Keys>> {
  const client = new STSClient({
    endpoint: rig.sts.url,
    region: ENDPOINT.region,
    credentials: USER_KEYS,
    maxAttempts: 1,
  })
  const { Credentials: keys } = await client.send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::111122223333:role/${wish.role ?? 'team'}`,
      RoleSessionName: 'ada@example.com',
      DurationSeconds: wish.duration ?? 3600,
      ...(wish.policy && { Policy: JSON.stringify(wish.policy) }),
    }),
  )
  const sessionToken = keys?.SessionToken ?? ''
  const content = unseal(sessionToken, rig.account.sealingKey)
  if (!content) throw new Error('the STS of the lab made a token that it cannot open')
  return {
    accessKeyId: keys?.AccessKeyId ?? '',
    secretAccessKey: keys?.SecretAccessKey ?? '',
    sessionToken:
      wish.size === undefined ? sessionToken : seal(content, rig.account.sealingKey, wish.size),
  }
}

type Target = { hostname: string; port: number; region: string; username: string }

/** With the AWS SDK, as the product does, at the true time. */
export function signWithSdk(credentials: Keys, change: Partial<Target> = {}): Promise<string> {
  const { host: hostname, port, region } = ENDPOINT
  const target = { hostname, port, region, username: 'app_read', ...change }
  return new Signer({ ...target, credentials }).getAuthToken()
}

/** With the AWS CLI, which is botocore. */
export function signWithCli(keys: Keys): Promise<string> {
  const wish = ['--hostname', ENDPOINT.host, '--port', '5432', '--username', 'app_read']
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
    AWS_REGION: ENDPOINT.region,
    AWS_DEFAULT_REGION: ENDPOINT.region,
    AWS_CONFIG_FILE: '/dev/null',
  }
  return new Promise((resolve, reject) => {
    execFile('aws', ['rds', 'generate-db-auth-token', ...wish], { env }, (error, stdout) =>
      error ? reject(error) : resolve(stdout.trim()),
    )
  })
}

/** With our own code, for what the SDK would not sign. */
export function signByHand(keys: Keys, at: number, expires = '900', host = ENDPOINT.host): string {
  const timestamp = formatTimestamp(new Date(at))
  const scope = {
    accessKeyId: keys.accessKeyId,
    day: timestamp.slice(0, 8),
    region: ENDPOINT.region,
    service: 'rds-db',
  }
  const query: [string, string][] = [
    ['Action', 'connect'],
    ['DBUser', 'app_read'],
    ['X-Amz-Algorithm', ALGORITHM],
    ['X-Amz-Credential', `${keys.accessKeyId}/${scope.day}/${scope.region}/rds-db/aws4_request`],
    ['X-Amz-Date', timestamp],
    ['X-Amz-SignedHeaders', 'host'],
    ['X-Amz-Expires', expires],
    ...(keys.sessionToken === undefined
      ? []
      : [['X-Amz-Security-Token', keys.sessionToken] as [string, string]]),
  ]
  const headers = [['host', `${host}:5432`] as const]
  const signature = sign(
    { method: 'GET', path: '/', query, headers, bodyHash: sha256('') },
    scope,
    timestamp,
    keys.secretAccessKey,
  )
  const pairs = [...query, ['X-Amz-Signature', signature]].map((pair) =>
    pair.map((part) => encode(part ?? '')).join('='),
  )
  return `${host}:5432/?${pairs.join('&')}`
}
