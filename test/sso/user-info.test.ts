import { describe, expect, test } from 'vitest'
import { cut, drip, hang, redirectTo, say, SHORT, TEN_MEBIBYTES } from './evil-provider.ts'
import { expectRefusal } from './portal.ts'
import { drop, without, useTricks } from './tricks.ts'

/** What UserInfo may say, and what it may not. */
const { used, accepted, refused } = useTricks()

describe('A-16 UserInfo about somebody else [userinfo-invalid-sub]', () => {
  test.each(['admin', 'ADA', 'ada ', '', null, undefined, ['ada'], 5])('sub %j', async (sub) => {
    await refused(
      { ...without('groups'), userinfo: (honest) => ({ ...honest, sub }) },
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
    ['refused', say(401, '{}'), 'userinfo_invalid'],
    ['redirected', redirectTo('/elsewhere'), 'userinfo_invalid'],
    ['broken', say(502, '{}'), 'provider_unavailable'],
    ['cut', cut, 'provider_unavailable'],
    ['hanging', hang, 'provider_unavailable'],
    ['dripping', drip, 'provider_unavailable'],
  ] as const)('that is %s', async (_, userinfo, reason) => {
    used.evil.tricks = { ...without('groups'), answer: { userinfo } }
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    if (userinfo === hang || userinfo === drip) used.limits.time = SHORT
    await expectRefusal(used, () => browser.get(callback), reason)
    expect(used.evil.calls.elsewhere).toBe(0)
  })

  test('ten mebibytes, right in every word, are not read', () =>
    refused({ ...without('groups'), padding: { userinfo: TEN_MEBIBYTES } }, 'userinfo_invalid'))

  test('its silence about a name costs only the name', async () => {
    const { name, email, groups } = await accepted({
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
    const { name, email, claims } = await accepted({
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
