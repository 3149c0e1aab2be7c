import { describe, expect, test } from 'vitest'
import type { SignInRefusal } from '../../server/core/audit/event.ts'
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
import { expectArrival, expectRefusal, type Portal, useSignIn } from './portal.ts'

/** What UserInfo may say, and what it may not. */
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
