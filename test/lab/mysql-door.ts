import { randomBytes } from 'node:crypto'
import { createConnection, type Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import { EndedError } from './byte-reader.ts'
import { type Door, type DoorOptions, LONGEST_PASSWORD, openDoor } from './door.ts'
import * as wire from './mysql-packet.ts'
import { buildResponse, parseResponse, type Response, wantsTls } from './mysql-response.ts'

export type MySqlDoorOptions = DoorOptions & {
  /** By what the server knows this user when the door brings it. No client is ever told. */
  passwordOf(user: string): string
}

const LONGEST_RESPONSE = 10_000

/** What an RDS endpoint of the MySQL family is to a client: TLS, a token as a cleartext password, then the server itself. */
export const startMySqlDoor = (options: MySqlDoorOptions): Promise<Door> =>
  openDoor(options, (socket, context, settled) => serve(socket, context, options, settled))

async function serve(
  socket: Socket,
  context: SecureContext,
  options: MySqlDoorOptions,
  settled: () => void,
): Promise<void> {
  // The server speaks first in this protocol, and a client ends a query by the number of its thread: so it is asked first.
  const backend = createConnection(`${options.socket}/mysqld.sock`)
  backend.on('error', () => backend.destroy())
  socket.once('close', () => backend.destroy())
  let stream: Duplex = socket
  let sequence = 0
  const read = (most: number) => wire.readPacket(stream, sequence++, most)
  const write = (payload: Buffer) => stream.write(wire.packet(sequence++, payload))
  try {
    const own = wire.parseGreeting(await wire.readPacket(backend, 0, LONGEST_RESPONSE))
    const offered = wire.offered(own.capabilities)
    write(wire.buildGreeting({ ...own, capabilities: offered, salt: makeSalt() }))
    const first = await read(LONGEST_RESPONSE)
    if (!wantsTls(first)) throw notAllowed(parseResponse(first, offered), socket)
    stream = encrypt(socket, context)
    const response = parseResponse(await read(LONGEST_RESPONSE), offered)
    write(wire.askForPassword())
    await logIn(await read(LONGEST_PASSWORD), response, socket, options)
    backend.write(
      wire.packet(
        1,
        buildResponse(response, wire.scramble(options.passwordOf(response.user), own.salt)),
      ),
    )
    write(await answerOf(backend))
    settled()
    pipeline(stream, backend, () => undefined)
    pipeline(backend, stream, () => undefined)
  } catch (error) {
    backend.destroy()
    if (error instanceof wire.MySqlRefusal) return void stream.end(wire.refusal(sequence, error))
    if (!(error instanceof EndedError)) options.log?.(`failed: ${String(error)}`)
    stream.destroy()
  }
}

function encrypt(socket: Socket, secureContext: SecureContext): TLSSocket {
  const tls = new TLSSocket(socket, { isServer: true, secureContext })
  tls.on('error', () => tls.destroy())
  return tls
}

/** @throws MySqlRefusal in the words that RDS has for it; the reason stays on this side */
async function logIn(
  answer: Buffer,
  response: Response,
  socket: Socket,
  options: MySqlDoorOptions,
): Promise<void> {
  const { user, database } = response
  const who = `user ${JSON.stringify(user)}, database ${JSON.stringify(database ?? '')}`
  const refuse = (why: string) => {
    options.log?.(`refused ${who}: ${why}`)
    return notAllowed({ ...response, hasPassword: password !== '' }, socket)
  }
  const password = readPassword(answer)
  if (!(await options.usesTokens(user))) throw refuse('the user does not exist or has no rds_iam')
  const why = options.refuseToken(user, password)
  if (why !== undefined) throw refuse(why)
  options.log?.(`let in ${who}`)
}

/** A client that has none sends nothing, or an empty one. */
function readPassword(answer: Buffer): string {
  if (answer.length === 0) return ''
  if (answer.indexOf(0) !== answer.length - 1) throw wire.badHandshake()
  return answer.subarray(0, -1).toString()
}

/** What it says of the log-in, success or error: both are the client's to read. */
async function answerOf(backend: Socket): Promise<Buffer> {
  const answer = await wire.readPacket(backend, 2, LONGEST_RESPONSE)
  // Anything else would ask for a password in another way, and only a bug of ours could have brought us there.
  if (answer[0] !== 0x00 && answer[0] !== 0xff) throw new Error('the server asks for more')
  return answer
}

const notAllowed = ({ user, hasPassword }: Response, { remoteAddress }: Socket) =>
  new wire.MySqlRefusal(
    1045,
    '28000',
    `Access denied for user '${user}'@'${remoteAddress ?? ''}' (using password: ${hasPassword ? 'YES' : 'NO'})`,
  )

/** No byte of it is NUL, which ends it for older clients. */
const makeSalt = () => Buffer.from(randomBytes(20).map((byte) => (byte % 94) + 33))
