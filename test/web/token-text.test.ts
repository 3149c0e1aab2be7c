import { Signer } from '@aws-sdk/rds-signer'
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Issued } from '../../server/contract/diagnosis.ts'
import { formsOf } from '../../server/core/connect/token-form.ts'
import { compareToken, sha256Of } from '../../web/pages/database/token-compare.ts'
import { decodeToken, readPasted } from '../../web/pages/database/token-text.ts'

const HOST = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
const sign = (over: { hostname?: string; username?: string; region?: string } = {}) =>
  new Signer({
    hostname: HOST,
    port: 5432,
    region: 'eu-west-1',
    username: 'jane.doe@corp.example',
    credentials: {
      accessKeyId: 'ASIAEXAMPLEEXAMPLE22',
      secretAccessKey: 'secret',
      sessionToken: 'IQoJb3JpZ2luX2VjE/+='.repeat(40),
    },
    ...over,
  }).getAuthToken()
const signature = (token: string) => /X-Amz-Signature=(\w{64})/.exec(token)![1]!

describe('a token that AWS’s own signer made', () => {
  test('tells for whom and where it is, from when until when, and by which key', async () => {
    const token = await sign()
    const facts = decodeToken(token)!
    expect(facts).toMatchObject({
      writing: 'raw',
      length: token.length,
      host: HOST,
      port: 5432,
      user: 'jane.doe@corp.example',
      region: 'eu-west-1',
      service: 'rds-db',
      accessKeyId: 'ASIAEXAMPLEEXAMPLE22',
      whole: true,
    })
    expect(facts.endsAt! - facts.signedAt!).toBe(900_000)
    expect(Math.abs(Date.now() - facts.signedAt!)).toBeLessThan(30_000)
  })

  test('is the same however it was written', async () => {
    const token = await sign()
    const { percent, pgpass } = formsOf(token)
    const html = token.replaceAll('&', '&amp;')
    for (const [written, writing] of [
      [percent, 'percent'],
      [pgpass, 'pgpass'],
      [html, 'html'],
    ] as const)
      expect(decodeToken(written)).toMatchObject({ token, writing, whole: true })
  })

  test('is read as far as it goes where it was cut', async () => {
    const token = await sign()
    const cut = token.slice(0, token.indexOf('&'))
    expect(cut).toBe(`${HOST}:5432/?Action=connect`)
    expect(decodeToken(cut)).toMatchObject({ host: HOST, user: null, whole: false })
    expect(decodeToken(token.slice(0, -1))).toMatchObject({ whole: false })
    expect(decodeToken(token.replace(/X-Amz-Sig.*/, 'X-Amz-Si'))).toMatchObject({ whole: false })
  })
})

describe('what is sent of a pasted text', () => {
  test('has no token in it, in whatever form, and the rest of it word for word', async () => {
    const token = await sign()
    for (const form of [...Object.values(formsOf(token)), token.replaceAll('&', '&amp;')]) {
      const { text, tokens } = readPasted(`$ PGPASS="${form}" psql\nFATAL:  PAM failed for "a"\n`)
      expect(text).toBe(
        `$ PGPASS="[token of ${form.length} characters]" psql\nFATAL:  PAM failed for "a"\n`,
      )
      expect(tokens.map((facts) => facts.token)).toEqual([token])
    }
  })

  test('has none of a token that stands in an address or lost its beginning', async () => {
    const token = await sign()
    const inUrl = readPasted(`psql postgresql://jane:${token}@${HOST}:5432/orders`)
    const tail = readPasted(`invalid integer value "${token.slice(token.indexOf('5432'))}"`)
    const parameter = readPasted(`X-Amz-Security-Token=abc%2Fdef&X-Amz-Signature=${'0'.repeat(64)}`)
    for (const { text } of [inUrl, tail, parameter]) {
      expect(text).not.toContain(signature(token))
      expect(text).not.toContain('IQoJb3JpZ2lu')
      expect(text).not.toMatch(/0{64}|abc%2Fdef/)
    }
    expect(tail.text).toContain('invalid integer value "5432/?Action=connect')
  })

  test('has no password of another kind', () => {
    const said = [
      "PGPASSWORD='hunter2 x' psql",
      'password=hunter2',
      'mysql://a:hunter2@h/db',
      'MYSQL_PWD=hunter2',
    ]
    for (const each of said) expect(readPasted(each).text).not.toContain('hunter2')
    const untouched = "Access denied for user 'a'@'h' (using password: YES)"
    expect(readPasted(untouched).text).toBe(untouched)
  })

  test('is found in a long text at once', () => {
    const started = performance.now()
    for (const part of ['a', 'a:', 'a.%3A', 'a:1/?', 'x://', 'password=', 'a&amp;'])
      readPasted(part.repeat(Math.ceil(65_536 / part.length)))
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})

describe('beside the newest token of the log', () => {
  const issuedOf = (token: string, over: Partial<Issued> = {}): Issued => ({
    at: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 900_000).toISOString(),
    endpoint: 'writer',
    host: HOST,
    port: 5432,
    region: 'eu-west-1',
    user: 'jane.doe@corp.example',
    length: token.length,
    sha256: createHash('sha256').update(token).digest('hex'),
    ...over,
  })
  const remarks = async (token: string, issued: Issued | null, now = Date.now()) => {
    const facts = decodeToken(token)!
    return compareToken(facts, issued, await sha256Of(facts.token), now)
  }

  test('the same one is said to be good', async () => {
    const token = await sign()
    expect(await remarks(token, issuedOf(token))).toEqual([
      { tone: 'good', text: 'It is the newest token, whole and unchanged.' },
    ])
  })

  test.each([
    [{ hostname: 'localhost' }, /for localhost:5432, and the newest token .* for orders\.cluster/],
    [{ username: 'postgres' }, /opens postgres, and this access is for jane/],
    [{ region: 'us-east-1' }, /signed for us-east-1, and the database is in eu-west-1/],
  ])('one that was signed with %j is told apart', async (over, told) => {
    const [first] = await remarks(await sign(over), issuedOf(await sign()))
    expect(first).toEqual({ tone: 'wrong', text: expect.stringMatching(told) as string })
  })

  test('one with a changed character, an old one and one that has ended are told apart', async () => {
    const token = await sign()
    const changed = token.replace(/(?<=X-Amz-Signature=)./, (digit) => (digit === '0' ? '1' : '0'))
    expect(await remarks(changed, issuedOf(token))).toEqual([
      { tone: 'wrong', text: expect.stringContaining('a character was changed') as string },
    ])
    const later = { at: new Date(Date.now() + 300_000).toISOString(), sha256: '0'.repeat(64) }
    expect(await remarks(token, issuedOf(token, later))).toEqual([
      { tone: 'note', text: expect.stringContaining('not the newest') as string },
    ])
    expect(await remarks(token, null, Date.now() + 901_000)).toEqual([
      { tone: 'wrong', text: 'Its 15 minutes are over.' },
    ])
  })
})
