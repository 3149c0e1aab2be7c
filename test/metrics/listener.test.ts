import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type MetricsListener, metricsListener } from '../../server/metrics/listener.ts'
import { freePort } from '../e2e/stage.ts'

let listener: MetricsListener
afterEach(() => listener?.close())

async function listening(scrape: () => Promise<string> = async () => 'up 1\n') {
  listener = metricsListener({ scrape, contentType: 'text/plain; version=0.0.4; charset=utf-8' })
  const port = await freePort()
  await listener.listen({ host: '127.0.0.1', port })
  return { port, url: `http://127.0.0.1:${port}` }
}

test('it has /metrics and nothing else, for reading', async () => {
  const { url } = await listening()
  const answer = await fetch(`${url}/metrics?x=1`)
  expect(answer.status).toBe(200)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  expect(await answer.text()).toBe('up 1\n')
  const head = await fetch(`${url}/metrics`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])

  for (const path of ['/', '/metrics/', '/METRICS', '/%6detrics', '/../metrics/x', '/readyz'])
    expect((await fetch(url + path)).status, path).toBe(404)
  const post = await fetch(`${url}/metrics`, { method: 'POST', body: 'x'.repeat(100_000) })
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

test('a scrape that fails is a 500 without its reason', async () => {
  const { url } = await listening(() => Promise.reject(new Error('hunter2')))
  const answer = await fetch(`${url}/metrics`)
  expect(answer.status).toBe(500)
  expect(await answer.text()).not.toMatch(/hunter2/)
})

test('when it stops, the scrape under way is answered, and neither kept nor silent connections hold it', async () => {
  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  const { port, url } = await listening(async () => {
    await gate
    return 'last 1\n'
  })
  const silent = connect(port, '127.0.0.1')
  await once(silent, 'connect')
  const under = fetch(`${url}/metrics`)
  await new Promise((resolve) => setTimeout(resolve, 100))
  const closed = listener.close()
  release()
  const answer = await under
  expect(await answer.text()).toBe('last 1\n')
  expect(answer.headers.get('connection')).toBe('close')
  await closed
  await expect(fetch(`${url}/metrics`)).rejects.toThrow()
})
