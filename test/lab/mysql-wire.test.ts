import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readBytes } from './byte-reader.ts'
import { ENDPOINT } from './door-rig.ts'
import { session, signWithSdk } from './door-tokens.ts'
import { findMariaDb } from './mariadb.ts'
import { startMySqlDoor } from './mysql-door.ts'
import { CAN, NEEDED, packet } from './mysql-packet.ts'
import { type MySqlRig, startMySqlRig, withMySql2 } from './mysql-rig.ts'

/* What no proper client of the MySQL family sends: the door must refuse it, stay up, and let nobody in. */

const programs = findMariaDb()
let rig: MySqlRig
beforeAll(async () => {
  if (programs) rig = await startMySqlRig(programs, { loginLimit: 2_000 })
})
afterAll(() => rig?.close())
const open: Duplex[] = []
afterEach(async () => {
  for (const stream of open.splice(0)) stream.destroy()
  if (!rig) return
  const outcome = await withMySql2(rig, { token: await signWithSdk(await session(rig)) })
  expect(outcome).toMatchObject({ in: true })
})

function dial(): Socket {
  const socket = connect(rig.door.port, '127.0.0.1')
  socket.on('error', () => undefined)
  open.push(socket)
  return socket
}

async function read(stream: Duplex): Promise<{ sequence: number; payload: Buffer }> {
  const head = await readBytes(stream, 4)
  return { sequence: head[3] ?? 0, payload: await readBytes(stream, head.readUIntLE(0, 3)) }
}

/** Everything that comes until the door closes the connection. */
async function untilClosed(stream: Duplex): Promise<string> {
  let text = ''
  stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve))
  return text
}

const BASE = NEEDED | CAN.longPassword | CAN.connectWithDb
type Wish = { capabilities?: number; charset?: number; rest?: Buffer | string }

/** The head that a request for TLS and a response have in common. */
function head({ capabilities = BASE, charset = 45 }: Wish): Buffer {
  const bytes = Buffer.alloc(32)
  bytes.writeUInt32LE(capabilities >>> 0, 0)
  bytes.writeUInt32LE(1 << 24, 4)
  bytes[8] = charset
  return bytes
}
const PROPER = 'app_read\0\0postgres\0mysql_native_password\0'
const response = (wish: Wish = {}) => Buffer.concat([head(wish), Buffer.from(wish.rest ?? PROPER)])

async function secured(): Promise<Duplex> {
  const socket = dial()
  await read(socket)
  socket.write(packet(1, head({ capabilities: BASE | CAN.ssl })))
  const tls = connectTls({ socket, ca: rig.authority.pem, servername: ENDPOINT.host })
  open.push(tls)
  tls.on('error', () => undefined)
  await new Promise((resolve) => tls.once('secureConnect', resolve))
  return tls
}

const ASKED = '\xfemysql_clear_password\0'

describe.runIf(programs)('in the clear', () => {
  test('the greeting offers TLS, and neither compression nor what only MariaDB has', async () => {
    const { sequence, payload } = await read(dial())
    expect(sequence).toBe(0)
    const at = payload.indexOf(0, 1) + 1
    const low = payload.readUInt16LE(at + 13)
    const high = payload.readUInt16LE(at + 18)
    expect(low & CAN.ssl).toBe(CAN.ssl)
    expect(low & (1 << 5)).toBe(0)
    expect(high & (1 << (26 - 16))).toBe(0)
    expect(low & CAN.longPassword).toBe(1)
    expect(payload.subarray(at + 21, at + 31)).toEqual(Buffer.alloc(10))
  })

  test('a log-in without TLS is refused before any password is asked for', async () => {
    const socket = dial()
    await read(socket)
    socket.write(packet(1, response()))
    const said = await untilClosed(socket)
    expect(said).toContain(`#28000Access denied for user 'app_read'@'127.0.0.1'`)
    expect(said).not.toContain(ASKED)
  })

  test.each<[string, () => Buffer, RegExp]>([
    ['HTTP', () => Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), /^$/],
    ['a packet of 16 MiB', () => Buffer.from([0xff, 0xff, 0xff, 1]), /^$/],
    ['an empty packet', () => packet(1, Buffer.alloc(0)), /Bad handshake/],
    ['a packet out of order', () => packet(7, response()), /Got packets out of order/],
    ['a request for TLS of 31 bytes', () => packet(1, head({}).subarray(1)), /Bad handshake/],
  ])('%s is refused', async (_, bytes, said) => {
    const socket = dial()
    await read(socket)
    socket.write(bytes())
    expect(await untilClosed(socket)).toMatch(said)
  })

  test('100 random texts', async () => {
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const socket = dial()
        socket.end(randomBytes(1 + ((i * 37) % 400)))
        expect(await untilClosed(socket)).not.toContain(ASKED)
      }),
    )
  })

  test('who says nothing is not waited for', async () => {
    expect(await untilClosed(dial())).toContain('mysql_native_password')
  })
})

describe.runIf(programs)('the response', () => {
  test.each<[string, Wish, RegExp]>([
    ['of a client of before 4.1', { capabilities: BASE & ~CAN.protocol41 }, /Bad handshake/],
    ['of a client without plugins', { capabilities: BASE & ~CAN.pluginAuth }, /consider upgrading/],
    ['with something behind its end', { rest: `${PROPER}x` }, /Bad handshake/],
    ['with an end too many', { rest: `${PROPER}\0` }, /Bad handshake/],
    ['cut short', { rest: 'app_read\0\0postgres\0mysql' }, /Bad handshake/],
    ['with a password longer than it', { rest: 'app_read\0\xf0x\0' }, /Bad handshake/],
    [
      'with a length of eight bytes',
      {
        capabilities: BASE | CAN.longAuth,
        rest: Buffer.from('app_read\0\xfe\xff\xff\0', 'latin1'),
      },
      /Bad handshake/,
    ],
    ['that is not UTF-8', { rest: Buffer.from('app_\xff\0\0d\0p\0', 'latin1') }, /Bad handshake/],
    ['with a name in Latin 1', { charset: 8, rest: 'ünï\0\0postgres\0p\0' }, /Bad handshake/],
    ['in a writing where [ is another letter', { charset: 10 }, /Bad handshake/],
    ['with a name of 300 bytes', { rest: `${'u'.repeat(300)}\0\0d\0p\0` }, /Bad handshake/],
  ])('%s is refused', async (_, wish, said) => {
    const tls = await secured()
    tls.write(packet(2, response(wish)))
    const answer = await untilClosed(tls)
    expect(answer).toMatch(said)
    expect(answer).not.toContain(ASKED)
  })

  test('with attributes and more flags than were offered is understood', async () => {
    const tls = await secured()
    const capabilities = -1 & ~(1 << 26)
    const attributes = Buffer.from('\x08\x03_os\x03abc')
    const rest = Buffer.concat([Buffer.from(PROPER), attributes])
    tls.write(packet(2, response({ capabilities, rest })))
    expect((await read(tls)).payload.toString('latin1')).toBe(ASKED)
  })
})

describe.runIf(programs)('in place of the password', () => {
  const atPassword = async () => {
    const tls = await secured()
    tls.write(packet(2, response()))
    expect((await read(tls)).payload.toString('latin1')).toBe(ASKED)
    return tls
  }

  test.each<[string, Buffer, RegExp]>([
    ['of two parts', packet(4, Buffer.from('a\0b\0')), /Bad handshake/],
    ['without its end', packet(4, Buffer.from('abc')), /Bad handshake/],
    ['out of order', packet(5, Buffer.from('a\0')), /Got packets out of order/],
    ['longer than 64 KiB', packet(4, Buffer.from(`${'x'.repeat(70_000)}\0`)), /^$/],
    ['of nothing', packet(4, Buffer.alloc(0)), /using password: NO/],
  ])('one %s', async (_, bytes, said) => {
    const tls = await atPassword()
    tls.write(bytes)
    expect(await untilClosed(tls)).toMatch(said)
  })

  test('a wrong one and a query behind it: the query is never heard', async () => {
    const tls = await atPassword()
    const query = packet(0, Buffer.from('\x03select 4711'))
    tls.write(Buffer.concat([packet(4, Buffer.from('x\0')), query]))
    const answer = await untilClosed(tls)
    expect(answer).toContain('Access denied')
    expect(answer).not.toContain('4711')
  })
})

test.runIf(programs)('MariaDB gone: the client is let go', async () => {
  const door = await startMySqlDoor({
    certificate: await rig.authority.issue([ENDPOINT.host]),
    socket: '/nowhere',
    usesTokens: () => Promise.resolve(true),
    refuseToken: () => undefined,
    passwordOf: () => '',
  })
  const socket = connect(door.port, '127.0.0.1')
  open.push(socket)
  expect(await untilClosed(socket)).toBe('')
  await door.close()
})
