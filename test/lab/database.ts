import { createConnection, createServer, type Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { EndedError, readBytes } from './byte-reader.ts'
import type { ServerCertificate } from './ca.ts'
import { asCancel, greet, isCancel, readPacket } from './door-greeting.ts'
import { listenOnLoopback } from './loopback.ts'
import {
  askForPassword,
  buildStartup,
  fatal,
  negotiateDown,
  parseStartup,
  Refusal,
  type Startup,
} from './startup-packet.ts'

export type DoorOptions = {
  certificate: ServerCertificate
  /** 0 takes a free one. */
  port?: number
  /** The folder of PostgreSQL's Unix socket; there it trusts whoever comes through the door. */
  socket: string
  /** The databases behind this door; others do not exist from here. */
  databases: readonly string[]
  /** A reader endpoint: sessions start read-only. A replica could not be talked out of it; this one can. */
  readOnly?: boolean
  /** Whether this user has `rds_iam`, and so logs in with a token and nothing else. */
  usesTokens(user: string): Promise<boolean>
  /** @returns why not, for our log alone */
  refuseToken(user: string, token: string): string | undefined
  /** One line for each log-in. Never the token. */
  log?(line: string): void
  /** Milliseconds for everything before the log-in is done. */
  loginLimit?: number
}

export type Door = { port: number; close(): Promise<void> }

const LONGEST_PASSWORD = 65_536
const MOST_LOGINS_AT_ONCE = 200
const LOGIN_LIMIT = 60_000

/** What an RDS endpoint is to a client: TLS, a token in place of a password, then PostgreSQL itself. On loopback only. */
export async function startDoor(options: DoorOptions): Promise<Door> {
  const { key, cert } = options.certificate
  const context = createSecureContext({ key, cert, minVersion: 'TLSv1.2' })
  const open = new Set<Socket>()
  const loggingIn = new Set<Socket>()

  const server = createServer((socket) => {
    if (loggingIn.size >= MOST_LOGINS_AT_ONCE) return void socket.destroy()
    open.add(socket)
    loggingIn.add(socket)
    const late = setTimeout(() => socket.destroy(), options.loginLimit ?? LOGIN_LIMIT)
    const settled = () => {
      clearTimeout(late)
      loggingIn.delete(socket)
    }
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      settled()
      open.delete(socket)
    })
    void serve(socket, context, options, settled)
  })

  const port = await listenOnLoopback(server, options.port ?? 0, 'a database of the lab')
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}

async function serve(
  socket: Socket,
  context: SecureContext,
  options: DoorOptions,
  settled: () => void,
): Promise<void> {
  let stream: Duplex = socket
  try {
    const greeting = await greet(socket)
    if (Buffer.isBuffer(greeting)) return cancel(socket, greeting, options)
    const tls = encrypt(socket, context)
    stream = tls
    const first = await readPacket(tls)
    // Without the name of the protocol this could be a browser that was sent here.
    if (greeting === 'direct' && tls.alpnProtocol !== 'postgresql') throw new EndedError()
    if (isCancel(first)) return cancel(tls, asCancel(first), options)
    const startup = parseStartup(first)
    await logIn(tls, startup, options)
    const backend = openBackend(startup, options)
    backend.once('connect', settled)
    pipeline(tls, backend, () => undefined)
    pipeline(backend, tls, () => undefined)
  } catch (error) {
    if (error instanceof Refusal) return void stream.end(fatal(error))
    if (!(error instanceof EndedError)) options.log?.(`failed: ${String(error)}`)
    stream.destroy()
  }
}

function encrypt(socket: Socket, secureContext: SecureContext): TLSSocket {
  const tls = new TLSSocket(socket, {
    isServer: true,
    secureContext,
    ALPNProtocols: ['postgresql'],
  })
  tls.on('error', () => tls.destroy())
  return tls
}

/** @throws Refusal in the words that RDS has for it; the reason stays on this side */
async function logIn(stream: TLSSocket, startup: Startup, options: DoorOptions): Promise<void> {
  const { user, database, minor, protocolOptions } = startup
  if (minor > 0 || protocolOptions.length > 0) stream.write(negotiateDown(protocolOptions))
  stream.write(askForPassword())
  const password = await readPassword(stream)

  const who = `user ${JSON.stringify(user)}, database ${JSON.stringify(database)}`
  if (!(await options.usesTokens(user))) {
    options.log?.(`refused ${who}: the user does not exist or has no rds_iam`)
    throw new Refusal('28P01', `password authentication failed for user "${user}"`)
  }
  const why = options.refuseToken(user, password)
  if (why !== undefined) {
    options.log?.(`refused ${who}: ${why}`)
    throw new Refusal('28000', `PAM authentication failed for user "${user}"`)
  }
  if (!options.databases.includes(database)) {
    options.log?.(`refused ${who}: there is no such database here`)
    throw new Refusal('3D000', `database "${database}" does not exist`)
  }
  options.log?.(`let in ${who}`)
}

async function readPassword(stream: Duplex): Promise<string> {
  const type = (await readBytes(stream, 1)).readUInt8(0)
  // A client without a password just leaves.
  if (type === 'X'.charCodeAt(0)) throw new EndedError()
  if (type !== 'p'.charCodeAt(0)) {
    throw new Refusal('08P01', `expected password response, got message type ${type}`)
  }
  const length = (await readBytes(stream, 4)).readInt32BE(0) - 4
  if (length < 1 || length > LONGEST_PASSWORD) throw new EndedError()
  const body = await readBytes(stream, length)
  if (body.indexOf(0) !== body.length - 1) {
    throw new Refusal('08P01', 'invalid password packet size')
  }
  return body.subarray(0, -1).toString()
}

function openBackend(startup: Startup, options: DoorOptions): Socket {
  const backend = createConnection(`${options.socket}/.s.PGSQL.5432`)
  backend.write(
    buildStartup(startup, options.readOnly ? [['default_transaction_read_only', 'on']] : []),
  )
  return backend
}

/** PostgreSQL answers a request to cancel by closing, whatever came of it. */
function cancel(stream: Duplex, request: Buffer, options: DoorOptions): void {
  const backend = createConnection(`${options.socket}/.s.PGSQL.5432`)
  backend.on('error', () => stream.destroy()).once('close', () => stream.end())
  backend.end(request)
}
