import { flushSync, mount, unmount } from 'svelte'
import { afterEach, expect, test, vi } from 'vitest'
import type { Snippet } from '../../server/contract/connection.ts'
import type { Token } from '../../server/contract/token.ts'
import { clock } from '../../web/lib/clock.svelte.ts'
import { HeldToken } from '../../web/pages/database/held-token.svelte.ts'
import SnippetView from '../../web/pages/database/SnippetView.svelte'
import { reactive } from './reactive.svelte.ts'

const aToken = (token: string): Token => ({
  ...{ token, length: token.length, endsWith: 'token' },
  forms: { raw: token, percent: encodeURIComponent(token), pgpass: token.replaceAll(':', '\\:') },
  issuedAt: new Date(clock.now).toISOString(),
  expiresAt: new Date(clock.now + 900_000).toISOString(),
  now: new Date(clock.now).toISOString(),
})
const aSnippet = (over: Partial<Snippet> = {}): Snippet => ({
  ...{ client: 'psql', title: 'psql', group: 'terminal', hint: null, warnings: [], fields: [] },
  parts: [{ text: 'PGPASSWORD=' }, { token: 'pgpass' }, { text: ' psql' }],
  ...{ limit: null, refused: null, file: null },
  ...over,
})

let view: Record<string, unknown> | undefined
afterEach(async () => {
  if (view) await unmount(view)
  view = undefined
  vi.unstubAllGlobals()
})

async function show(snippet: Snippet, ...tokens: string[]) {
  const copied: string[] = []
  vi.stubGlobal('navigator', {
    clipboard: { writeText: async (text: string) => copied.push(text) },
  })
  const held = new HeldToken(() => Promise.resolve(aToken(tokens.shift() ?? 'none')))
  await held.renew()
  const props = reactive({ held, snippet })
  view = mount(SnippetView, { target: document.body, props })
  flushSync()
  const copy = async () => {
    document.querySelector('button')?.click()
    await Promise.resolve()
    flushSync()
  }
  return { held, copied, copy, props, text: () => document.body.textContent }
}

test('the token is hidden until asked for, and copied in the form of its place', async () => {
  const { held, copied, copy, text } = await show(aSnippet(), 'host:5432')
  expect(text()).not.toContain('host')
  held.revealed = true
  flushSync()
  expect(text()).toContain('PGPASSWORD=host\\:5432 psql')
  await copy()
  expect(copied).toEqual(['PGPASSWORD=host\\:5432 psql'])
})

test('another way to connect changes the line, and the token stays', async () => {
  const { copied, copy, props } = await show(aSnippet(), 'first', 'second')
  props.snippet = aSnippet({ parts: [{ text: 'set ' }, { token: 'raw' }] })
  flushSync()
  await copy()
  expect(copied).toEqual(['set first'])
})

test('a token that is too long for this client is refused with the reason, a shorter one is not', async () => {
  const limit = {
    form: 'pgpass',
    characters: 10,
    why: 'This shell takes short lines only.',
  } as const
  const { held, text } = await show(aSnippet({ limit }), 'host:56789', 'host:5678')
  expect(text()).toContain('This shell takes short lines only.')
  expect(document.querySelector('button')).toBeNull()

  await held.renew()
  flushSync()
  expect(text()).not.toContain('short lines')
  expect(document.querySelector('button')).not.toBeNull()
})

test('what cannot be written for this client is refused, and nothing can be copied', async () => {
  const { text } = await show(aSnippet({ parts: [], refused: 'A name has a quote.' }), 'x')
  expect(text()).toContain('A name has a quote.')
  expect(document.querySelector('button')).toBeNull()
})
