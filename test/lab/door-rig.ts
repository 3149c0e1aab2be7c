import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { type CertificateAuthority, openAuthority } from './ca.ts'
import { type Door, startDoor } from './database.ts'
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
  postgres: Postgres
  authority: CertificateAuthority
  account: Account
  sts: Sts
  door: Door
  log: string[]
  close(): Promise<void>
}

export const arnOf = (user: string) =>
  `arn:aws:rds-db:eu-west-1:111122223333:dbuser:${ENDPOINT.resource}/${user}`

export const allow = (Resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'rds-db:connect', Resource }],
})

const USERS = `
  create role rds_iam; create role app_read login; create role app_write login;
  create role app_plain login; create role app_super login superuser;
  create role middle; grant rds_iam to middle, app_write, app_super; grant middle to app_read;
  create table secrets (x int); create table public_things as select 1 as x;
  grant select on public_things to app_read;
  create table notes (x int); grant select, insert on notes to app_write`

export async function startRig(
  options: { loginLimit?: number; readOnly?: boolean } = {},
): Promise<Rig> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-door-'))
  fs.chmodSync(home, 0o755)
  const postgres = await startPostgres(path.join(home, 'postgres'))
  const admin = new pg.Client(postgres.config)
  await admin.connect()
  await admin.query(USERS)
  await admin.end()
  const authority = await openAuthority(home)
  const account = testAccount()
  const rig = { home, now: Date.now(), postgres, authority, account, log: [] as string[] }
  const sts = await startSts({ account, now: () => rig.now })
  const lookup = rdsIamLookup(postgres.config)
  const door = await startDoor({
    certificate: await authority.issue([ENDPOINT.host]),
    socket: String(postgres.config.host),
    databases: ['postgres'],
    usesTokens: lookup.usesTokens,
    refuseToken: (user, token) => refuseToken(token, user, ENDPOINT, account, rig.now),
    log: (line) => rig.log.push(line),
    loginLimit: 10_000,
    ...options,
  })
  const close = async () => {
    await Promise.all([door.close(), sts.close(), lookup.close()])
    await postgres.stop()
    fs.rmSync(home, { recursive: true })
  }
  return Object.assign(rig, { sts, door, close })
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
