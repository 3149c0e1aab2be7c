import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Keys } from '../../server/contract/key.ts'
import { getAccess, settle } from '../e2e/scenes.ts'
import { openStage, signInAs, type Stage } from '../e2e/stage.ts'
import { openTerminal, type Terminal } from '../e2e/terminal.ts'

const CALLS = 1_000
const AT_ONCE = 40
let stage: Stage
let terminal: Terminal
beforeAll(async () => {
  stage = await openStage()
  terminal = await openTerminal(stage, 'computer')
}, 120_000)
afterAll(() => stage?.close())

test(`${CALLS} calls of the helper, ${AT_ONCE} at once: each has its own token, from one key that stays one`, async () => {
  const { page } = await stage.visitor()
  await signInAs(page, 'Ada', '/db/orders')
  await getAccess(page)
  const login = terminal.begin(['login', '--paste'])
  await page.goto(await login.url())
  await page.getByRole('link', { name: 'Sign in again' }).click()
  await page.locator('button[value="person-1001"]').click()
  await page.getByRole('button', { name: 'Give it a key' }).click()
  await page.getByRole('button', { name: /copy the code/i }).click()
  login.say(await page.evaluate<string>('navigator.clipboard.readText()'))
  expect((await login.ended).code).toBe(0)

  const tokens: string[] = []
  const failed: unknown[] = []
  let left = CALLS
  const caller = async () => {
    while (left-- > 0) {
      const ended = await terminal.run('token', 'orders/orders_reader')
      if (ended.code === 0) tokens.push(ended.stdout)
      else failed.push(ended)
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: AT_ONCE }, caller))
  const seconds = (performance.now() - started) / 1000
  process.stdout.write(`${CALLS} tokens by the helper in ${seconds.toFixed(1)} s\n`)

  expect(failed).toEqual([])
  expect(tokens).toHaveLength(CALLS)
  expect(tokens.every((token) => /^orders\.\S+X-Amz-Signature=\S+\n$/.test(token))).toBe(true)
  await page.goto('/keys')
  await settle(page)
  const answer = await page.evaluate<Keys>("fetch('/api/keys').then((a) => a.json())")
  expect(answer.keys).toHaveLength(1)
}, 600_000)
