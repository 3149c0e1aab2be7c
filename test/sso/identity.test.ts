import { describe, expect, test } from 'vitest'
import type { SignInRefusal } from '../../server/core/audit/event.ts'
import { claimsToShow, emailOf, nameOf } from '../../server/sso/display.ts'
import {
  type Claims,
  cut,
  drip,
  hang,
  redirectTo,
  say,
  tenMebibytes,
  type Tricks,
} from './evil-provider.ts'
import { expectArrival, expectRefusal, type Portal, stored, useSignIn } from './portal.ts'

/** Who arrives, with which groups. */
const used = useSignIn()

async function arrives(tricks: Tricks, portal: Portal = used.portal) {
  used.evil.tricks = tricks
  const session = await expectArrival(portal, await portal.browser().signIn())
  const detail = await portal.deps.sessions.detail(session.actor.sessionId)
  return { ...session.actor, groupsFrom: detail!.groupsFrom, claims: detail!.claims }
}

async function refused(tricks: Tricks, reason: SignInRefusal, portal: Portal = used.portal) {
  used.evil.tricks = tricks
  const browser = portal.browser()
  const callback = await browser.toCallback()
  await expectRefusal(used, () => browser.get(callback), reason)
}

const drop = (claims: Claims, ...names: string[]): Claims =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)))
const withoutGroups: Tricks = { claims: (honest) => drop(honest, 'groups') }
const withClaims = (change: Claims): Tricks => ({ claims: (honest) => ({ ...honest, ...change }) })

describe('groups', () => {
  test('come from the ID token, and then UserInfo is not asked', async () => {
    expect(await arrives({})).toMatchObject({
      groups: ['payments-engineers'],
      groupsFrom: 'id_token',
    })
    expect(used.evil.calls.userinfo).toBe(0)
  })

  test('come from UserInfo when the ID token has none [userinfo-bearer-header]', async () => {
    expect(await arrives(withoutGroups)).toMatchObject({
      groups: ['payments-engineers'],
      groupsFrom: 'userinfo',
    })
    expect(used.evil.calls.userinfo).toBe(1)
  })

  test('an empty list in the ID token is an answer', async () => {
    expect(await arrives(withClaims({ groups: [] }))).toMatchObject({
      groups: [],
      groupsFrom: 'id_token',
    })
    expect(used.evil.calls.userinfo).toBe(0)
  })

  test.each([
    [
      'UserInfo has none either',
      { ...withoutGroups, userinfo: (honest: Claims) => drop(honest, 'groups') },
    ],
    [
      'there is no UserInfo',
      { ...withoutGroups, metadata: (honest: Claims) => drop(honest, 'userinfo_endpoint') },
    ],
    [
      'there is no access token',
      {
        claims: (honest: Claims) => drop(honest, 'groups', 'at_hash'),
        tokens: (honest: Claims) => drop(honest, 'access_token'),
      },
    ],
    [
      'they are null everywhere',
      {
        ...withClaims({ groups: null }),
        userinfo: (honest: Claims) => ({ ...honest, groups: null }),
      },
    ],
  ])('somebody without any signs in with none: %s', async (_, tricks) => {
    expect(await arrives(tricks)).toMatchObject({ groups: [], groupsFrom: 'none' })
  })

  test('one text is one group', async () => {
    expect(await arrives(withClaims({ groups: 'admins, payments' }))).toMatchObject({
      groups: ['admins, payments'],
    })
  })

  test('C-06 names stay as they are: nothing is trimmed, split or made small', async () => {
    const groups = ['admins ', 'ADMINS', 'x-admins', 'аdmins', 'admins', 'admins']
    expect((await arrives(withClaims({ groups }))).groups).toEqual([
      'admins ',
      'ADMINS',
      'x-admins',
      'аdmins',
      'admins',
    ])
  })

  test('the claim can have another name', async () => {
    const claim = 'https://example.com/roles'
    const portal = await used.portalWith({ groupsClaim: claim })
    expect(await arrives(withClaims({ [claim]: ['a'] }), portal)).toMatchObject({ groups: ['a'] })
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'a claim named %s is only a claim',
    async (groupsClaim) => {
      const portal = await used.portalWith({ groupsClaim })
      expect(await arrives({}, portal)).toMatchObject({ groups: [], groupsFrom: 'none' })
    },
  )

  test('a thousand are accepted, and the record of the sign-in names them', async () => {
    const groups = Array.from({ length: 1000 }, (_, i) => `group-${i}`)
    expect((await arrives(withClaims({ groups }))).groups).toHaveLength(1000)
    const { rows } = await used.store.pool.query(
      `SELECT payload_j FROM audit.log WHERE action = 'session.started' ORDER BY id DESC LIMIT 1`,
    )
    expect(rows[0].payload_j).toMatchObject({
      groups,
      teams: groups.map((group) => `team of ${group}`),
      subject: 'ada',
      userAgent: 'a browser',
    })
  })

  test.each([
    ['1,001 of them', Array.from({ length: 1001 }, (_, i) => String(i))],
    ['5,000 of them', Array.from({ length: 5000 }, (_, i) => String(i))],
    ['too long together', Array.from({ length: 500 }, (_, i) => `${i}`.padEnd(80, 'x'))],
    ['nested', [['admins']]],
    ['objects', [{ name: 'admins' }]],
    ['one object', { admins: true }],
    ['a number', 5],
    ['numbers', ['a', 5]],
    ['true', true],
    ['null inside', ['a', null]],
    ['an empty name', ['']],
    ['an empty text', ''],
    ['a name without end', ['x'.repeat(257)]],
    ['a zero', ['a\u0000b']],
    ['a line break', ['a\nb']],
    ['half a character', ['\ud800']],
  ])('%s are refused', async (_, groups) => {
    await refused(withClaims({ groups }), 'groups_invalid')
    await refused(
      { ...withoutGroups, userinfo: (honest) => ({ ...honest, groups }) },
      'groups_invalid',
    )
  })
})

describe('C-05 groups that are elsewhere [distributed-claims, aggregated-claims]', () => {
  const elsewhere = () => ({
    _claim_names: { groups: 'src1' },
    _claim_sources: { src1: { endpoint: `${used.evil.issuer}/elsewhere` } },
  })

  test.each([
    ['_claim_names', () => elsewhere()],
    [
      '_claim_names at the metadata service of a cloud',
      () => ({ ...elsewhere(), _claim_sources: { src1: { endpoint: 'http://169.254.169.254/' } } }),
    ],
    ['hasgroups', () => ({ hasgroups: true })],
    ['hasgroups as text', () => ({ hasgroups: 'true' })],
  ])('%s: said plainly, never followed', async (_, flags) => {
    await refused(
      { claims: (honest) => ({ ...drop(honest, 'groups'), ...flags() }) },
      'groups_unresolved',
    )
    await refused(
      { ...withoutGroups, userinfo: (honest) => ({ ...drop(honest, 'groups'), ...flags() }) },
      'groups_unresolved',
    )
    expect(used.evil.calls.elsewhere).toBe(0)
  })

  test('a part of them beside the flag is not all of them', async () => {
    await refused({ claims: (honest) => ({ ...honest, ...elsewhere() }) }, 'groups_unresolved')
  })

  test('the claim with another name', async () => {
    const portal = await used.portalWith({ groupsClaim: 'roles' })
    await refused(withClaims({ _claim_names: { roles: 'src1' } }), 'groups_unresolved', portal)
  })

  test('another claim that is elsewhere is nobody’s concern', async () => {
    await arrives(withClaims({ _claim_names: { address: 'src1' }, hasgroups: false }))
    expect(used.evil.calls.elsewhere).toBe(0)
  })
})

describe('A-16 UserInfo about somebody else [userinfo-invalid-sub]', () => {
  test.each(['admin', 'ADA', 'ada ', '', null, undefined, ['ada'], 5])('sub %j', async (sub) => {
    await refused(
      { ...withoutGroups, userinfo: (honest) => ({ ...honest, sub }) },
      'userinfo_subject',
    )
  })

  test('also where it was asked for a name only', async () => {
    await refused(
      {
        claims: (honest) => drop(honest, 'name', 'email'),
        userinfo: (honest) => ({ ...honest, sub: 'admin' }),
      },
      'userinfo_subject',
    )
  })

  test.each([
    ['text', say(200, '"ada"'), 'userinfo_invalid'],
    ['a list', say(200, '[]'), 'userinfo_invalid'],
    ['null', say(200, 'null'), 'userinfo_invalid'],
    ['signed [userinfo-signed]', say(200, 'a.b.c', 'application/jwt'), 'userinfo_invalid'],
    ['ten mebibytes', tenMebibytes, 'userinfo_invalid'],
    ['refused', say(401, '{}'), 'userinfo_invalid'],
    ['redirected', redirectTo('/elsewhere'), 'userinfo_invalid'],
    ['broken', say(502, '{}'), 'provider_unavailable'],
    ['cut', cut, 'provider_unavailable'],
    ['hanging', hang, 'provider_unavailable'],
    ['dripping', drip, 'provider_unavailable'],
  ] as const)('that is %s', async (_, userinfo, reason) => {
    const portal = await used.portalWith({ limits: { time: 300, size: 64 * 1024 } })
    await refused({ ...withoutGroups, answer: { userinfo } }, reason, portal)
    expect(used.evil.calls.elsewhere).toBe(0)
  })

  test('its silence about a name costs only the name', async () => {
    const { name, email, groups } = await arrives({
      claims: (honest) => drop(honest, 'name', 'email'),
      answer: { userinfo: say(500, '{}') },
    })
    expect({ name, email, groups }).toEqual({
      name: null,
      email: null,
      groups: ['payments-engineers'],
    })
  })

  test('its name and address fill what the ID token leaves out, and replace nothing', async () => {
    const { name, email, claims } = await arrives({
      claims: (honest) => ({ ...drop(honest, 'groups', 'name'), department: 'from the ID token' }),
      userinfo: (honest) => ({
        ...honest,
        email: 'other@example.com',
        department: 'from UserInfo',
        iss: 'x',
      }),
    })
    expect({ name, email }).toEqual({ name: 'Ada Marín', email: 'ada@example.com' })
    expect(claims).toContainEqual({ name: 'department', value: 'from the ID token' })
  })
})

describe('who a person is', () => {
  const subject = (change: Claims) =>
    withClaims({ sub: 'bea', email: 'same@example.com', ...change })

  test('C-01 the same address with another subject is another person', async () => {
    const one = await arrives(subject({}))
    const other = await arrives(subject({ sub: 'cleo' }))
    expect(other.personId).not.toBe(one.personId)
    expect(other.email).toBe(one.email)
  })

  test('C-01 the same subject with another address is the same person', async () => {
    const one = await arrives(subject({}))
    const later = await arrives(subject({ email: 'new@example.com' }))
    expect(later.personId).toBe(one.personId)
    expect(later.email).toBe('new@example.com')
  })

  test.each([false, undefined, 'true', 1])(
    'C-02 email_verified %j changes nothing: an address gives no rights',
    async (email_verified) => {
      expect(await arrives(subject({ email_verified }))).toMatchObject({
        groups: ['payments-engineers'],
      })
    },
  )

  test('C-10 twenty first sign-ins at once are one person', async () => {
    used.evil.tricks = withClaims({ sub: 'first' })
    const before = await stored(used)
    const sessions = await Promise.all(
      Array.from({ length: 20 }, async () =>
        expectArrival(used.portal, await used.portal.browser().signIn()),
      ),
    )
    expect(new Set(sessions.map(({ actor }) => actor.personId)).size).toBe(1)
    expect((await stored(used)).people - before.people).toBe(1)
  })
})

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
      await arrives({
        claims: (honest) => ({ ...honest, name: 'аdmin', preferred_username: 'ada' }),
      }),
    ).toMatchObject({ name: 'ada' })
  })
})

describe('the claims for “My account”', () => {
  test('what one arrived with, without the protocol', async () => {
    const { claims } = await arrives(
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
