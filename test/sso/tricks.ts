import { test } from 'vitest'
import type { SignInRefusal } from '../../server/core/audit/event.ts'
import type { Claims, Tricks } from './evil-provider.ts'
import { expectArrival, expectRefusal, type Portal, useSignIn } from './portal.ts'

/** Sign-ins at a provider that plays one trick, up to the end that they must have. */
export function useTricks() {
  const used = useSignIn()
  return {
    used,
    refused: async (tricks: Tricks, reason: SignInRefusal, portal: Portal = used.portal) => {
      used.evil.tricks = tricks
      const browser = portal.browser()
      const callback = await browser.toCallback()
      await expectRefusal(used, () => browser.get(callback), reason)
    },
    /** Who arrived, with all that the portal keeps of it. */
    accepted: async (tricks: Tricks, portal: Portal = used.portal) => {
      used.evil.tricks = tricks
      const { actor } = await expectArrival(portal, await portal.browser().signIn())
      const detail = await portal.deps.sessions.detail(actor.sessionId)
      return { ...actor, groupsFrom: detail?.groupsFrom, claims: detail?.claims ?? [] }
    },
  }
}

export const base64url = (value: string | object) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

export const unsigned = (header: object, claims: Claims, signature = '') =>
  `${base64url(header)}.${base64url(claims)}.${signature}`

export const withClaims = (change: Claims): Tricks => ({
  claims: (honest) => ({ ...honest, ...change }),
})

export const drop = (claims: Claims, ...names: string[]): Claims =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)))

export const without = (...names: string[]): Tricks => ({
  claims: (honest) => drop(honest, ...names),
})

export const seconds = () => Math.floor(Date.now() / 1000)

/** One test for each value, lists among them, which `test.each` would spread. */
export const forEach = (
  name: string,
  values: unknown[],
  run: (value: unknown) => Promise<unknown>,
) =>
  test.each(values.map((value) => ({ value })))(`${name} $value`, async ({ value }) => {
    await run(value)
  })

/** One test for each way to make a value at the time of the test. */
export const forEachTime = (
  name: string,
  rows: [string, () => unknown][],
  run: (value: unknown) => Promise<unknown>,
) =>
  test.each(rows)(`${name} %s`, async (_, make) => {
    await run(make())
  })
