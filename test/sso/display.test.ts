import { describe, expect, test } from 'vitest'
import { claimsToShow, emailOf, nameOf } from '../../server/sso/display.ts'
import { type Claims } from './evil-provider.ts'
import { withClaims, useTricks } from './tricks.ts'

/** What is shown of a person. */
const { accepted } = useTricks()

describe('C-03 an address is shown only when everybody reads it the same way', () => {
  test.each(['ada@example.com', 'a.b+c@sub.example.co.uk', "o'neil@example.com", 'ada@localhost'])(
    '%s',
    (email) => expect(emailOf(email)).toBe(email),
  )
  test.each([
    'user@corp.com@evil.com',
    'user@corp.com\u0000@evil',
    '"a@corp.com"@evil',
    'a@corp.com\r\nx',
    'a b@corp.com',
    'а@corp.com',
    '\u212a@x',
    'a@ex\u200bample.com',
    '@corp.com',
    'a@',
    'a',
    '',
    'a@.com',
    'a@b..c',
    `${'a'.repeat(250)}@x.de`,
    '<a@corp.com>',
    'a@corp.com>',
    5,
    null,
    undefined,
    ['a@corp.com'],
  ])('%j is not shown', (email) => expect(emailOf(email)).toBeNull())
})

describe('C-04 a name that cannot deceive', () => {
  test.each([
    ['Ada Marín', 'Ada Marín'],
    ['  Ada ', 'Ada'],
    ['李小龍', '李小龍'],
    ['Анна Иванова', 'Анна Иванова'],
    ['Ελένη', 'Ελένη'],
    ['Anna Иванова', 'Anna Иванова'],
    ["Seán O'Neil-Šmíd", "Seán O'Neil-Šmíd"],
    ['ＡＤＡ', 'ADA'],
  ])('%s', (name, shown) => expect(nameOf(name)).toBe(shown))
  test.each([
    'аdmin',
    'Αda',
    'admin\u202eada',
    'ad\u200bmin',
    'ada\u0000',
    'ada\nadmin',
    'ada\u2028',
    '\ufeffada',
    'x'.repeat(201),
    '',
    ' ',
    '\ud800',
    5,
    null,
    undefined,
    {},
  ])('%j is not shown', (name) => expect(nameOf(name)).toBeNull())

  test('preferred_username stands in', async () => {
    expect(
      await accepted({
        claims: (honest) => ({ ...honest, name: 'аdmin', preferred_username: 'ada' }),
      }),
    ).toMatchObject({ name: 'ada' })
  })
})

describe('the claims for “My account”', () => {
  test('what one arrived with, without the protocol', async () => {
    const { claims } = await accepted(
      withClaims({
        department: 'Payments',
        level: 3,
        staff: true,
        tags: ['a', 'b'],
        address: { city: 'Lugo' },
        sid: 'x',
        c_hash: 'x',
        nothing: null,
      }),
    )
    expect(claims).toEqual(
      expect.arrayContaining([
        { name: 'sub', value: 'ada' },
        { name: 'department', value: 'Payments' },
        { name: 'level', value: '3' },
        { name: 'staff', value: 'true' },
        { name: 'tags', value: 'a, b' },
        { name: 'address', value: '{"city":"Lugo"}' },
      ]),
    )
    expect(claims.map(({ name }) => name).sort()).toEqual([
      'address',
      'department',
      'email',
      'groups',
      'level',
      'name',
      'staff',
      'sub',
      'tags',
    ])
  })

  test('are few, short, visible, and no tokens', () => {
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`claim${i}`, 'x'.repeat(5_000)]),
    )
    const shown = claimsToShow({
      token: 'eyJhbGciOiJub25lIn0.e30.',
      inside: { id: ['eyJhbGciOiJub25lIn0.e30.'] },
      'na\u202eme': 'a\u0000b\u202ec',
      ...many,
    })
    expect(shown).toHaveLength(50)
    expect(shown[0]).toEqual({ name: 'na\\u{202e}me', value: 'a\\u{0}b\\u{202e}c' })
    for (const { name, value } of shown) expect(name.length + value.length).toBeLessThan(450)
    expect(JSON.stringify(shown)).not.toContain('eyJ')
  })

  test('a claim named like the prototype is one more claim', () => {
    expect(claimsToShow(JSON.parse('{"__proto__":"x","constructor":"y"}') as Claims)).toEqual([
      { name: '__proto__', value: 'x' },
      { name: 'constructor', value: 'y' },
    ])
  })
})
