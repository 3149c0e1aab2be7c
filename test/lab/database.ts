import { createConnection, type Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import { EndedError } from './byte-reader.ts'
import { type Door, type DoorOptions, openDoor } from './door.ts'
import { asCancel, greet, isCancel, readPacket } from './door-greeting.ts'
import { askForPassword, askForToken } from './door-login.ts'
import {
  buildStartup,
  fatal,
  negotiateDown,
  parseStartup,
  Refusal,
  type Startup,
} from './startup-packet.ts'

export type PostgresDoorOptions = DoorOptions & {
  /** The databases behind this door; others do not exist from here. */
  databases: readonly string[]
  /** A reader endpoint: sessions start read-only. A replica could not be talked out of it; this one can. */
  readOnly?: boolean
  /** What PostgreSQL keeps of the password of a user who takes no token; without it no password is right. */
  passwordOf?(user: string): Promise<string | undefined>
}

/** What an RDS endpoint is to a client: TLS, a token in place of a password for users of `rds_iam`, then PostgreSQL itself. On loopback only. */
export const startDoor = (options: PostgresDoorOptions): Promise<Door> =>
  openDoor(options, (socket, context, settled) => serve(socket, context, options, settled))

async function serve(
  socket: Socket,
  context: SecureContext,
  options: PostgresDoorOptions,
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
async function logIn(
  stream: TLSSocket,
  startup: Startup,
  options: PostgresDoorOptions,
): Promise<void> {
  const { user, database, minor, protocolOptions } = startup
  if (minor > 0 || protocolOptions.length > 0) stream.write(negotiateDown(protocolOptions))
  const who = `user ${JSON.stringify(user)}, database ${JSON.stringify(database)}`
  const refuse = (sqlstate: string, said: string, why: string) => {
    options.log?.(`refused ${who}: ${why}`)
    return new Refusal(sqlstate, said)
  }
  // Which way it is asked for tells a client which way its user logs in, as on RDS.
  if (await options.usesTokens(user)) {
    const why = options.refuseToken(user, await askForToken(stream))
    if (why !== undefined)
      throw refuse('28000', `PAM authentication failed for user "${user}"`, why)
  } else if (!(await askForPassword(stream, user, await options.passwordOf?.(user)))) {
    const said = `password authentication failed for user "${user}"`
    throw refuse('28P01', said, 'it takes no token, and this is not its password')
  }
  if (!options.databases.includes(database)) {
    throw refuse('3D000', `database "${database}" does not exist`, 'there is no such database here')
  }
  options.log?.(`let in ${who}`)
}

function openBackend(startup: Startup, options: PostgresDoorOptions): Socket {
  const backend = createConnection(`${options.socket}/.s.PGSQL.5432`)
  backend.write(
    buildStartup(startup, options.readOnly ? [['default_transaction_read_only', 'on']] : []),
  )
  return backend
}

/** PostgreSQL answers a request to cancel by closing, whatever came of it. */
function cancel(stream: Duplex, request: Buffer, options: PostgresDoorOptions): void {
  const backend = createConnection(`${options.socket}/.s.PGSQL.5432`)
  backend.on('error', () => stream.destroy()).once('close', () => stream.end())
  backend.end(request)
}
