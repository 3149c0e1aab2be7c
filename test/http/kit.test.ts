import { describe, expect, test } from 'vitest'
import { logOf } from '../store/store.ts'
import { openGrant, usePortal } from './portal.ts'
import { unzip } from './unzip.ts'

const portal = usePortal()

async function granted(subject = 'the engineer') {
  const cookie = await portal.cookie('team', subject)
  return { cookie, grant: await openGrant(portal, cookie) }
}
const ask = (cookie: string, grant: string, query = '') =>
  portal.call('GET', `/api/grants/${grant}/kit${query}`, { cookie })
const recorded = async () => (await logOf(portal.store, 'kit.downloaded')).length

const unpack = (zip: Buffer) => new Map(Object.entries(unzip(zip)))

describe('the client kit', () => {
  test('has what each client imports, the CA bundle and what to do, and no token', async () => {
    const { cookie, grant } = await granted()
    const body = { endpoint: 'writer' }
    await portal.call('POST', `/api/grants/${grant}/tokens`, { cookie, body })

    const answer = await ask(cookie, grant, '?home=/home/ada')

    expect(answer.statusCode, answer.body).toBe(200)
    expect(answer.headers['content-type']).toBe('application/zip')
    expect(answer.headers['content-disposition']).toBe(
      'attachment; filename="latchkey-orders-writer-kit.zip"',
    )
    expect(answer.headers['cache-control']).toContain('no-store')
    const files = unpack(answer.rawPayload)
    expect([...files.keys()].toSorted()).toEqual(
      expect.arrayContaining([
        'README.md',
        'ca/eu-west-1.p12',
        'ca/eu-west-1.pem',
        'clients/data-sources-latchkey-orders-writer.json',
        'clients/latchkey-orders-writer-pgadmin.json',
        'clients/latchkey-orders-writer.properties',
        'clients/pg_service.conf',
        'latchkey',
        'latchkey.ps1',
      ]),
    )
    expect(files.get('latchkey')).toBe((await portal.call('GET', '/helper/latchkey')).body)
    expect(files.get('clients/latchkey-orders-writer-pgadmin.json')).toContain(
      '"PasswordExecCommand": "latchkey token orders/orders_reader/writer"',
    )
    for (const [name, text] of files) expect(text, name).not.toMatch(/X-Amz-|Action=connect/)
    expect(files.get('clients/pg_service.conf')).toContain(
      'sslrootcert=/home/ada/.latchkey/eu-west-1.pem',
    )
    const pem = await portal.call('GET', '/api/ca/eu-west-1.pem')
    expect(files.get('ca/eu-west-1.pem')).toBe(pem.body)
  })

  test('says for each client what to do and what success looks like', async () => {
    const { cookie, grant } = await granted()
    const readme = unpack((await ask(cookie, grant)).rawPayload).get('README.md') ?? ''
    for (const title of ['psql', 'pgAdmin 4', 'DBeaver', 'DataGrip', 'JDBC', 'TablePlus']) {
      const section = readme.split(`\n## ${title}\n`)[1]?.split('\n## ')[0]
      expect(section, title).toMatch(/It worked when/)
    }
    expect(readme).toContain('PASTE-THE-TOKEN-HERE')
    for (const file of ['pg_service.conf', 'latchkey-orders-writer-pgadmin.json'])
      expect(readme).toContain(`clients/${file}`)
  })

  test('is recorded each time, with whose and for what', async () => {
    const { cookie, grant } = await granted()
    const before = await recorded()
    await ask(cookie, grant, '?endpoint=reader')
    await ask(cookie, grant)
    expect(await recorded()).toBe(before + 2)
    const events = await logOf(portal.store, 'kit.downloaded')
    expect(events.at(-2)).toMatchObject({
      payload_j: {
        grant,
        team: 'payments',
        database: 'orders',
        user: 'orders_reader',
        endpoint: 'reader',
      },
    })
  })

  test('is not given to anybody else, nor after the end, and then nothing is recorded as given', async () => {
    const { cookie, grant } = await granted()
    const other = await portal.cookie('team', 'somebody else')
    const before = await recorded()
    expect((await ask(other, grant)).statusCode).toBe(404)
    expect((await ask(cookie, grant, '?endpoint=nowhere')).statusCode).toBe(400)
    expect((await ask(cookie, grant, '?dialHost=1:2:3&dialPort=6543')).statusCode).toBe(400)
    await portal.call('POST', `/api/grants/${grant}/end`, { cookie, body: {} })
    expect((await ask(cookie, grant)).statusCode).toBe(409)
    expect(await recorded()).toBe(before)
  })
})
