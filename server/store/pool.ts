import pg from 'pg'
import { StartError } from '../core/error.ts'

/** The role that every connection of the portal works as: it can only do what the migrations granted it. */
export const APP_ROLE = 'latchkey_app'

/** The sealer's and the verifier's: it reads every event, and adds seals and checkpoints. */
export const SEALER_ROLE = 'latchkey_sealer'

type Options = {
  role?: string
  max?: number
  log?: (error: Error) => void
  /** Milliseconds. What people wait for must be over soon, a batch of thousands may take longer. */
  limits?: { statement: number; idle: number }
  /** What the database's administrator sees in pg_stat_activity. */
  name?: string
  /** More of the server's own settings. */
  settings?: Record<string, string>
}

const FOR_PEOPLE = { statement: 2_000, idle: 5_000 }
/** A sealer that hangs holds up the others until these have passed. */
const FOR_BATCHES = { statement: 15_000, idle: 10_000 }

/**
 * One pool for everything.
 *
 * Times are UTC on the wire: the Prisma adapter stores wrong instants where the server's time zone is another.
 * Few connections: what is queued here costs the database nothing, and ten do more mints a second than twenty.
 * A statement, a lock and an idle transaction are each bounded, so that a database that hangs becomes an error.
 */
export function openPool(
  url: string,
  {
    role = APP_ROLE,
    max = 10,
    log,
    limits = FOR_PEOPLE,
    name = 'latchkey',
    settings = {},
  }: Options = {},
): pg.Pool {
  const { connectionString, options } = withOptions(url, {
    TimeZone: 'UTC',
    role,
    statement_timeout: String(limits.statement),
    lock_timeout: '1000',
    idle_in_transaction_session_timeout: String(limits.idle),
    // With a partition for each month the planner expects much of what is little: starting workers, or compiling, took
    // longer than any statement of ours, and the processors belong to the mints.
    max_parallel_workers_per_gather: '0',
    jit: 'off',
    ...settings,
  })
  const pool = new pg.Pool({
    connectionString,
    options,
    max,
    connectionTimeoutMillis: 3_000,
    // The server's own limit answers first; this one is for a server that no longer answers at all.
    query_timeout: limits.statement + 2_000,
    keepAlive: true,
    idleTimeoutMillis: 60_000,
    application_name: name,
    // Statements that do not need each other's answers travel together: a mint begins and locks in one round trip.
    pipeline: true,
  })
  // A broken idle connection is not an error of anybody's request: the pool makes a new one.
  pool.on('error', (error) => log?.(error))
  // One that breaks in the middle of a transaction fails its statement; its own event, unheard, would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** A small pool for sealing and checking the log. */
export const openSealerPool = (url: string): pg.Pool =>
  openPool(url, { role: SEALER_ROLE, max: 2, limits: FOR_BATCHES, name: 'latchkey sealer' })

/**
 * Searching the log never takes the connections that tokens are made with.
 * Whatever is searched for, an index has it in the order of the list. The planner cannot know how often what two columns
 * say comes together, expects little, and would fetch and sort all of it.
 */
export const openAuditPool = (url: string, options: Pick<Options, 'log'> = {}): pg.Pool =>
  openPool(url, { ...options, max: 3, name: 'latchkey audit', settings: { enable_sort: 'off' } })

/** An export reads pages of rare events among millions, never with the connections that tokens are made with. */
const FOR_EXPORTS = { statement: 60_000, idle: 10_000 }
export const openExportPool = (url: string): pg.Pool =>
  openPool(url, { max: 2, limits: FOR_EXPORTS, name: 'latchkey export' })

/**
 * One connection that is no part of the pool, for LISTEN: the pool would lend it to others or close it.
 * Not connected yet; whoever has it hears its `error`. A statement that is not answered in 4 s fails.
 */
export const listeningClient = (url: string): pg.Client =>
  new pg.Client({
    ...withOptions(url, { TimeZone: 'UTC', role: APP_ROLE, statement_timeout: '2000' }),
    connectionTimeoutMillis: 3_000,
    query_timeout: 4_000,
    keepAlive: true,
    application_name: 'latchkey changes',
  })

/** One connection that reads the whole log at its leisure: it may neither write nor hold a lock that others wait for. */
export const verifyingClient = (url: string): pg.Client =>
  new pg.Client({
    ...withOptions(url, {
      TimeZone: 'UTC',
      role: SEALER_ROLE,
      default_transaction_read_only: 'on',
      statement_timeout: '600000',
      lock_timeout: '1000',
      idle_in_transaction_session_timeout: '60000',
    }),
    connectionTimeoutMillis: 3_000,
    keepAlive: true,
    application_name: 'latchkey verify',
  })

/** For migrations: the role of the URL itself, and no limit on how long a statement may take. Throws StartError. */
export async function connectAsOwner(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    ...withOptions(url, { TimeZone: 'UTC' }),
    connectionTimeoutMillis: 5_000,
    application_name: 'latchkey migrate',
  })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new StartError(
      `The database of DATABASE_URL cannot be reached: ${whyNot(error, client)}`,
      {
        cause: error,
      },
    )
  }
  return client
}

/** PostgreSQL's own words name what is wrong and no password; the network only has codes. */
function whyNot(error: unknown, { host, port }: pg.Client): string {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const { code = '', message = String(first) } = first as NodeJS.ErrnoException
  const where = host.startsWith('/') ? `the socket in ${host}` : `${host}:${port}`
  return (
    {
      ECONNREFUSED: `nothing listens at ${where}. Start PostgreSQL there, or mend the host and port.`,
      ENOENT: `there is no ${where}. Start PostgreSQL there, or mend the path.`,
      ENOTFOUND: `nobody knows the host ${host}. Mend the name, or the network's DNS.`,
      EAI_AGAIN: `the network's DNS does not answer for ${host}. Try again in a moment.`,
    }[code] ?? `${where} says: ${message}.`
  )
}

/** `pg` lets the URL win over other settings, so what the URL says in `options` is kept and ours is added. */
function withOptions(url: string, settings: Record<string, string>) {
  const parsed = new URL(url)
  const own = parsed.searchParams.get('options') ?? ''
  parsed.searchParams.delete('options')
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)
  return { connectionString: parsed.href, options: [own, ...ours].join(' ').trim() }
}
