import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { nodeConfig } from './door-clients.ts'
import { ENDPOINT, type PostgresRig, startRig } from './door-rig.ts'
import { session, signWithSdk } from './door-tokens.ts'
import { CANCEL_REQUEST, GSS_REQUEST, SSL_REQUEST } from './startup-packet.ts'

/* What no proper client sends: the door must refuse it, stay up, and let nobody in. */

let rig: PostgresRig
beforeAll(async () => {
  rig = await startRig({ loginLimit: 2_000, readOnly: true })
})
afterAll(() => rig.close())
const open: Duplex[] = []
afterEach(async () => {
  for (const stream of open.splice(0)) stream.destroy()
  const client = new pg.Client(nodeConfig(rig, { token: await signWithSdk(await session(rig)) }))
  await client.connect()
  expect((await client.query('select 1 as x')).rows).toEqual([{ x: 1 }])
  await client.end()
})

function dial(): Socket {
  const socket = connect(rig.door.port, '127.0.0.1')
  socket.on('error', () => undefined)
  open.push(socket)
  return socket
}

/** Everything that comes until the door closes the connection. */
async function untilClosed(stream: Duplex): Promise<string> {
  let text = ''
  stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  stream.on('error', () => undefined)
  // `once` of node:events would throw at a reset, which is one way of closing.
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve))
  return text
}

const nextData = async (stream: Duplex) =>
  ((await once(stream, 'data')) as [Buffer])[0].toString('latin1')

const words = (...numbers: number[]) => {
  const bytes = Buffer.alloc(numbers.length * 4)
  numbers.forEach((number, i) => bytes.writeInt32BE(number | 0, i * 4))
  return bytes
}

function startup(body: Buffer | string, version = 3 << 16): Buffer {
  const bytes = Buffer.from(body)
  return Buffer.concat([words(bytes.length + 8, version), bytes])
}

/** TLS as a proper client asks for it. */
async function secured(): Promise<Duplex> {
  const socket = dial()
  socket.write(words(8, SSL_REQUEST))
  expect(await nextData(socket)).toBe('S')
  const tls = connectTls({ socket, ca: rig.authority.pem, servername: ENDPOINT.host })
  open.push(tls)
  tls.on('error', () => undefined)
  await once(tls, 'secureConnect')
  return tls
}

const LOGIN = 'user\0app_read\0database\0postgres\0\0'
const ASKED = 'R\0\0\0\b\0\0\0\u0003'

describe('in the clear', () => {
  test.each<[string, () => Buffer]>([
    ['HTTP', () => Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a length of nothing', () => words(0, 0)],
    ['a negative length', () => words(-1, SSL_REQUEST)],
    ['a huge length', () => words(0x7fffffff, 3 << 16)],
    [
      'a request for TLS with more behind it',
      () => Buffer.concat([words(8, SSL_REQUEST), startup(LOGIN)]),
    ],
    [
      'a request for GSS with more behind it',
      () => Buffer.concat([words(8, GSS_REQUEST), startup(LOGIN)]),
    ],
    ['a request to cancel that is too long', () => words(20, CANCEL_REQUEST, 1, 2, 3)],
  ])('%s is answered with nothing', async (_, bytes) => {
    const socket = dial()
    socket.write(bytes())
    expect(await untilClosed(socket)).toBe('')
  })

  test('300 random texts', async () => {
    await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        const socket = dial()
        socket.end(randomBytes(1 + ((i * 37) % 400)))
        const said = await untilClosed(socket)
        expect(said).toMatch(/^$|^E.*FATAL|^\x15\x03|^N$/s)
      }),
    )
  })

  test('GSS encryption is declined, once, and TLS may follow', async () => {
    const socket = dial()
    socket.write(words(8, GSS_REQUEST))
    expect(await nextData(socket)).toBe('N')
    socket.write(words(8, SSL_REQUEST))
    expect(await nextData(socket)).toBe('S')
    const again = dial()
    again.write(words(8, GSS_REQUEST))
    await nextData(again)
    again.write(words(8, GSS_REQUEST))
    expect(await untilClosed(again)).toContain('unsupported frontend protocol')
  })

  test('who says nothing is not waited for', async () => {
    expect(await untilClosed(dial())).toBe('')
  })
})

describe('at once with TLS', () => {
  const direct = (ALPNProtocols: string[]) => {
    const tls = connectTls({
      port: rig.door.port,
      host: '127.0.0.1',
      ca: rig.authority.pem,
      servername: ENDPOINT.host,
      ALPNProtocols,
    })
    open.push(tls)
    tls.on('error', () => undefined)
    return tls
  }

  test('a client that names the protocol is asked for its password', async () => {
    const tls = direct(['postgresql'])
    tls.write(startup(LOGIN))
    expect(await nextData(tls)).toBe(ASKED)
  })

  test.each([[[]], [['http/1.1']]])('a client with %j is not', async (protocols) => {
    const tls = direct(protocols)
    tls.write(startup(LOGIN))
    expect(await untilClosed(tls)).toBe('')
  })
})

describe('the start-up packet', () => {
  test.each<[string, Buffer, string | RegExp]>([
    ['without a user', startup('database\0postgres\0\0'), 'no PostgreSQL user name specified'],
    ['with an empty user', startup('user\0\0database\0postgres\0\0'), 'no PostgreSQL user name'],
    ['empty', startup('\0'), 'no PostgreSQL user name specified'],
    ['with two users', startup('user\0app_read\0user\0app_write\0\0'), '"user" is given twice'],
    ['with a user of 64 bytes', startup(`user\0${'ü'.repeat(32)}\0\0`), 'longer than 63 bytes'],
    [
      'with a database of 64 bytes',
      startup(`user\0a\0database\0${'d'.repeat(64)}\0\0`),
      'longer than 63',
    ],
    ['without its end', startup('user\0app_read\0'), 'expected terminator'],
    ['with no end at all', startup('user\0app_read'), 'expected terminator'],
    ['with something behind its end', startup('user\0app_read\0\0user\0app_write\0\0'), 'has no'],
    ['with a name and no value', startup('user\0app_read\0options\0\0'), 'has no value'],
    ['that is not UTF-8', startup(Buffer.from('user\0app_\xff\0\0', 'latin1')), 'it is not UTF-8'],
    ['for replication', startup(`user\0app_read\0replication\0true\0\0`), 'replication connection'],
    ['of protocol 2', startup(LOGIN, 2 << 16), 'unsupported frontend protocol 2.0'],
    ['of protocol 4', startup(LOGIN, 4 << 16), 'unsupported frontend protocol 4.0'],
    ['that is too short', words(8, 3 << 16), /^E|^$/],
  ])('%s is refused', async (_, packet, said) => {
    const tls = await secured()
    tls.write(packet)
    const answer = await untilClosed(tls)
    expect(answer).toMatch(said)
    expect(answer).not.toContain(ASKED)
  })

  test('of a newer protocol is talked down to 3.0, with each option that we do not know', async () => {
    const tls = await secured()
    tls.write(startup(`user\0app_read\0_pq_.test\0on\0\0`, (3 << 16) | 2))
    const answer = await nextData(tls)
    expect(answer.startsWith(`v\0\0\0\u0016\0\u0003\0\0\0\0\0\u0001_pq_.test\0`)).toBe(true)
  })
})

describe('in place of the password', () => {
  const atPassword = async () => {
    const tls = await secured()
    tls.write(startup(LOGIN))
    expect(await nextData(tls)).toBe(ASKED)
    return tls
  }
  const message = (letter: string, body: Buffer | string, length = Buffer.byteLength(body) + 4) =>
    Buffer.concat([Buffer.from(letter), words(length), Buffer.from(body)])

  test.each<[string, Buffer, string]>([
    ['a query', message('Q', 'select 1\0'), 'expected password response, got message type 81'],
    ['a password of two parts', message('p', 'a\0b\0'), 'invalid password packet size'],
    ['a password without its end', message('p', 'abc'), 'invalid password packet size'],
    ['an empty message', message('p', ''), ''],
    ['a password longer than 64 KiB', message('p', `${'x'.repeat(70_000)}\0`), ''],
    ['a negative length', message('p', '', -5), ''],
    ['a good-bye', message('X', ''), ''],
  ])('%s', async (_, bytes, said) => {
    const tls = await atPassword()
    tls.write(bytes)
    const answer = await untilClosed(tls)
    if (said === '') expect(answer).toBe('')
    else expect(answer).toContain(said)
  })

  test('a wrong password and a query behind it: the query is never heard', async () => {
    const tls = await atPassword()
    tls.write(Buffer.concat([message('p', 'x\0'), message('Q', 'select 1\0')]))
    const answer = await untilClosed(tls)
    expect(answer).toContain('PAM authentication failed')
    expect(answer).not.toContain('ReadyForQuery')
    expect(rig.log.at(-1)).toContain('refused user "app_read"')
  })
})

test('a request to cancel inside TLS is passed on, and answered by closing', async () => {
  const tls = await secured()
  tls.write(words(16, CANCEL_REQUEST, 1, 2))
  expect(await untilClosed(tls)).toBe('')
})

test('a reader endpoint starts sessions read-only, whatever the client wishes', async () => {
  const token = await signWithSdk(await session(rig), { username: 'app_write' })
  const client = new pg.Client({
    ...nodeConfig(rig, { token, user: 'app_write' }),
    options: '-c default_transaction_read_only=off',
  })
  await client.connect()
  await expect(client.query('insert into notes values (1)')).rejects.toMatchObject({
    code: '25006',
  })
  await client.end()
})

test('PostgreSQL gone: the client is let go', async () => {
  const other = await startRig()
  const token = await signWithSdk(await session(other))
  await other.postgres.stop()
  const client = new pg.Client(nodeConfig(other, { token }))
  client.on('error', () => undefined)
  await expect(client.connect()).rejects.toThrow()
  await other.close()
})
