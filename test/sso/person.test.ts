import { describe, expect, test } from 'vitest'
import { type Claims } from './evil-provider.ts'
import { expectArrival, stored } from './portal.ts'
import { withClaims, useTricks } from './tricks.ts'

/** Who somebody is: issuer and subject, nothing else. */
const { used, accepted } = useTricks()

describe('who a person is', () => {
  const subject = (change: Claims) =>
    withClaims({ sub: 'bea', email: 'same@example.com', ...change })

  test('C-01 the same address with another subject is another person', async () => {
    const one = await accepted(subject({}))
    const other = await accepted(subject({ sub: 'cleo' }))
    expect(other.personId).not.toBe(one.personId)
    expect(other.email).toBe(one.email)
  })

  test('C-01 the same subject with another address is the same person', async () => {
    const one = await accepted(subject({}))
    const later = await accepted(subject({ email: 'new@example.com' }))
    expect(later.personId).toBe(one.personId)
    expect(later.email).toBe('new@example.com')
  })

  test.each([false, undefined, 'true', 1])(
    'C-02 email_verified %j changes nothing: an address gives no rights',
    async (email_verified) => {
      expect(await accepted(subject({ email_verified }))).toMatchObject({
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
