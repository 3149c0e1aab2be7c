import { describe, expect, test } from 'vitest'
import { type Claims } from './evil-provider.ts'
import { drop, without, withClaims, useTricks } from './tricks.ts'

/** With which groups somebody arrives. */
const { used, accepted, refused } = useTricks()

describe('groups', () => {
  test('come from the ID token, and then UserInfo is not asked', async () => {
    expect(await accepted({})).toMatchObject({
      groups: ['payments-engineers'],
      groupsFrom: 'id_token',
    })
    expect(used.evil.calls.userinfo).toBe(0)
  })

  test('come from UserInfo when the ID token has none [userinfo-bearer-header]', async () => {
    expect(await accepted(without('groups'))).toMatchObject({
      groups: ['payments-engineers'],
      groupsFrom: 'userinfo',
    })
    expect(used.evil.calls.userinfo).toBe(1)
  })

  test('an empty list in the ID token is an answer', async () => {
    expect(await accepted(withClaims({ groups: [] }))).toMatchObject({
      groups: [],
      groupsFrom: 'id_token',
    })
    expect(used.evil.calls.userinfo).toBe(0)
  })

  test.each([
    [
      'UserInfo has none either',
      { ...without('groups'), userinfo: (honest: Claims) => drop(honest, 'groups') },
    ],
    [
      'there is no UserInfo',
      { ...without('groups'), metadata: (honest: Claims) => drop(honest, 'userinfo_endpoint') },
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
    expect(await accepted(tricks)).toMatchObject({ groups: [], groupsFrom: 'none' })
  })

  test('one text is one group', async () => {
    expect(await accepted(withClaims({ groups: 'admins, payments' }))).toMatchObject({
      groups: ['admins, payments'],
    })
  })

  test('C-06 names stay as they are: nothing is trimmed, split or made small', async () => {
    const groups = ['admins ', 'ADMINS', 'x-admins', 'аdmins', 'admins', 'admins']
    expect((await accepted(withClaims({ groups }))).groups).toEqual([
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
    expect(await accepted(withClaims({ [claim]: ['a'] }), portal)).toMatchObject({ groups: ['a'] })
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'a claim named %s is only a claim',
    async (groupsClaim) => {
      const portal = await used.portalWith({ groupsClaim })
      expect(await accepted({}, portal)).toMatchObject({ groups: [], groupsFrom: 'none' })
    },
  )

  test('a thousand are accepted, and the record of the sign-in names them', async () => {
    const groups = Array.from({ length: 1000 }, (_, i) => `group-${i}`)
    expect((await accepted(withClaims({ groups }))).groups).toHaveLength(1000)
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
      { ...without('groups'), userinfo: (honest) => ({ ...honest, groups }) },
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
      { ...without('groups'), userinfo: (honest) => ({ ...drop(honest, 'groups'), ...flags() }) },
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
    await accepted(withClaims({ _claim_names: { address: 'src1' }, hasgroups: false }))
    expect(used.evil.calls.elsewhere).toBe(0)
  })
})
