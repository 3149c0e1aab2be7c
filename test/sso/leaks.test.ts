import { expect, test } from 'vitest'
import { CALLBACK, useSignIn } from './portal.ts'

/** What the redirects give away. The numbers are those of our list of threats. */
const used = useSignIn()

test('B-14 and B-15 the answer sends on at once, as a GET, and gives no address away', async () => {
  const browser = used.portal.browser()
  const begun = await browser.login()
  const callback = `${CALLBACK}?${used.evil.authorize(String(begun.headers.location))}`
  const done = await browser.get(callback)
  const refused = await browser.get(callback, { accept: 'text/html' })
  for (const response of [begun, done, refused]) {
    expect(response.statusCode).toBe(303)
    expect(response.headers['referrer-policy']).toBe('no-referrer')
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.body).toBe('')
  }
})

test('B-16 no token of the provider reaches the browser or the store', async () => {
  const browser = used.portal.browser()
  const begun = await browser.login()
  const done = await browser.get(
    `${CALLBACK}?${used.evil.authorize(String(begun.headers.location))}`,
  )
  const out = await browser.post('/auth/logout')
  await browser.signIn()
  const answers = [done, out].map(({ headers, body }) => JSON.stringify(headers) + body).join()
  const { rows } = await used.store.pool.query(
    `SELECT (SELECT jsonb_agg(to_jsonb(s)) FROM session s)::text AS sessions, (SELECT jsonb_agg(to_jsonb(p)) FROM person p)::text AS people,
            (SELECT jsonb_agg(to_jsonb(l)) FROM audit.log l)::text AS log`,
  )
  const kept = JSON.stringify(rows)
  expect(kept).toContain('payments-engineers')
  expect(used.evil.secrets.size).toBeGreaterThan(10)
  for (const secret of used.evil.secrets) {
    expect(answers).not.toContain(secret)
    expect(kept).not.toContain(secret)
  }
  expect(answers + kept).not.toContain('eyJ')
})
