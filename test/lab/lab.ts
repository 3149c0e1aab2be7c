import { generateKeyPairSync } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { demoAccount, keepKeys } from './account.ts'
import { writeAdministrator } from './administrator.ts'
import { type Break, type Damage, DAMAGES } from './break.ts'
import { type CertificateAuthority, EXPIRED, openAuthority } from './ca.ts'
import { Closers } from './closers.ts'
import { DATABASES, INVOICES, WAREHOUSE } from './databases.ts'
import { demoWorld } from './demo-world.ts'
import type { Account } from './iam.ts'
import { type IamApi, startIamApi } from './iam-api.ts'
import { type Idp, startIdp } from './idp.ts'
import { keepFile, writeKept } from './kept-file.ts'
import { labCatalog } from './lab-catalog.ts'
import { openEndpoint } from './lab-doors.ts'
import { type MariaDb, type MariaDbPrograms, startMariaDb } from './mariadb.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { rdsIamLookup } from './rds-iam.ts'
import { type RdsControl, startRdsControl } from './rds-control.ts'
import { makeSecretAccessKey } from './sealed-session.ts'
import { seedDatabases } from './seed.ts'
import { seedInvoices } from './seed-invoices.ts'
import { seedWarehouse } from './seed-warehouse.ts'
import { startSts, type Sts, type StsOptions } from './sts.ts'

export type LabPorts = {
  idp: number
  sts: number
  rds: number
  iam: number
  door(usual: number): number
}

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
  /** What is wrong with `orders` from the start. */
  broken?: Break | undefined
}

export type Lab = {
  idp: Idp
  sts: Sts
  /** With the world that it describes, which tests change. */
  rds: RdsControl
  iam: IamApi
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

const FREE_PORTS: LabPorts = { idp: 0, sts: 0, rds: 0, iam: 0, door: () => 0 }

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
  const { home, portal, ports = FREE_PORTS, onStsCall, log, mariadb: programs } = options
  const damage: Partial<Damage> = options.broken ? DAMAGES[options.broken] : {}
  const now = () => (options.now ?? Date.now)() + (damage.ahead ?? 0)
  fs.mkdirSync(home, { recursive: true })
  const authority = await openAuthority(home)
  const keys = await keepKeys(home)
  const account = demoAccount(keys)
  const world = demoWorld(programs !== undefined)
  damage.account?.(account)
  damage.world?.(world)
  // Ports first: they fail at once, and PostgreSQL takes its time.
  const idp = closers.add(await startIdp({ home, portal, port: ports.idp }), (it) => it.close())
  const sts = closers.add(
    await startSts({ account, now, port: ports.sts, ...(onStsCall && { onCall: onStsCall }) }),
    (it) => it.close(),
  )
  const rds = closers.add(await startRdsControl({ account, now, port: ports.rds, world }), (it) =>
    it.close(),
  )
  const iam = closers.add(await startIamApi({ account, now, port: ports.iam }), (it) => it.close())
  const postgres = closers.add(await startPostgres(path.join(home, 'databases')), (it) => it.stop())
  await seedDatabases(postgres)
  await seedWarehouse(postgres, await keepFile(home, 'warehouse-password', makePassword))
  await damage.postgres?.(postgres)
  const mariadb =
    programs &&
    closers.add(await startMariaDb(path.join(home, 'mariadb'), programs), (it) => it.stop())
  if (mariadb) await seedInvoices(mariadb)
  const lookup = closers.add(rdsIamLookup(postgres.config), (it) => it.close())
  const catalogued = [...DATABASES, ...(programs ? [INVOICES] : [])].map((it) =>
    it.name === damage.orders?.name ? damage.orders : it,
  )
  const databases = [...catalogued, WAREHOUSE]
  const hosts = databases.flatMap(({ endpoints }) => endpoints.map(({ host }) => host))
  const certificate = await authority.issue(hosts)
  const expired = damage.expired && (await authority.issue(hosts, EXPIRED))
  const parts = { account, world, now, postgres, lookup, mariadb }
  const doors = new Map<string, number>()
  for (const database of databases) {
    for (const endpoint of database.endpoints) {
      const port = ports.door(endpoint.door)
      const door = await openEndpoint(database, endpoint, {
        ...parts,
        port,
        log: (line) => log?.(line),
        certificate: (database.name === 'orders' && expired) || certificate,
      })
      closers.add(door, (it) => it.close())
      doors.set(endpoint.host, door.port)
    }
  }
  const doorOf = (host: string) => doors.get(host) ?? 0
  const catalog = path.join(home, 'latchkey.yaml')
  writeKept(catalog, labCatalog(doorOf, catalogued))
  await keepFile(home, 'audit-signing-key.pem', makeAuditKey)
  const region = DATABASES[0]?.region ?? ''
  const urls = { sts: sts.url, rds: rds.url, iam: iam.url }
  writeAdministrator(home, { keys: keys.administrator, region, urls })
  return {
    idp,
    sts,
    rds,
    iam,
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
      AWS_REGION: region,
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_ENDPOINT_URL_RDS: rds.url,
      AWS_ENDPOINT_URL_IAM: iam.url,
      CA_BUNDLE_FILE: authority.file,
    },
    close: () => closers.close(),
  }
}

const makeAuditKey = () =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** As long as RDS has them, without the characters that it refuses. */
const makePassword = () => makeSecretAccessKey().replace(/[/@"]/g, '-')
