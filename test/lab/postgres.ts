import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { prepareData } from './postgres-home.ts'
import { findPrograms, programsIn } from './postgres-programs.ts'
import { claimHome } from './server-home.ts'
import { type Supervised, supervise } from './supervise.ts'

export type PostgresOptions = {
  /** A folder with `postgres` and `initdb`, in place of the ones from npm. */
  binaries?: string
  /** Server settings beside our own: `{ track_commit_timestamp: 'on' }`. */
  settings?: Readonly<Record<string, string>>
}

export type Postgres = {
  /** Superuser `postgres`, over the Unix socket, in UTC. */
  config: pg.PoolConfig
  /** The same as a `postgresql://` URL, fit for DATABASE_URL. */
  url(database: string): string
  /** Creates the database unless it exists. */
  createDatabase(name: string): Promise<void>
  pid: number
  stop(): Promise<void>
}

const OPTIONS = '-c TimeZone=UTC'
const START_LIMIT = 60_000
/** A server whose owner was killed goes within milliseconds, unless it has much to write. */
const ORPHAN_LIMIT = 5_000

/**
 * A private, real PostgreSQL that listens on nothing but a Unix socket and ends with this process, however that ends.
 * `home` is its own folder: data, socket and log; it is made when absent, and the data stays.
 * @throws Error in words for the person at the terminal: a second live owner, another major version, no programs
 */
export async function startPostgres(
  home: string,
  options: PostgresOptions = {},
): Promise<Postgres> {
  const place = claimHome(home)
  const programs =
    options.binaries === undefined
      ? findPrograms(place.account)
      : programsIn(options.binaries, place.account)
  const base: pg.PoolConfig = { host: place.socket, port: 5432, user: 'postgres', options: OPTIONS }
  await refuseSecondOwner(place.home, base)
  await prepareData(place, programs)

  const settings = {
    listen_addresses: '',
    unix_socket_directories: place.socket,
    port: '5432',
    max_connections: '100',
    shared_buffers: '64MB',
    timezone: 'UTC',
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = [programs.postgres, '-D', place.data, ...flags]
  const start = () => supervise(command, { log: place.log, account: place.account, signal: 'INT' })
  const server = await launch(start, base, place)
  fs.writeFileSync(path.join(place.home, 'owner'), `${process.pid}\n`)

  return {
    config: { ...base, database: 'postgres' },
    url: (database) =>
      `postgresql://postgres@localhost/${encodeURIComponent(database)}?host=${encodeURIComponent(place.socket)}&options=${encodeURIComponent(OPTIONS)}`,
    createDatabase: (name) => createDatabase(base, name),
    pid: server.pid() ?? 0,
    stop: server.stop,
  }
}

/** @returns once the server that answers on the socket is the one we launched */
async function launch(
  start: () => Supervised,
  base: pg.PoolConfig,
  place: { home: string; data: string; log: string },
): Promise<Supervised> {
  const deadline = Date.now() + START_LIMIT
  let server = start()
  for (;;) {
    if (isReady(place.data, server.pid())) return server
    if (server.gone()) {
      // The data folder was still locked: by an orphan on its way out, or by another owner.
      await refuseSecondOwner(place.home, base)
      if (Date.now() > deadline || !/lock file .* already exists/.test(lastOf(place.log))) {
        throw new Error(`PostgreSQL did not start: ${lastOf(place.log)}`)
      }
      await sleep(100)
      server = start()
    } else if (Date.now() > deadline) {
      await server.stop()
      throw new Error(`PostgreSQL did not start in time: ${lastOf(place.log)}`)
    }
    await sleep(10)
  }
}

async function refuseSecondOwner(home: string, base: pg.PoolConfig): Promise<void> {
  const until = Date.now() + ORPHAN_LIMIT
  while (await ping(base)) {
    const owner = liveOwner(home)
    if (owner !== undefined || Date.now() > until) {
      throw new InUseError(home, owner)
    }
    await sleep(50)
  }
}

/** Another process, alive, has the data. */
export class InUseError extends Error {
  override readonly name = 'InUseError'
  readonly owner: number | undefined

  constructor(home: string, owner: number | undefined) {
    const who = owner === undefined ? 'another process' : `process ${owner}`
    super(`The data in ${home} is in use by ${who}. Stop it first.`)
    this.owner = owner
  }
}

function liveOwner(home: string): number | undefined {
  try {
    const pid = Number(fs.readFileSync(path.join(home, 'owner'), 'utf8'))
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined
  }
}

/** The server writes into its lock file who it is, and in its eighth line how far it has come. */
function isReady(data: string, pid: number | undefined): boolean {
  try {
    const lines = fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
  } catch {
    return false
  }
}

const lastOf = (log: string) => fs.readFileSync(log, 'utf8').trim().slice(-600)

async function ping(base: pg.PoolConfig): Promise<boolean> {
  const client = new pg.Client({ ...base, database: 'postgres', connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function createDatabase(base: pg.PoolConfig, name: string): Promise<void> {
  const client = new pg.Client({ ...base, database: 'postgres' })
  await client.connect()
  try {
    await client.query(`create database ${client.escapeIdentifier(name)}`)
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== '42P04') throw error
  } finally {
    await client.end()
  }
}
