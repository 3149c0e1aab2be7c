import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintUntilRefused, query } from './behind.ts'
import { connect, copied, hasPsql, shell } from './into-database.ts'
import { openStage, signInAs, type Stage, type Visitor } from './stage.ts'

let stage: Stage
let ada: Visitor
let li: Visitor

/** Ada asks for orders_writer of orders, and is on the page of her request. */
async function ask(reason: string) {
  const { page } = ada
  await page.goto('/db/orders')
  await page.getByText('orders_writer').first().waitFor()
  const more = page.getByRole('button', { name: /ask for (more|another)/i })
  if (await more.isVisible()) await more.click()
  await page.getByRole('radio', { name: /orders_writer/ }).check()
  await page.getByRole('textbox', { name: /reason/i }).fill(reason)
  await page.getByRole('button', { name: /^ask for approval/i }).click()
  await page.waitForURL(/\/requests\/[\w-]+$/)
  return new URL(page.url()).pathname
}

const text = (page: Page) => page.locator('main').innerText()
const eventually = (page: Page) => expect.poll(() => text(page), { timeout: 10_000 })

const gone = (page: Page, button: RegExp) =>
  page.getByRole('button', { name: button }).waitFor({ state: 'detached' })

/** Li approves what is on her page, typing the name of the database as production asks. */
async function approve(page: Page) {
  const button = page.getByRole('button', { name: /^approve for/i })
  await button.waitFor()
  expect(await button.isDisabled()).toBe(true)
  await page
    .getByRole('textbox', { name: /type|orders/i })
    .last()
    .fill('orders')
  await button.click()
}

async function deny(page: Page, comment: string) {
  await page.getByRole('textbox', { name: /comment/i }).fill(comment)
  await page.getByRole('button', { name: 'Deny' }).click()
}

/**
 * Two people, two browsers: one asks, the other decides, and neither loads a page again. Each of them has a portal of
 * their own, so that whatever one sees of the other went through the database that both share.
 */
describe('on two portals, each person on another', { timeout: 90_000 }, () => {
  beforeAll(async () => {
    stage = await openStage({ portals: 2 })
    ada = await stage.visitor({}, 0)
    li = await stage.visitor({}, 1)
    await signInAs(ada.page, 'Ada')
    await signInAs(li.page, 'Li')
  }, 120_000)
  afterAll(() => stage?.close())

  test('the approver sees it appear, approves, and the asker’s page becomes the connect card', async () => {
    await li.page.goto('/requests')
    await eventually(li.page).not.toMatch(/refunds hang/)
    const path = await ask('INC-7: refunds hang')
    await eventually(ada.page).toMatch(/It waits for payments-leads/)

    await eventually(li.page).toMatch(/refunds hang/)
    await expect.poll(() => li.page.title()).toMatch(/^\(1\)/)
    await li.page
      .getByRole('link', { name: /orders/ })
      .last()
      .click()
    await li.page.waitForURL(`**${path}`)
    await eventually(li.page).toMatch(/Ada Marín asked/)
    await approve(li.page)
    await eventually(li.page).toMatch(/approved/i)
    await expect.poll(() => li.page.title()).not.toMatch(/^\(1\)/)

    const token = ada.page.getByRole('button', { name: /^get token/i })
    await token.click()
    await ada.page.getByRole('timer').waitFor()
    const given = await copied(ada.page, /copy the token/i)
    expect(await connect(stage, given, 'orders_writer')).toBe('orders_writer')
  })

  test.runIf(hasPsql)(
    'the lines of the page bring psql in, as the user that was asked for',
    async () => {
      expect((await shell(stage, await copied(ada.page, /copy the line that saves/i))).stderr).toBe(
        '',
      )
      await ada.page.getByRole('tab', { name: 'psql', exact: true }).click()
      const line = await copied(ada.page, /copy: the psql lines/i)

      const { stdout, stderr } = await shell(stage, `${line} -Atc 'select current_user'`)

      expect(stderr).toBe('')
      expect(stdout.trim()).toBe('orders_writer')
      expect(line).toContain('sslmode=verify-full')
    },
  )

  test('revoked while its holder mints on the other portal: no token after the end, and both pages say what goes on', async () => {
    const [grant] = await query<{ id: string }>(
      stage,
      'SELECT id FROM access_grant WHERE ended_at IS NULL AND db_user = $1',
      ['orders_writer'],
    )
    await li.page.getByRole('button', { name: 'Revoke this access' }).click()
    await li.page.getByRole('textbox', { name: 'Reason' }).fill('The incident is over')
    const minting = mintUntilRefused(stage, ada.page, grant!.id)
    await li.page.getByRole('button', { name: 'Revoke access' }).click()
    expect(new Set(await minting)).toEqual(new Set([true, 'grant_ended']))
    const told = await query<{ action: string }>(
      stage,
      `SELECT action FROM audit.log WHERE payload_j->>'grant' = $1 AND action IN ('token.intent', 'grant.ended') ORDER BY id`,
      [grant!.id],
    )
    expect(told.length).toBeGreaterThan(2)
    expect(told.findIndex(({ action }) => action === 'grant.ended')).toBe(told.length - 1)
    await eventually(ada.page).toMatch(/revoked/i)
    await eventually(ada.page).toMatch(/The incident is over/)
    await eventually(li.page).toMatch(/pg_terminate_backend/)
    await eventually(li.page).toMatch(/"Effect": "Deny"/)
    await gone(ada.page, /get token/i)
  })

  test('denied: with the reason, on the page of the asker', async () => {
    const path = await ask('May I?')
    await li.page.goto(path)
    await deny(li.page, 'Not before the freeze ends')
    await eventually(ada.page).toMatch(/denied/i)
    await eventually(ada.page).toMatch(/Not before the freeze ends/)
  })

  test('withdrawn: the approver’s page follows', async () => {
    const path = await ask('On second thought')
    await li.page.goto(path)
    await li.page.getByRole('button', { name: /^approve for/i }).waitFor()
    await ada.page.getByRole('button', { name: /withdraw the request/i }).click()
    await eventually(ada.page).toMatch(/withdrawn/i)
    await eventually(li.page).toMatch(/withdrawn/i)
    await gone(li.page, /^approve for/i)
  })

  test('lapsed: nobody decided, and the page says so', async () => {
    const path = await ask('Anybody?')
    await query(stage, 'UPDATE access_request SET lapses_at = clock_timestamp() WHERE id = $1', [
      path.split('/').at(-1),
    ])
    await expect.poll(() => text(ada.page), { timeout: 20_000 }).toMatch(/lapsed/i)
  })

  test('ended by its holder: the approver’s page follows', async () => {
    const path = await ask('INC-8: once more')
    await li.page.goto(path)
    await approve(li.page)
    await eventually(li.page).toMatch(/approved/i)
    await ada.page.getByRole('button', { name: /^get token/i }).waitFor()
    await ada.page.getByRole('button', { name: 'End access' }).first().click()
    const dialog = ada.page.getByRole('dialog').or(ada.page.getByRole('alertdialog'))
    await dialog.getByRole('button', { name: /^end/i }).click()
    await eventually(li.page).toMatch(/ended/i)
    await gone(li.page, /revoke this access/i)
  })

  test('in an emergency it opens at once, and somebody else reviews it', async () => {
    const { page } = ada
    await page.goto('/db/orders')
    await page.getByText('orders_writer').first().waitFor()
    await page.getByRole('radio', { name: /orders_writer/ }).check()
    await page.getByText(/nobody can approve/i).click()
    await page.getByRole('textbox', { name: 'What happened' }).fill('Orders are stuck since 03:02')
    await page
      .getByRole('textbox', { name: /type|orders/i })
      .last()
      .fill('orders')
    await page.getByRole('button', { name: /^open orders_writer now/i }).click()
    await page.getByRole('button', { name: /^get token/i }).waitFor()

    await li.page.goto('/requests')
    await eventually(li.page).toMatch(/03:02/)
    await li.page
      .getByRole('link', { name: /orders/ })
      .last()
      .click()
    await li.page.getByRole('textbox', { name: /what you found/i }).fill('It was needed')
    await li.page.getByRole('button', { name: /mark as reviewed/i }).click()
    await eventually(li.page).toMatch(/reviewed/i)
  })

  test('a deep link survives sign-in', async () => {
    const { page, context } = await stage.visitor({}, 0)
    const path = new URL(li.page.url()).pathname
    await page.goto(path)
    await page.waitForURL(/\/signin/)
    await page.getByRole('link', { name: /sign in with/i }).click()
    await page.locator('button[value="person-1002"]').click()
    await page.waitForURL(`**${path}`)
    await eventually(page).toMatch(/orders_writer/)
    await context.close()
  })

  test('nothing was blocked or broken on the way', () => {
    expect([...ada.complaints, ...li.complaints]).toEqual([])
  })
})
