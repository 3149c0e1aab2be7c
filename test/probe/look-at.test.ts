import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Engine } from '../../server/core/catalog/catalog.ts'
import type { ProbeTarget } from '../../server/core/trust/tls-finding.ts'
import { makeLookAt } from '../../server/probe/look-at.ts'
import { openAuthority } from '../lab/ca.ts'
import { CATALOG, catalogOf } from '../http/portal.ts'
import { hangsUp, listen, mysql, type Peer, postgres, says, silent } from './peers.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-'))
afterAll(() => rmSync(folder, { recursive: true }))
const authority = await openAuthority(folder)
const HOST = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
const READER = 'orders.cluster-ro-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
const issued = await authority.issue([HOST, '*.example.com'])
const server = { key: issued.key, cert: `${issued.cert}\n${authority.pem}` }
const orders = catalogOf(CATALOG).databases.get('orders')!

const target = (port: number, engine: Engine, host = HOST): ProbeTarget => ({
  database: { ...orders, engine },
  endpoint: {
    ...orders.endpoints[0]!,
    signing: { host, port: 5432 },
    dial: { host: '127.0.0.1', port },
  },
})
const look = async (
  peer: Peer,
  { engine = 'postgres' as Engine, host = HOST, ca = authority.pem as string | undefined } = {},
) => {
  const { port, heard } = await listen(peer)
  return { heard, finding: await makeLookAt(2_000)(target(port, engine, host), ca) }
}
const sha256 = (pem: string) =>
  new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()

describe.each([
  ['postgres', postgres(server), ['0000000804d2162f']],
  ['mysql', mysql(server), [expect.stringMatching(/^20000001008a0800ffffff002d(00){23}$/)]],
  ['mariadb', mysql(server), [expect.stringMatching(/^20000001/)]],
] as const)('%s', (engine, peer, asked) => {
  test('shows its chain and names, and is told nothing but the wish for TLS', async () => {
    const { finding, heard } = await look(peer, { engine })
    expect(finding).toEqual({
      outcome: 'answered',
      chain: [
        {
          name: 'Latchkey lab database (this is not AWS)',
          sha256: sha256(server.cert),
          expiresAt: new Date(new X509Certificate(server.cert).validTo).toISOString(),
        },
        expect.objectContaining({ sha256: sha256(authority.pem) }),
      ],
      names: [HOST, '*.example.com'],
      verified: true,
      fault: null,
      nameCovered: true,
      expiresAt: new Date(new X509Certificate(server.cert).validTo).toISOString(),
    })
    expect(heard.plain.map((bytes) => bytes.toString('hex'))).toEqual(asked)
    expect(heard.names).toEqual([HOST])
    expect(Buffer.concat(heard.secret)).toHaveLength(0)
  })
})

test('a name that is not in the certificate is seen to be absent, while the chain holds', async () => {
  const { finding } = await look(postgres(server), { host: READER })
  expect(finding).toMatchObject({ verified: true, nameCovered: false, fault: null })
})

test('a wildcard is for one label', async () => {
  const covered = async (host: string) => (await look(postgres(server), { host })).finding
  expect(await covered('db.example.com')).toMatchObject({ nameCovered: true })
  expect(await covered('a.db.example.com')).toMatchObject({ nameCovered: false })
})

test('a chain that another authority signed does not verify', async () => {
  const other = await openAuthority(mkdtempSync(join(folder, 'other-')))
  const { finding } = await look(postgres(await other.issue([HOST])))
  expect(finding).toMatchObject({ verified: false, nameCovered: true })
  expect(finding).toHaveProperty('fault', expect.stringMatching(/^UNABLE_TO_/))
})

test('without a bundle nothing is proven, whatever this system trusts', async () => {
  const { port } = await listen(postgres(server))
  const finding = await makeLookAt(2_000)(target(port, 'postgres'), undefined)
  expect(finding).toMatchObject({ outcome: 'answered', verified: false, fault: 'no_bundle' })
})

describe('what shows no certificate', () => {
  const greeting = (payload: Buffer) => {
    const head = Buffer.alloc(4)
    head.writeUIntLE(payload.length, 0, 3)
    return Buffer.concat([head, payload])
  }
  test.each<[string, Engine, Peer, string]>([
    ['PostgreSQL without TLS', 'postgres', postgres('N'), 'no_tls'],
    ['PostgreSQL that answers with an error', 'postgres', postgres('E\0\0\0\x05'), 'protocol'],
    ['PostgreSQL that says something in the clear after S', 'postgres', postgres('SX'), 'protocol'],
    [
      'PostgreSQL that speaks no TLS after S',
      'postgres',
      (socket) =>
        void socket.once('data', () => {
          socket.write('S')
          socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
        }),
      'tls',
    ],
    ['MySQL without TLS', 'mysql', mysql(server, 0xf7ff), 'no_tls'],
    [
      'MySQL that has blocked the host',
      'mysql',
      says(greeting(Buffer.from('\xff\x69\x04Host is blocked', 'latin1'))),
      'protocol',
    ],
    ['MySQL that talks without end', 'mysql', says(Buffer.alloc(200_000, 'x')), 'protocol'],
    ['a greeting that is cut short', 'mysql', says(greeting(Buffer.from('\x0a8.0\0'))), 'protocol'],
    ['a server that hangs up', 'postgres', hangsUp, 'cut'],
    ['a server that hangs up on MySQL clients', 'mysql', hangsUp, 'cut'],
  ])('%s: %s', async (_, engine, peer, code) => {
    expect((await look(peer, { engine })).finding).toEqual({ outcome: 'failed', code })
  })

  test.each<[string, Engine, Peer]>([
    ['nothing at all', 'mysql', silent],
    ['S and then nothing', 'postgres', postgres('S')],
    ['half a greeting', 'mysql', says(Buffer.from([80, 0, 0, 0, 10]))],
  ])('who says %s is left after the time is up', async (_, engine, peer) => {
    const { port } = await listen(peer)
    const finding = await makeLookAt(150)(target(port, engine), authority.pem)
    expect(finding).toEqual({ outcome: 'failed', code: 'timeout' })
  })

  test('nobody', async () => {
    const { port } = await listen(silent)
    const at = { ...target(port, 'postgres') }
    const absent = { ...at, endpoint: { ...at.endpoint, dial: { host: 'absent.invalid', port } } }
    expect(await makeLookAt(5_000)(absent, authority.pem)).toEqual({
      outcome: 'failed',
      code: expect.stringMatching(/^(name_unknown|timeout)$/),
    })
    expect(await makeLookAt(2_000)(target(1, 'postgres'), authority.pem)).toEqual({
      outcome: 'failed',
      code: 'refused',
    })
  })
})
