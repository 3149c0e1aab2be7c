import { describe, expect, test } from 'vitest'
import { type Claims, type Tricks } from './evil-provider.ts'
import { expectArrival, type Portal, stored, useSignIn } from './portal.ts'

/** Who somebody is: issuer and subject, nothing else. */
const used = useSignIn()

async function arrives(tricks: Tricks, portal: Portal = used.portal) {
  used.evil.tricks = tricks
  const session = await expectArrival(portal, await portal.browser().signIn())
  const detail = await portal.deps.sessions.detail(session.actor.sessionId)
  return { ...session.actor, groupsFrom: detail!.groupsFrom, claims: detail!.claims }
}

const withClaims = (change: Claims): Tricks => ({ claims: (honest) => ({ ...honest, ...change }) })

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
