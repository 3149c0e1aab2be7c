import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { type CertificateAuthority, openAuthority } from './ca.ts'
import { startDoor } from './database.ts'
import type { Door } from './door.ts'
import { type Account, defineAccount } from './iam.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { rdsIamLookup } from './rds-iam.ts'
import { refuseToken } from './rds-token.ts'
import { startSts, type Sts } from './sts.ts'

export const ENDPOINT = {
  host: 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
  port: 5432,
  region: 'eu-west-1',
  resource: 'cluster-ABCDEFGHIJKL01234',
}
export const USER_KEYS = {
  accessKeyId: 'AKIADEMOPORTAL222222',
  secretAccessKey: 'secret/of+portal',
}

/** A door with all that stands around it, and a clock that the tests move. */
export type Rig = {
  home: string
  /** Milliseconds, for STS and door alike. */
  now: number
  authority: CertificateAuthority
  account: Account
  sts: Sts
  door: Door
  log: string[]
  close(): Promise<void>
}
export type PostgresRig = Rig & { postgres: Postgres }

export const arnOf = (user: string) =>
  `arn:aws:rds-db:eu-west-1:111122223333:dbuser:${ENDPOINT.resource}/${user}`

export const allow = (Resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'rds-db:connect', Resource }],
})

const USERS = `
  create role rds_iam; create role app_read login; create role app_write login;
  create role app_plain login password 'its "own" wörd'; create role app_super login superuser;
  create role middle; grant rds_iam to middle, app_write, app_super; grant middle to app_read;
  create table secrets (x int); create table public_things as select 1 as x;
  grant select on public_things to app_read;
  create table notes (x int); grant select, insert on notes to app_write`

/** What every door needs around it, in a folder that any account can walk to. */
export async function startAround() {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-door-'))
  fs.chmodSync(home, 0o755)
  const authority = await openAuthority(home)
  const account = testAccount()
  const around = { home, now: Date.now(), authority, account, log: [] as string[] }
  const sts = await startSts({ account, now: () => around.now })
  const door = {
    certificate: await authority.issue([ENDPOINT.host]),
    refuseToken: (user: string, token: string) =>
      refuseToken(token, user, ENDPOINT, account, around.now),
    log: (line: string) => void around.log.push(line),
    loginLimit: 10_000,
  }
  const close = async () => {
    await sts.close()
    fs.rmSync(home, { recursive: true })
  }
  return { around: Object.assign(around, { sts }), door, close }
}

export async function startRig(
  options: { loginLimit?: number; readOnly?: boolean } = {},
): Promise<PostgresRig> {
  const { around, door: base, close } = await startAround()
  const postgres = await startPostgres(path.join(around.home, 'postgres'))
  const admin = new pg.Client(postgres.config)
  await admin.connect()
  await admin.query(USERS)
  await admin.end()
  const lookup = rdsIamLookup(postgres.config)
  const door = await startDoor({
    ...base,
    socket: String(postgres.config.host),
    databases: ['postgres'],
    usesTokens: lookup.usesTokens,
    passwordOf: lookup.passwordOf,
    ...options,
  })
  return Object.assign(around, {
    postgres,
    door,
    close: async () => {
      await Promise.all([door.close(), lookup.close()])
      await postgres.stop()
      await close()
    },
  })
}

function testAccount(): Account {
  const trust = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:user/portal' },
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
    },
  }
  const maxSessionDuration = 3600
  return defineAccount({
    id: '111122223333',
    regions: ['eu-west-1'],
    sealingKey: randomBytes(32),
    users: [{ name: 'portal', ...USER_KEYS, policies: [] }],
    roles: [
      { name: 'team', trust, policies: { connect: allow(arnOf('app_*')) }, maxSessionDuration },
      { name: 'bare', trust, policies: {}, maxSessionDuration },
    ],
  })
}
