/*
 * The first bytes of a PostgreSQL session (PostgreSQL manual, "Message Formats" and "Message Flow").
 * Behind the door PostgreSQL trusts whoever comes, so the door never passes a start-up packet on:
 * it writes its own from what it understood, and refuses what two readers could understand in two ways.
 */

export type Startup = {
  user: string
  database: string
  /** Everything else but protocol options, in the client's order. */
  settings: readonly (readonly [string, string])[]
  /** `_pq_.…`: options of newer protocols, none of which we know. */
  protocolOptions: readonly string[]
  minor: number
}

export const SSL_REQUEST = 80877103
export const GSS_REQUEST = 80877104
export const CANCEL_REQUEST = 80877102
export const LONGEST_STARTUP = 10_000
/** PostgreSQL cuts a longer name silently: then the user checked would not be the user let in. */
const LONGEST_NAME = 63

/** A refusal in the form of PostgreSQL's own. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly sqlstate: string

  constructor(sqlstate: string, message: string) {
    super(message)
    this.sqlstate = sqlstate
  }
}

/** @param body what follows the length. @throws Refusal */
export function parseStartup(body: Buffer): Startup {
  const [major, minor] = [body.readUInt16BE(0), body.readUInt16BE(2)]
  if (major !== 3) {
    throw new Refusal(
      '0A000',
      `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.0`,
    )
  }
  const pairs = new Map<string, string>()
  for (const [name, value] of readPairs(body.subarray(4))) {
    if (pairs.has(name)) throw malformed(`parameter "${name}" is given twice`)
    pairs.set(name, value)
  }
  const user = pairs.get('user') ?? ''
  if (user === '') throw new Refusal('28000', 'no PostgreSQL user name specified in startup packet')
  const database = pairs.get('database') || user
  if ([user, database].some((name) => Buffer.byteLength(name) > LONGEST_NAME)) {
    throw malformed('a name is longer than 63 bytes')
  }
  if (pairs.has('replication')) {
    throw new Refusal('28000', `no pg_hba.conf entry for replication connection, user "${user}"`)
  }
  const rest = [...pairs].filter(([name]) => name !== 'user' && name !== 'database')
  return {
    user,
    database,
    settings: rest.filter(([name]) => !name.startsWith('_pq_.')),
    protocolOptions: rest.map(([name]) => name).filter((name) => name.startsWith('_pq_.')),
    minor,
  }
}

function readPairs(bytes: Buffer): [string, string][] {
  if (bytes.at(-1) !== 0 || (bytes.length > 1 && bytes.at(-2) !== 0)) {
    throw malformed('expected terminator as last byte')
  }
  if (bytes.length === 1) return []
  const texts = decode(bytes.subarray(0, -2)).split('\0')
  if (texts.length % 2 !== 0) throw malformed('a parameter has no value')
  const pairs: [string, string][] = []
  for (let i = 0; i < texts.length; i += 2) {
    const [name = '', value = ''] = texts.slice(i, i + 2)
    // PostgreSQL stops reading at an empty name; what came after it would be read by us alone.
    if (name === '') throw malformed('a parameter has no name')
    pairs.push([name, value])
  }
  return pairs
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw malformed('it is not UTF-8')
  }
}

const malformed = (what: string) => new Refusal('08P01', `invalid startup packet layout: ${what}`)

/** The packet that the door sends in place of the client's. Later settings win, so `forced` ones come last. */
export function buildStartup(
  { user, database, settings }: Startup,
  forced: readonly (readonly [string, string])[] = [],
): Buffer {
  const names = new Set(forced.map(([name]) => name))
  const own = settings.filter(([name]) => !names.has(name))
  const pairs = [['user', user], ['database', database], ...own, ...forced]
  const body = Buffer.from(pairs.flat().join('\0') + '\0\0')
  const head = Buffer.alloc(8)
  head.writeInt32BE(body.length + 8, 0)
  head.writeInt32BE(3 << 16, 4)
  return Buffer.concat([head, body])
}

/** A message of the server: its letter, its length, its body. */
export function message(letter: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(letter, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

export function fatal({ sqlstate, message: text }: Refusal): Buffer {
  return message('E', Buffer.from(`SFATAL\0VFATAL\0C${sqlstate}\0M${text}\0\0`))
}

/** We speak 3.0 and no options: what newer clients need to hear when they ask for more. */
export function negotiateDown(options: readonly string[]): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(3 << 16, 0)
  head.writeInt32BE(options.length, 4)
  return message('v', Buffer.concat([head, ...options.map((name) => Buffer.from(`${name}\0`))]))
}
