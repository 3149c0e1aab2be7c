import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { CaContents } from '../../server/contract/ca.ts'
import { networkOf, recordSeldom } from '../../server/store/seldom.ts'
import { asSuperuser } from '../store/mint-scenes.ts'
import { logOf } from '../store/store.ts'
import { usePortal } from './portal.ts'

const portal = usePortal()
const downloads = async () => (await logOf(portal.store, 'ca.downloaded')).length
const counting = async (work: () => Promise<unknown>) => {
  const before = await downloads()
  await work()
  return (await downloads()) - before
}
const IRELAND = '/api/ca/eu-west-1.pem'

test('each download of a CA bundle by somebody signed in is recorded, under their name', async () => {
  const cookie = await portal.cookie('team')

  expect(
    await counting(async () => {
      for (let i = 0; i < 3; i++) await portal.call('GET', IRELAND, { cookie })
    }),
  ).toBe(3)
  const { rows } = await portal.store.pool.query<{ actor: string }>(
    `SELECT DISTINCT actor, subject, payload_j->>'sha256' AS sha256 FROM audit.log WHERE action = 'ca.downloaded'`,
  )
  expect(rows).toEqual([
    {
      actor: expect.stringMatching(/^[0-9a-f-]{36}$/),
      subject: 'eu-west-1',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  ])
})

test.each([
  ['pem', 'application/x-pem-file', null],
  ['p7b', 'application/x-pkcs7-certificates', null],
  ['p12', 'application/x-pkcs12', 'changeit'],
  ['jks', 'application/x-java-keystore', 'changeit'],
])(
  'as %s it is the file whose digest the page shows, and the one that is recorded',
  async (format, type, password) => {
    const cookie = await portal.cookie('team')
    const listed = await portal.call('GET', '/api/ca/eu-west-1/certificates')
    const file = listed.json<CaContents>().files.find((each) => each.format === format)!
    const answer = await portal.call('GET', `/api/ca/${file.name}`, { cookie })

    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe(type)
    expect(answer.headers['content-disposition']).toBe(`attachment; filename="${file.name}"`)
    expect(createHash('sha256').update(answer.rawPayload).digest('hex')).toBe(file.sha256)
    expect(answer.rawPayload).toHaveLength(file.bytes)
    expect(file.password).toBe(password)
    const { rows } = await portal.store.pool.query<{ sha256: string; format: string | null }>(
      `SELECT payload_j->>'sha256' AS sha256, payload_j->>'format' AS format
       FROM audit.log WHERE action = 'ca.downloaded' ORDER BY id DESC LIMIT 1`,
    )
    expect(rows).toEqual([{ sha256: file.sha256, format: format === 'pem' ? null : format }])
  },
)

test('the page is told of every certificate, and how Java takes all of them', async () => {
  const { certificates, java } = (
    await portal.call('GET', '/api/ca/global/certificates')
  ).json<CaContents>()
  expect(certificates).toHaveLength(86)
  expect(certificates[0]).toMatchObject({
    name: expect.stringMatching(/^Amazon RDS .* Root CA /),
    key: 'RSA 4096',
    expiresAt: expect.stringMatching(/^2121-/),
  })
  expect(java.import).toMatch(/^keytool -importkeystore .*global\.p12/)
})

test('of downloads by nobody known, one a file and network is, in an hour', async () => {
  const twice = (url: string) => async () => {
    await Promise.all([portal.call('GET', url), portal.call('GET', url)])
    await portal.call('GET', url)
  }

  expect(await counting(twice(IRELAND))).toBe(1)
  expect(await counting(twice(IRELAND))).toBe(0)
  expect(await counting(twice('/api/ca/eu-central-1.pem'))).toBe(1)
  await asSuperuser(portal.url, (client) =>
    client.query("UPDATE anonymous_download SET hour = hour - interval '1 hour'"),
  )
  expect(await counting(twice(IRELAND))).toBe(1)
})

test('a thousand in an hour, from wherever, are all that nobody known can write', async () => {
  const from = (address: string) =>
    recordSeldom(portal.store, {
      action: 'ca.downloaded',
      actor: 'anonymous',
      subject: 'eu-west-1',
      requestId: 'r',
      address,
      detail: { region: 'eu-west-1', sha256: '' },
    })
  await portal.store.pool.query('DELETE FROM anonymous_download')

  expect(
    await counting(async () => {
      for (let i = 0; i < 1_010; i++) await from(`10.1.${i >> 8}.${i & 255}`)
    }),
  ).toBe(1_000)
})

test('what gives nothing out is no download', async () => {
  const cookie = await portal.cookie('team')

  expect(await counting(() => portal.call('GET', '/api/ca/cn-north-1.pem', { cookie }))).toBe(0)
  expect(await counting(() => portal.call('GET', '/api/ca', { cookie }))).toBe(0)
  expect(
    await counting(() =>
      portal.app.inject({
        method: 'HEAD',
        url: IRELAND,
        headers: { host: 'latchkey.example.com', cookie },
      }),
    ),
  ).toBe(0)
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1:2:3:4%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
