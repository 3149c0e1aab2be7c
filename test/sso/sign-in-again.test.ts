import { expect, test } from 'vitest'
import { asOwner, expectArrival, expectRefusal, useSignIn } from './portal.ts'

const used = useSignIn()
const seconds = () => Math.floor(Date.now() / 1000)
const AGAIN = '/auth/login?returnTo=/keys&again=yes'

/** The way through the provider, which says of the person what it is told to say. */
async function again(authTime: unknown, login = AGAIN) {
  used.evil.tricks = { claims: (honest) => ({ ...honest, auth_time: authTime }) }
  const browser = used.portal.browser()
  const begun = await browser.get(login)
  return () => browser.get(`/auth/callback?${used.evil.authorize(String(begun.headers.location))}`)
}
const provedAt = async () => {
  const { rows } = await used.store.pool.query<{ at: Date | null }>(
    'SELECT proved_at AS at FROM session ORDER BY started_at DESC LIMIT 1',
  )
  return rows[0]!.at
}

test('the provider is asked to see the person, and to say so; else it is not', async () => {
  const browser = used.portal.browser()
  const asked = async (url: string) => {
    const { searchParams } = new URL(String((await browser.get(url)).headers.location))
    return [searchParams.get('prompt'), searchParams.get('max_age')]
  }
  expect(await asked(AGAIN)).toEqual(['login', '0'])
  for (const other of ['/auth/login', '/auth/login?again=no', '/auth/login?again=yes&again=yes'])
    expect(await asked(other)).toEqual([null, null])
})

test('who was seen just now arrives, and the session knows when', async () => {
  const now = seconds()
  const callback = await again(now)
  await expectArrival(used.portal, await callback(), '/keys')
  expect((await provedAt())?.getTime()).toBe(now * 1000)
})

test.each([
  ['does not say when', undefined],
  ['says it in words', '1700000000'],
  ['says it was a minute ago', () => seconds() - 60],
  ['says it will be in a minute', () => seconds() + 60],
  ['says nothing that is a time', null],
])('a provider that %s is not believed', async (_how, authTime) => {
  const callback = await again(typeof authTime === 'function' ? authTime() : authTime)
  await expectRefusal(used, callback, 'id_token_auth_time')
})

test('what matters is when signing in again began, not when the answer came', async () => {
  const callback = await again(seconds())
  await asOwner(used, `UPDATE sign_in SET started_at = started_at - interval '4 minutes'`)
  await expectArrival(used.portal, await callback(), '/keys')
})

test.each([
  ['of an hour ago is kept', () => seconds() - 3600, true],
  ['that is not there is not made up', () => undefined, false],
  ['of the future is not believed', () => seconds() + 3600, false],
  ['before there were computers is not believed', () => -1, false],
])('in an ordinary sign-in a time %s, and the person arrives', async (_what, authTime, kept) => {
  const at = authTime()
  const callback = await again(at, '/auth/login?returnTo=/keys')
  await expectArrival(used.portal, await callback(), '/keys')
  expect((await provedAt())?.getTime() ?? null).toBe(kept ? at! * 1000 : null)
})
