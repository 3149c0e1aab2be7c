import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as into from './into-database.ts'
import { getToken, settle } from './scenes.ts'
import { openStage, signInAs, type Stage, type Visitor } from './stage.ts'

const MINUTES = 60_000

let stage: Stage
let ada: Visitor
beforeAll(async () => {
  stage = await openStage()
  ada = await stage.visitor()
})
afterAll(() => stage?.close())

const { hasPsql } = into
const copied = (name: RegExp) => into.copied(ada.page, name)
const shell = (line: string) => into.shell(stage, line)
const connect = (token: string, user = 'orders_reader') => into.connect(stage, token, user)

const spoil = (token: string) =>
  token.replace(
    /(X-Amz-Signature=.{10})(.)/,
    (_all, head: string, c: string) => head + (c === 'a' ? 'b' : 'a'),
  )

describe('an engineer', () => {
  test('signs in, finds orders, and gets a token', async () => {
    const { page } = ada
    await page.goto('/')
    await page.waitForURL(/\/signin/)
    await page.getByRole('link', { name: /sign in with/i }).click()
    await page.locator('button[value="person-1001"]').click()
    await page.waitForURL(stage.url + '/')
    await page.getByRole('searchbox').fill('orders.cluster')
    await page.getByRole('link', { name: 'orders', exact: true }).click()
    await page.waitForURL(/\/db\/orders$/)
    await getToken(page)

    const visible = await page.locator('main').innerText()
    expect(visible).toMatch(/orders_reader/)
    expect(visible).not.toMatch(/X-Amz-Signature/)
  })

  test.runIf(hasPsql)('is in the database with the lines as the page prints them', async () => {
    const ca = await copied(/copy the line that saves/i)
    expect((await shell(ca)).stderr).toBe('')
    await ada.page.getByRole('tab', { name: 'psql', exact: true }).click()
    const line = await copied(/copy: the psql lines/i)

    const { stdout, stderr } = await shell(
      `${line} -Atc 'select current_user, count(*) > 0 from orders'`,
    )

    expect(stderr).toBe('')
    expect(stdout.trim()).toBe('orders_reader|t')
    expect(line).toContain('sslmode=verify-full')
  })

  test.runIf(hasPsql)(
    'is refused with one character of the token changed, as RDS refuses',
    async () => {
      const line = await copied(/copy: the psql lines/i)
      expect(spoil(line)).not.toBe(line)

      expect((await shell(`${spoil(line)} -c 'select 1'`)).stderr).toContain(
        'PAM authentication failed for user "orders_reader"',
      )
    },
  )

  test.runIf(hasPsql)('is refused sixteen minutes later', async () => {
    const line = await copied(/copy: the psql lines/i)
    stage.ahead = 16 * MINUTES
    try {
      expect((await shell(`${line} -c 'select 1'`)).stderr).toContain(
        'PAM authentication failed for user "orders_reader"',
      )
    } finally {
      stage.ahead = 0
    }
  })

  test('has the same truths with any other client', async () => {
    const token = await copied(/copy the token/i)

    expect(await connect(token)).toBe('orders_reader')
    await expect(connect(spoil(token))).rejects.toThrow('PAM authentication failed')
    await expect(connect(token, 'orders_writer')).rejects.toThrow('PAM authentication failed')
    stage.ahead = 16 * MINUTES
    try {
      await expect(connect(token)).rejects.toThrow('PAM authentication failed')
    } finally {
      stage.ahead = 0
    }
  })

  test('keeps no token in the browser, and none in the portal’s log', async () => {
    const kept = await ada.page.evaluate<string>(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.title])',
    )
    expect(kept).not.toMatch(/X-Amz|eyJ/)
    expect(stage.output.join('')).not.toMatch(
      /X-Amz-Signature|X-Amz-Security-Token|code=|__Host-session=|eyJ/,
    )
  })

  test('ends the access; the next token is refused, and the page says what goes on', async () => {
    const { page } = ada
    await page.getByRole('button', { name: 'End access' }).click()
    const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'))
    expect(await dialog.innerText()).toMatch(/session|connection/i)
    await dialog.getByRole('button', { name: /^end/i }).click()

    await page.getByRole('button', { name: 'Get access' }).waitFor()
    await page.goto('/access')
    await settle(page)
    expect(await page.locator('main').innerText()).toMatch(/ended/i)
  })

  test('signs out for good: going back shows nothing', async () => {
    const { page } = ada
    await page.goto('/account')
    await settle(page)
    await page.evaluate(async () => {
      await fetch('/auth/logout', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
    })
    await page.goto('/')
    await page.waitForURL(/\/signin/)
  })
})

test('the auditor sees the whole story, an engineer of another team nothing of it', async () => {
  const noor = await stage.visitor()
  await signInAs(noor.page, 'Noor', '/audit')
  await settle(noor.page)
  const log = await noor.page.locator('main').innerText()
  for (const action of [
    'session.started',
    'grant.started',
    'token.intent',
    'token.issued',
    'grant.ended',
    'session.ended',
  ])
    expect(log).toContain(action)

  const tom = await stage.visitor()
  await signInAs(tom.page, 'Tom', '/db/orders')
  await settle(tom.page)
  const absent = await tom.page.locator('main').innerText()
  await tom.page.goto('/db/there-is-no-such-thing')
  await settle(tom.page)
  expect(await tom.page.locator('main').innerText()).toBe(absent)
  await noor.context.close()
  await tom.context.close()
})

test('two tabs that sign in at once both arrive', async () => {
  const { context, page } = await stage.visitor()
  const other = await context.newPage()
  await page.goto('/auth/login?returnTo=/access')
  await other.goto('/auth/login?returnTo=/account')
  await page.locator('button[value="person-1001"]').click()
  await page.waitForURL((url) => url.pathname === '/access')
  await other.locator('button[value="person-1001"]').click()
  await other.waitForURL((url) => url.pathname === '/account')
  await context.close()
})
