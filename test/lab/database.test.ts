import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { Signer } from '@aws-sdk/rds-signer'
import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CertificateAuthority, openAuthority } from './ca.ts'
import { type Door, startDoor } from './database.ts'
import { type Account, defineAccount, putRolePolicy } from './iam.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { rdsIamLookup } from './rds-iam.ts'
import { refuseToken } from './rds-token.ts'
import { seal, unseal } from './sealed-session.ts'
import { ALGORITHM, encode, formatTimestamp, sha256, sign } from './sigv4.ts'
import { startSts, type Sts } from './sts.ts'

/*
 * The door before a real PostgreSQL, tried with real clients: what gets in, what does not, and in which words.
 * Tokens are made by the AWS SDK, as the product makes them, unless a case needs one that it would never make.
 */

const ENDPOINT = {
  host: 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
  port: 5432,
  region: 'eu-west-1',
  resource: 'cluster-ABCDEFGHIJKL01234',
}
const MINUTE = 60_000
const arn = (user: string) =>
  `arn:aws:rds-db:eu-west-1:111122223333:dbuser:${ENDPOINT.resource}/${user}`
const policy = (Resource: string, Effect = 'Allow', Action = 'rds-db:connect') => ({
  Version: '2012-10-17',
  Statement: [{ Effect, Action, Resource }],
})
const userKeys = { accessKeyId: 'AKIADEMOPORTAL222222', secretAccessKey: 'secret/of+portal' }
const defineRole = (name: string, policies: Record<string, object>) => ({
  name,
  trust: {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:user/portal' },
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
    },
  },
  policies,
  maxSessionDuration: 3600,
})

let home: string
let postgres: Postgres
let authority: CertificateAuthority
let account: Account
let sts: Sts
let door: Door
let lookup: ReturnType<typeof rdsIamLookup>
let now = Date.now()
const log: string[] = []

beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-door-'))
  fs.chmodSync(home, 0o755)
  postgres = await startPostgres(path.join(home, 'postgres'))
  const admin = new pg.Client(postgres.config)
  await admin.connect()
  await admin.query(`
    create role rds_iam; create role app_read login; create role app_write login;
    create role app_plain login; create role app_super login superuser;
    create role middle; grant rds_iam to middle, app_write, app_super; grant middle to app_read;
    create table secrets (x int); create table public_things as select 1 as x;
    grant select on public_things to app_read`)
  await admin.end()
  authority = await openAuthority(home)
  account = defineAccount({
    id: '111122223333',
    regions: ['eu-west-1'],
    sealingKey: randomBytes(32),
    users: [{ name: 'portal', ...userKeys, policies: [] }],
    roles: [defineRole('team', { connect: policy(arn('app_*')) }), defineRole('bare', {})],
  })
  sts = await startSts({ account, now: () => now })
  lookup = rdsIamLookup(postgres.config)
  door = await startDoor({
    certificate: await authority.issue([ENDPOINT.host]),
    socket: String(postgres.config.host),
    databases: ['postgres'],
    usesTokens: lookup.usesTokens,
    refuseToken: (user, token) => refuseToken(token, user, ENDPOINT, account, now),
    log: (line) => log.push(line),
    loginLimit: 5_000,
  })
}, 60_000)
beforeEach(() => {
  now = Date.now()
  log.length = 0
})
afterAll(async () => {
  await door.close()
  await sts.close()
  await lookup.close()
  await postgres.stop()
  fs.rmSync(home, { recursive: true })
})

type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string }

async function session(
  options: { role?: string; policy?: object; duration?: number; size?: number } = {},
): Promise<Keys> {
  const client = new STSClient({
    endpoint: sts.url,
    region: 'eu-west-1',
    credentials: userKeys,
    maxAttempts: 1,
  })
  const { Credentials: keys } = await client.send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::111122223333:role/${options.role ?? 'team'}`,
      RoleSessionName: 'ada@example.com',
      DurationSeconds: options.duration ?? 3600,
      ...(options.policy && { Policy: JSON.stringify(options.policy) }),
    }),
  )
  const accessKeyId = keys?.AccessKeyId ?? ''
  const secretAccessKey = keys?.SecretAccessKey ?? ''
  const sessionToken = keys?.SessionToken ?? ''
  const content = unseal(sessionToken, account.sealingKey)
  if (!content) throw new Error('the STS of the lab made a token that it cannot open')
  const longer =
    options.size === undefined ? sessionToken : seal(content, account.sealingKey, options.size)
  return { accessKeyId, secretAccessKey, sessionToken: longer }
}

/** With the AWS SDK, at the true time. */
const signWithSdk = (
  credentials: Keys,
  change: Partial<{ hostname: string; port: number; region: string; username: string }> = {},
) =>
  new Signer({
    hostname: ENDPOINT.host,
    port: ENDPOINT.port,
    region: ENDPOINT.region,
    username: 'app_read',
    credentials,
    ...change,
  }).getAuthToken()

const hasAwsCli = spawnSync('aws', ['--version']).status === 0
if (!hasAwsCli) console.warn('skipped: a token of the AWS CLI, which is not installed')

function signWithCli(keys: Keys): Promise<string> {
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
function signByHand(keys: Keys, at: number, expires = '900', host = ENDPOINT.host): string {
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

type Attempt = { token: string; user?: string; database?: string; sslmode?: string; ca?: string }
type Outcome = { in: true; rows: string } | { in: false; said: string }

async function withNode({
  token,
  user = 'app_read',
  database = 'postgres',
  sslmode,
  ca,
}: Attempt): Promise<Outcome> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: door.port,
    user,
    database,
    password: token,
    ssl: sslmode === 'disable' ? false : { ca: ca ?? authority.pem, servername: ENDPOINT.host },
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ who: string }>(
      'select current_user || session_user as who',
    )
    return { in: true, rows: rows[0]?.who ?? '' }
  } catch (error) {
    return { in: false, said: (error as Error).message }
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function withPsql({
  token,
  user = 'app_read',
  database = 'postgres',
  sslmode = 'verify-full',
  ca,
}: Attempt): Promise<Outcome> {
  const bundle = path.join(home, `bundle-${sha256(ca ?? '').slice(0, 8)}.pem`)
  fs.writeFileSync(bundle, ca ?? authority.pem)
  const connection = `host=${ENDPOINT.host} hostaddr=127.0.0.1 port=${door.port} user=${user} dbname=${database} sslmode=${sslmode} sslrootcert=${bundle}`
  const query = 'select current_user || session_user'
  const options = { env: { ...process.env, PGPASSWORD: token }, timeout: 20_000 }
  return new Promise((resolve) => {
    execFile('psql', ['-XAtw', connection, '-c', query], options, (error, stdout, stderr) => {
      resolve(error ? { in: false, said: stderr } : { in: true, rows: stdout.trim() })
    })
  })
}

const PAM = 'PAM authentication failed for user "app_read"'
const change = (token: string, name: string, to: (value: string) => string) =>
  token.replace(new RegExp(`(?<=${name}=)[^&]+`), (value) => to(decodeURIComponent(value)))
const digit = (hex: string) => hex.replace(/.$/, (last) => (last === '0' ? '1' : '0'))

type Case = [name: string, expected: string | RegExp, make: () => Promise<Attempt>]
const IN = 'in'
const CASES: Case[] = [
  ['a token of the AWS SDK', IN, async () => ({ token: await signWithSdk(await session()) })],
  ...(hasAwsCli
    ? [
        [
          'a token of the AWS CLI',
          IN,
          async () => ({ token: await signWithCli(await session()) }),
        ] as Case,
      ]
    : []),
  [
    'a token with the parameters in botocore’s order',
    IN,
    async () => ({ token: signByHand(await session(), now) }),
  ],
  [
    'the same token a second time',
    IN,
    async () => {
      const token = await signWithSdk(await session())
      expect(await withNode({ token })).toMatchObject({ in: true })
      return { token }
    },
  ],
  [
    'a token of 16 minutes ago',
    PAM,
    async () => {
      const token = await signWithSdk(await session())
      now += 16 * MINUTE
      return { token }
    },
  ],
  [
    'a token of 14 and a half minutes ago',
    IN,
    async () => {
      const token = await signWithSdk(await session())
      now += 14.5 * MINUTE
      return { token }
    },
  ],
  [
    'a token signed 10 minutes in the future',
    PAM,
    async () => ({ token: signByHand(await session(), now + 10 * MINUTE) }),
  ],
  [
    'a token that wants to live for an hour',
    PAM,
    async () => ({ token: signByHand(await session(), now, '3600') }),
  ],
  [
    'a token that wants to live for 0 seconds',
    PAM,
    async () => ({ token: signByHand(await session(), now, '0') }),
  ],
  [
    'a token for another user',
    PAM,
    async () => ({ token: await signWithSdk(await session(), { username: 'app_write' }) }),
  ],
  [
    'a token for another host',
    PAM,
    async () => ({ token: await signWithSdk(await session(), { hostname: `x${ENDPOINT.host}` }) }),
  ],
  [
    'a token for the host in mixed case',
    PAM,
    async () => ({
      token: await signWithSdk(await session(), { hostname: `O${ENDPOINT.host.slice(1)}` }),
    }),
  ],
  [
    'a token for the host in mixed case, with its name put right afterwards',
    PAM,
    async () => {
      const token = await signWithSdk(await session(), { hostname: `O${ENDPOINT.host.slice(1)}` })
      return { token: `o${token.slice(1)}` }
    },
  ],
  [
    'a token for another port',
    PAM,
    async () => ({ token: await signWithSdk(await session(), { port: 5433 }) }),
  ],
  [
    'a token for the port of the door',
    PAM,
    async () => ({ token: await signWithSdk(await session(), { port: door.port }) }),
  ],
  [
    'a token for another region',
    PAM,
    async () => ({ token: await signWithSdk(await session(), { region: 'us-east-1' }) }),
  ],
  [
    'a token with one digit of the signature changed',
    PAM,
    async () => ({ token: change(await signWithSdk(await session()), 'X-Amz-Signature', digit) }),
  ],
  [
    'a token with the user changed after signing',
    PAM,
    async () => ({
      token: change(
        await signWithSdk(await session(), { username: 'app_write' }),
        'DBUser',
        () => 'app_read',
      ),
    }),
  ],
  [
    'a token without its session token',
    PAM,
    async () => ({
      token: (await signWithSdk(await session())).replace(/&X-Amz-Security-Token=[^&]+/, ''),
    }),
  ],
  [
    'a token with the session token of another session',
    PAM,
    async () => {
      const [one, two] = [await session(), await session()]
      return {
        token: change(await signWithSdk(one), 'X-Amz-Security-Token', () =>
          encode(two.sessionToken ?? ''),
        ),
      }
    },
  ],
  [
    'a token whose session has ended',
    PAM,
    async () => {
      const keys = await session({ duration: 900 })
      now += 15 * MINUTE
      return { token: signByHand(keys, now) }
    },
  ],
  [
    'a role that may not connect',
    PAM,
    async () => ({ token: await signWithSdk(await session({ role: 'bare' })) }),
  ],
  ['the long-lived key of a user', PAM, async () => ({ token: await signWithSdk(userKeys) })],
  [
    'a session policy that allows this user',
    IN,
    async () => ({ token: await signWithSdk(await session({ policy: policy(arn('app_read')) })) }),
  ],
  [
    'a session policy that allows another user',
    PAM,
    async () => ({ token: await signWithSdk(await session({ policy: policy(arn('app_write')) })) }),
  ],
  [
    'a session policy that allows more than the role',
    PAM,
    async () => ({
      token: await signWithSdk(await session({ role: 'bare', policy: policy('*') })),
    }),
  ],
  ['no password', /no password supplied|PAM authentication failed/, async () => ({ token: '' })],
  ['a password', PAM, async () => ({ token: 'hunter2' })],
  [
    'a user without rds_iam',
    'password authentication failed for user "app_plain"',
    async () => ({
      token: await signWithSdk(await session(), { username: 'app_plain' }),
      user: 'app_plain',
    }),
  ],
  [
    'a superuser with rds_iam',
    'password authentication failed for user "app_super"',
    async () => ({
      token: await signWithSdk(await session(), { username: 'app_super' }),
      user: 'app_super',
    }),
  ],
  [
    'a user that does not exist',
    'password authentication failed for user "app_nobody"',
    async () => ({
      token: await signWithSdk(await session(), { username: 'app_nobody' }),
      user: 'app_nobody',
    }),
  ],
  [
    'a database that is not behind this door',
    'database "template1" does not exist',
    async () => ({ token: await signWithSdk(await session()), database: 'template1' }),
  ],
  [
    'no TLS',
    'pg_hba.conf rejects connection for host "127.0.0.1", user "app_read", database "postgres", no encryption',
    async () => ({ token: await signWithSdk(await session()), sslmode: 'disable' }),
  ],
  [
    'another certificate authority',
    /certificate verify failed|unable to verify/,
    async () => ({
      token: await signWithSdk(await session()),
      ca: (await openAuthority(fs.mkdtempSync(path.join(home, 'ca-')))).pem,
    }),
  ],
  ...[2_300, 4_800, 9_100].map((size): Case => [
    `a session token of ${size} characters`,
    IN,
    async () => ({ token: await signWithSdk(await session({ size })) }),
  ]),
  [
    'a session from before its role was revoked',
    PAM,
    async () => {
      const token = await signWithSdk(await session())
      revoke(now + 1000)
      return { token }
    },
  ],
  [
    'a session from after its role was revoked',
    IN,
    async () => {
      revoke(now - 1000)
      return { token: await signWithSdk(await session()) }
    },
  ],
]

const team = () => account.roles.get('arn:aws:iam::111122223333:role/team')
function revoke(before: number): void {
  const role = team()
  if (!role) throw new Error('the role is gone')
  putRolePolicy(role, 'AWSRevokeOlderSessions', {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: ['*'],
        Resource: ['*'],
        Condition: { DateLessThan: { 'aws:TokenIssueTime': new Date(before).toISOString() } },
      },
    ],
  })
}

const hasPsql = spawnSync('psql', ['--version']).status === 0
if (!hasPsql) console.warn('skipped: the cases with the real psql, which is not installed')
const CLIENTS: [string, boolean, (attempt: Attempt) => Outcome | Promise<Outcome>][] = [
  ['node pg', true, withNode],
  ['psql', hasPsql, withPsql],
]

describe.each(CLIENTS)('with %s', (_, installed, connect) => {
  test.runIf(installed).each(CASES)('%s', async (_name, expected, make) => {
    team()?.policies.delete('AWSRevokeOlderSessions')
    const attempt = await make()
    const outcome = await connect(attempt)
    if (expected === IN) {
      expect(outcome).toEqual({ in: true, rows: 'app_readapp_read' })
      expect(log.at(-1)).toBe('let in user "app_read", database "postgres"')
    } else {
      expect(outcome.in).toBe(false)
      expect('said' in outcome && outcome.said).toMatch(expected)
    }
    // A prefix is enough to find it, and an empty one would be found everywhere.
    if (attempt.token) expect(log.join('\n')).not.toContain(attempt.token.slice(0, 200))
  })
})

test.runIf(hasPsql)('under sslmode=prefer psql says both refusals, as before RDS', async () => {
  const token = signByHand(await session(), now - 16 * MINUTE)
  const outcome = await withPsql({ token, sslmode: 'prefer' })
  expect(outcome).toMatchObject({ said: expect.stringContaining(PAM) })
  expect(outcome).toMatchObject({ said: expect.stringContaining('no encryption') })
})

test('behind the door the rights are those of the user', async () => {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: door.port,
    user: 'app_read',
    database: 'postgres',
    password: await signWithSdk(await session()),
    ssl: { ca: authority.pem, servername: ENDPOINT.host },
  })
  await client.connect()
  expect((await client.query('table public_things')).rows).toEqual([{ x: 1 }])
  await expect(client.query('table secrets')).rejects.toMatchObject({ code: '42501' })
  await expect(client.query('set session authorization postgres')).rejects.toMatchObject({
    code: '42501',
  })
  await expect(client.query('set role app_write')).rejects.toMatchObject({ code: '42501' })
  await client.end()
})

test('a session that is open outlives its token, and a long query can be cancelled', async () => {
  const config = {
    host: '127.0.0.1',
    port: door.port,
    user: 'app_read',
    database: 'postgres',
    password: await signWithSdk(await session()),
    ssl: { ca: authority.pem, servername: ENDPOINT.host },
  }
  const client = new pg.Client(config)
  await client.connect()
  now += 60 * MINUTE
  const sleeping = client.query('select pg_sleep(60)')
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
  const { cancelThroughDoor } = await import('./door-client.ts')
  await cancelThroughDoor(door.port, processID, secretKey)
  await expect(sleeping).rejects.toMatchObject({ code: '57014' })
  expect((await client.query('select 1 as x')).rows).toEqual([{ x: 1 }])
  await client.end()
})
