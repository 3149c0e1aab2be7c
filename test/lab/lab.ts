import { generateKeyPairSync } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import {
  DATABASES,
  demoAccount,
  endpointOf,
  INVOICES,
  keepKeys,
  type LabDatabase,
  type LabEndpoint,
} from './account.ts'
import { type CertificateAuthority, openAuthority } from './ca.ts'
import { Closers } from './closers.ts'
import { startDoor } from './database.ts'
import type { Account } from './iam.ts'
import { type Idp, startIdp } from './idp.ts'
import { keepFile, writeKept } from './kept-file.ts'
import { labCatalog } from './lab-catalog.ts'
import { type MariaDb, type MariaDbPrograms, startMariaDb, usesTokens } from './mariadb.ts'
import { startMySqlDoor } from './mysql-door.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { rdsIamLookup } from './rds-iam.ts'
import { refuseToken } from './rds-token.ts'
import { seedDatabases } from './seed.ts'
import { seedInvoices } from './seed-invoices.ts'
import { startSts, type Sts, type StsOptions } from './sts.ts'

export type LabPorts = { idp: number; sts: number; door(usual: number): number }

export type LabOptions = {
  /** Everything that stays between two starts lies here. */
  home: string
  /** The origin of the portal: `http://localhost:8080`. */
  portal: string
  /** Free ones, unless told. */
  ports?: LabPorts
  /** The clock of STS and databases, milliseconds. */
  now?: () => number
  onStsCall?: StsOptions['onCall']
  /** What the databases say of each log-in. */
  log?: (line: string) => void
  /** With these there is one more database, `invoices`, of the MySQL family. */
  mariadb?: MariaDbPrograms | undefined
}

export type Lab = {
  idp: Idp
  sts: Sts
  account: Account
  authority: CertificateAuthority
  /** The server behind all doors, as its superuser. */
  postgres: Postgres
  /** The server behind the door of `invoices`, as its administrator. */
  mariadb: MariaDb | undefined
  /** The door's port for the host of an endpoint. */
  doorOf(host: string): number
  /** All that the portal must be told, but PUBLIC_URL, HOST, PORT and DATABASE_URL. */
  environment: Record<string, string>
  close(): Promise<void>
}

const FREE_PORTS: LabPorts = { idp: 0, sts: 0, door: () => 0 }

/** The world around the portal, on loopback: provider, STS, and databases that check tokens. @throws what kept a part from starting, with the others stopped */
export async function startLab(options: LabOptions): Promise<Lab> {
  const closers = new Closers()
  try {
    return await startParts(options, closers)
  } catch (error) {
    await closers.close()
    throw error
  }
}

async function startParts(options: LabOptions, closers: Closers): Promise<Lab> {
  const { home, portal, ports = FREE_PORTS, now = Date.now, onStsCall, log } = options
  const programs = options.mariadb
  const databases = programs ? [...DATABASES, INVOICES] : DATABASES
  fs.mkdirSync(home, { recursive: true })
  const authority = await openAuthority(home)
  const keys = await keepKeys(home)
  const account = demoAccount(keys)
  // Ports first: they fail at once, and PostgreSQL takes its time.
  const idp = closers.add(await startIdp({ home, portal, port: ports.idp }), (it) => it.close())
  const sts = closers.add(
    await startSts({ account, now, port: ports.sts, ...(onStsCall && { onCall: onStsCall }) }),
    (it) => it.close(),
  )
  const postgres = closers.add(await startPostgres(path.join(home, 'databases')), (it) => it.stop())
  await seedDatabases(postgres)
  const mariadb =
    programs &&
    closers.add(await startMariaDb(path.join(home, 'mariadb'), programs), (it) => it.stop())
  if (mariadb) await seedInvoices(mariadb)
  const lookup = closers.add(rdsIamLookup(postgres.config), (it) => it.close())
  const hosts = databases.flatMap(({ endpoints }) => endpoints.map(({ host }) => host))
  const certificate = await authority.issue(hosts)
  const open = (database: LabDatabase, endpoint: LabEndpoint) => {
    const common = {
      certificate,
      port: ports.door(endpoint.door),
      refuseToken: (user: string, token: string) =>
        refuseToken(token, user, endpointOf(database, endpoint), account, now()),
      log: (line: string) => log?.(`${database.name} (${endpoint.name}): ${line}`),
    }
    if (database.engine === 'mariadb' && mariadb)
      return startMySqlDoor({
        ...common,
        socket: mariadb.socket,
        passwordOf: mariadb.passwordOf,
        usesTokens: (user) => usesTokens(mariadb.admin, user),
      })
    return startDoor({
      ...common,
      socket: String(postgres.config.host),
      databases: [database.dbname],
      readOnly: endpoint.readOnly,
      usesTokens: lookup.usesTokens,
    })
  }
  const doors = new Map<string, number>()
  for (const database of databases) {
    for (const endpoint of database.endpoints) {
      const door = closers.add(await open(database, endpoint), (it) => it.close())
      doors.set(endpoint.host, door.port)
    }
  }
  const doorOf = (host: string) => doors.get(host) ?? 0
  const catalog = path.join(home, 'latchkey.yaml')
  writeKept(catalog, labCatalog(doorOf, programs !== undefined))
  await keepFile(home, 'audit-signing-key.pem', makeAuditKey)
  return {
    idp,
    sts,
    account,
    authority,
    postgres,
    mariadb,
    doorOf,
    environment: {
      CATALOG_FILE: catalog,
      OIDC_ISSUER: idp.issuer,
      OIDC_CLIENT_ID: idp.clientId,
      OIDC_CLIENT_SECRET: idp.clientSecret,
      AUDIT_SIGNING_KEY_FILE: path.join(home, 'audit-signing-key.pem'),
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_REGION: DATABASES[0]?.region ?? '',
      AWS_ENDPOINT_URL_STS: sts.url,
      CA_BUNDLE_FILE: authority.file,
    },
    close: () => closers.close(),
  }
}

const makeAuditKey = () =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
