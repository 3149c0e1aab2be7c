import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { openAuthority } from './ca.ts'
import type { Attempt, Outcome } from './door-clients.ts'
import { allow, arnOf, ENDPOINT, type Rig, USER_KEYS } from './door-rig.ts'
import { session, signByHand, signWithCli, signWithSdk } from './door-tokens.ts'
import { putRolePolicy } from './iam.ts'
import { encode } from './sigv4.ts'

export const MINUTE = 60_000
const hasAwsCli = spawnSync('aws', ['--version']).status === 0
if (!hasAwsCli) console.warn('skipped: a token of the AWS CLI, which is not installed')

export const PAM = 'PAM authentication failed for user "app_read"'
const change = (token: string, name: string, to: (value: string) => string) =>
  token.replace(new RegExp(`(?<=${name}=)[^&]+`), (value) => to(decodeURIComponent(value)))
const digit = (hex: string) => hex.replace(/.$/, (last) => (last === '0' ? '1' : '0'))

export type Connect = (rig: Rig, attempt: Attempt) => Promise<Outcome>
export type Case = [
  name: string,
  expected: string | RegExp,
  make: (rig: Rig, connect: Connect) => Promise<Attempt>,
]
export const IN = 'in'
export const CASES: Case[] = [
  ['a token of the AWS SDK', IN, async (rig) => ({ token: await signWithSdk(await session(rig)) })],
  ...(hasAwsCli
    ? [
        [
          'a token of the AWS CLI',
          IN,
          async (rig) => ({ token: await signWithCli(await session(rig)) }),
        ] as Case,
      ]
    : []),
  [
    'a token with the parameters in botocore’s order',
    IN,
    async (rig) => ({ token: signByHand(await session(rig), rig.now) }),
  ],
  [
    'the same token a second time',
    IN,
    async (rig, connect) => {
      const token = await signWithSdk(await session(rig))
      await connect(rig, { token })
      return { token }
    },
  ],
  [
    'a token of 16 minutes ago',
    PAM,
    async (rig) => {
      const token = await signWithSdk(await session(rig))
      rig.now += 16 * MINUTE
      return { token }
    },
  ],
  [
    'a token of 14 and a half minutes ago',
    IN,
    async (rig) => {
      const token = await signWithSdk(await session(rig))
      rig.now += 14.5 * MINUTE
      return { token }
    },
  ],
  [
    'a token signed 10 minutes in the future',
    PAM,
    async (rig) => ({ token: signByHand(await session(rig), rig.now + 10 * MINUTE) }),
  ],
  [
    'a token that wants to live for an hour',
    PAM,
    async (rig) => ({ token: signByHand(await session(rig), rig.now, '3600') }),
  ],
  [
    'a token that wants to live for 0 seconds',
    PAM,
    async (rig) => ({ token: signByHand(await session(rig), rig.now, '0') }),
  ],
  [
    'a token for another user',
    PAM,
    async (rig) => ({ token: await signWithSdk(await session(rig), { username: 'app_write' }) }),
  ],
  [
    'a token for another host',
    PAM,
    async (rig) => ({
      token: await signWithSdk(await session(rig), { hostname: `x${ENDPOINT.host}` }),
    }),
  ],
  [
    'a token for the host in mixed case',
    PAM,
    async (rig) => ({
      token: await signWithSdk(await session(rig), { hostname: `O${ENDPOINT.host.slice(1)}` }),
    }),
  ],
  [
    'a token for the host in mixed case, with its name put right afterwards',
    PAM,
    async (rig) => {
      const token = await signWithSdk(await session(rig), {
        hostname: `O${ENDPOINT.host.slice(1)}`,
      })
      return { token: `o${token.slice(1)}` }
    },
  ],
  [
    'a token for another port',
    PAM,
    async (rig) => ({ token: await signWithSdk(await session(rig), { port: 5433 }) }),
  ],
  [
    'a token for the port of the door',
    PAM,
    async (rig) => ({ token: await signWithSdk(await session(rig), { port: rig.door.port }) }),
  ],
  [
    'a token for another region',
    PAM,
    async (rig) => ({ token: await signWithSdk(await session(rig), { region: 'us-east-1' }) }),
  ],
  [
    'a token with one digit of the signature changed',
    PAM,
    async (rig) => ({
      token: change(await signWithSdk(await session(rig)), 'X-Amz-Signature', digit),
    }),
  ],
  [
    'a token with the user changed after signing',
    PAM,
    async (rig) => ({
      token: change(
        await signWithSdk(await session(rig), { username: 'app_write' }),
        'DBUser',
        () => 'app_read',
      ),
    }),
  ],
  [
    'a token without its session token',
    PAM,
    async (rig) => ({
      token: (await signWithSdk(await session(rig))).replace(/&X-Amz-Security-Token=[^&]+/, ''),
    }),
  ],
  [
    'a token with the session token of another session',
    PAM,
    async (rig) => {
      const [one, two] = [await session(rig), await session(rig)]
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
    async (rig) => {
      const keys = await session(rig, { duration: 900 })
      rig.now += 15 * MINUTE
      return { token: signByHand(keys, rig.now) }
    },
  ],
  [
    'a role that may not connect',
    PAM,
    async (rig) => ({ token: await signWithSdk(await session(rig, { role: 'bare' })) }),
  ],
  ['the long-lived key of a user', PAM, async () => ({ token: await signWithSdk(USER_KEYS) })],
  [
    'a session policy that allows this user',
    IN,
    async (rig) => ({
      token: await signWithSdk(await session(rig, { policy: allow(arnOf('app_read')) })),
    }),
  ],
  [
    'a session policy that allows another user',
    PAM,
    async (rig) => ({
      token: await signWithSdk(await session(rig, { policy: allow(arnOf('app_write')) })),
    }),
  ],
  [
    'a session policy that allows more than the role',
    PAM,
    async (rig) => ({
      token: await signWithSdk(await session(rig, { role: 'bare', policy: allow('*') })),
    }),
  ],
  ['no password', /no password supplied|PAM authentication failed/, async () => ({ token: '' })],
  ['a password', PAM, async () => ({ token: 'hunter2' })],
  [
    'a user without rds_iam',
    'password authentication failed for user "app_plain"',
    async (rig) => ({
      token: await signWithSdk(await session(rig), { username: 'app_plain' }),
      user: 'app_plain',
    }),
  ],
  [
    'a superuser with rds_iam',
    'password authentication failed for user "app_super"',
    async (rig) => ({
      token: await signWithSdk(await session(rig), { username: 'app_super' }),
      user: 'app_super',
    }),
  ],
  [
    'a user that does not exist',
    'password authentication failed for user "app_nobody"',
    async (rig) => ({
      token: await signWithSdk(await session(rig), { username: 'app_nobody' }),
      user: 'app_nobody',
    }),
  ],
  [
    'a database that is not behind this door',
    'database "template1" does not exist',
    async (rig) => ({ token: await signWithSdk(await session(rig)), database: 'template1' }),
  ],
  [
    'no TLS',
    'pg_hba.conf rejects connection for host "127.0.0.1", user "app_read", database "postgres", no encryption',
    async (rig) => ({ token: await signWithSdk(await session(rig)), sslmode: 'disable' }),
  ],
  [
    'another certificate authority',
    /certificate verify failed|unable to verify/,
    async (rig) => ({
      token: await signWithSdk(await session(rig)),
      ca: (await openAuthority(fs.mkdtempSync(path.join(rig.home, 'ca-')))).pem,
    }),
  ],
  ...[2_300, 4_800, 9_100].map((size): Case => [
    `a session token of ${size} characters`,
    IN,
    async (rig) => ({ token: await signWithSdk(await session(rig, { size })) }),
  ]),
  [
    'a session from before its role was revoked',
    PAM,
    async (rig) => {
      const token = await signWithSdk(await session(rig))
      revoke(rig, rig.now + 1000)
      return { token }
    },
  ],
  [
    'a session from after its role was revoked',
    IN,
    async (rig) => {
      revoke(rig, rig.now - 1000)
      return { token: await signWithSdk(await session(rig)) }
    },
  ],
]

/** What the AWS console does to end the sessions of a role. */
function revoke(rig: Rig, before: number): void {
  const role = rig.account.roles.get('arn:aws:iam::111122223333:role/team')
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
