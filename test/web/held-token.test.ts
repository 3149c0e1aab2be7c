import { describe, expect, test, vi } from 'vitest'
import type { Token } from '../../server/contract/token.ts'
import { clock } from '../../web/lib/clock.svelte.ts'
import { HeldToken } from '../../web/pages/database/held-token.svelte.ts'

const aToken = (over: Partial<Token> = {}): Token => ({
  token: 'the-token',
  forms: { raw: 'the-token', percent: 'the-token', pgpass: 'the-token' },
  length: 9,
  issuedAt: new Date(clock.now).toISOString(),
  expiresAt: new Date(clock.now + 900_000).toISOString(),
  endsWith: 'token',
  now: new Date(clock.now).toISOString(),
  ...over,
})

describe('a held token', () => {
  test('asked for twice at once is asked for once', async () => {
    const mint = vi.fn(() => Promise.resolve(aToken()))
    const held = new HeldToken(mint)
    await Promise.all([held.renew(), held.renew()])

    expect(mint).toHaveBeenCalledTimes(1)
    expect(held.token?.token).toBe('the-token')
  })

  test('that arrives after one has left is not kept', async () => {
    let give!: (token: Token) => void
    const held = new HeldToken(() => new Promise((resolve) => (give = resolve)))
    const asked = held.renew()
    held.drop()
    give(aToken())

    await expect(asked).rejects.toThrow('no longer wanted')
    expect(held.token).toBeUndefined()
  })

  test('that has ended is replaced before it is copied', async () => {
    const tokens = [
      aToken({ expiresAt: new Date(clock.now - 1).toISOString() }),
      aToken({ token: 'fresh' }),
    ]
    const held = new HeldToken(() => Promise.resolve(tokens.shift()!))
    await held.renew()
    expect(held.expired).toBe(true)

    expect(await held.pick(({ token }) => token)).toBe('fresh')
  })

  test('stays while a new one is refused, with the reason beside it', async () => {
    const answers = [
      () => Promise.resolve(aToken()),
      () => Promise.reject(new Error('AWS is away')),
    ]
    const held = new HeldToken(() => answers.shift()!())
    await held.renew()
    await expect(held.renew()).rejects.toThrow()

    expect(held.token?.token).toBe('the-token')
    expect(String(held.error)).toContain('AWS is away')
  })
})
