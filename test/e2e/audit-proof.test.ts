import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unzip } from '../http/unzip.ts'
import { getToken, settle } from './scenes.ts'
import { openStage, signInAs, type Stage, type Visitor } from './stage.ts'

/** What an auditor takes away from the page is proven on another machine: a folder with the verifier, and no portal. */
const room = mkdtempSync(join(tmpdir(), 'latchkey-auditor-'))
let stage: Stage
let ada: Visitor
let noor: Visitor
beforeAll(async () => {
  stage = await openStage()
  ada = await stage.visitor()
  noor = await stage.visitor()
  for (const { context } of [ada, noor]) context.setDefaultTimeout(40_000)
  await signInAs(ada.page, 'Ada', '/db/orders')
  await getToken(ada.page)
  await signInAs(noor.page, 'Noor')
}, 180_000)
afterAll(async () => {
  await stage?.close()
  rmSync(room, { recursive: true })
})

const open = async (page: Page, path: string) => {
  await page.goto(path)
  await settle(page)
}
/** By keys alone: as far as the tab key leads, the names of what it comes to. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let i = 0; i < 60; i++) {
    if (await target.evaluate((one) => one.matches(':focus'))) return
    await page.keyboard.press('Tab')
  }
  throw new Error('the tab key does not lead there')
}
const button = (name: string | RegExp) => noor.page.getByRole('button', { name })
const link = (name: string) => noor.page.getByRole('link', { name, exact: true })
/** What a press of the enter key downloads. */
async function download(target: Locator, name: string): Promise<string> {
  await tabTo(noor.page, target)
  const coming = noor.page.waitForEvent('download')
  await noor.page.keyboard.press('Enter')
  const path = join(room, name)
  await (await coming).saveAs(path)
  return path
}
const verify = (file: string, key: string) => {
  const args = [join(room, 'latchkey-verify.mjs'), file, '--key', key]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: room,
    env: {},
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}

let key: string

test('by keys alone: the log is verified, its keys are shown, and verifier and checkpoint are taken away', async () => {
  const { page } = noor
  await open(page, '/audit')
  await tabTo(page, button('Verify now'))
  await page.keyboard.press('Enter')
  await page.getByText(/verified just now by Noor .*: holds/).waitFor()

  await tabTo(page, button('Keys, anchors, streams'))
  await page.keyboard.press('Enter')
  await page.getByText('Signed with').waitFor()
  key =
    /localhost(:\d+)?\/audit\/1\+[0-9a-f]{8}\+[\w+/]+=*/.exec(
      await page.locator('main').innerText(),
    )?.[0] ?? ''
  expect(key).not.toBe('')
  // The lab has no anchor, and the portal's own stream is on.
  expect(await page.locator('main').innerText()).toMatch(/Stream stdout\s+\d+ events/)
  expect(await page.locator('main').innerText()).toMatch(/No anchor is configured/)
  const checkpoint = readFileSync(await download(link('Checkpoint'), 'checkpoint.txt'), 'utf8')
  expect(checkpoint).toMatch(/^localhost(:\d+)?\/audit\/1\n\d+\n/)
  await download(link('Verifier'), 'latchkey-verify.mjs')
}, 180_000)

test('by keys alone: an export as JSON Lines holds by the single-file verifier: 0', async () => {
  await open(noor.page, '/audit')
  await download(button('JSON Lines'), 'all.jsonl')
  const { status, said } = verify('all.jsonl', key)

  expect(said).toContain('The log holds.')
  expect(status).toBe(0)
  const csv = readFileSync(await download(button('CSV'), 'all.csv'), 'utf8')
  expect(csv).toContain('token.issued')
}, 180_000)

test('by keys alone: an evidence pack has a page to read, and events that hold', async () => {
  await open(noor.page, '/audit?last=7d&database=orders')
  const pack = unzip(readFileSync(await download(link('Evidence pack'), 'pack.zip')))
  const text = (end: string) => Object.entries(pack).find(([name]) => name.endsWith(end))?.[1] ?? ''

  expect(text('index.html')).toContain('orders')
  expect(text('events.jsonl')).toContain('token.issued')
  writeFileSync(join(room, 'pack.jsonl'), text('events.jsonl'))
  expect(verify('pack.jsonl', key)).toMatchObject({ status: 0 })
  // The verifier in the pack is the one that can be read before.
  expect(text('latchkey-verify.mjs')).toBe(readFileSync(join(room, 'latchkey-verify.mjs'), 'utf8'))
}, 180_000)

test('from a request an administrator comes to its story in the log; who asked for it does not', async () => {
  await ada.page.goto('/requests')
  await settle(ada.page)
  const answer = await ada.page.request.get('/api/requests')
  const [{ id } = { id: '' }] = ((await answer.json()) as { requests: { id: string }[] }).requests
  await open(ada.page, `/requests/${id}`)
  expect(await ada.page.getByRole('link', { name: 'In the audit log' }).count()).toBe(0)

  const sam = await stage.visitor()
  await signInAs(sam.page, 'Sam', `/requests/${id}`)
  await sam.page.getByRole('link', { name: 'In the audit log' }).click()
  const story = sam.page.getByRole('dialog')
  await story
    .getByText(/got a token/)
    .first()
    .waitFor()
  const address = new URL(sam.page.url()).searchParams
  expect(address.get('request')).toBe(id)
  expect(address.get('event')).toMatch(/^\d+$/)

  // Where the log goes, on the page of the setup.
  await open(sam.page, '/setup')
  const words = await sam.page.getByRole('region', { name: 'Audit log' }).innerText()
  expect(words).toMatch(/Stream stdout\s+\d+ events/)
  expect(words).toMatch(/No anchor is configured/)
  expect(sam.complaints).toEqual([])
  await sam.context.close()
}, 180_000)

test('a log that was changed by the owner of the database: the page says so and which event, and so does the verifier', async () => {
  const superuser = new pg.Client(stage.lab.postgres.url('latchkey'))
  await superuser.connect()
  const { rows } = await superuser.query<{ id: string; seq: string }>(
    `SELECT e.id, s.seq FROM audit.event e JOIN audit.seal s ON s.event_id = e.id WHERE e.action = 'token.issued' LIMIT 1`,
  )
  const { id, seq } = rows[0]!
  await superuser.query('ALTER TABLE audit.event DISABLE TRIGGER append_only')
  await superuser.query(`UPDATE audit.event SET actor = 'nobody' WHERE id = $1`, [id])
  await superuser.query('ALTER TABLE audit.event ENABLE ALWAYS TRIGGER append_only')
  await superuser.end()

  const { page } = noor
  await open(page, '/audit')
  await tabTo(page, button('Verify now'))
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('The log does not hold').waitFor()
  const finding = page
    .getByRole('listitem')
    .filter({ hasText: `#${seq}` })
    .first()
  expect(await finding.innerText()).toMatch(/altered/)
  await tabTo(page, finding.getByRole('link', { name: `Event ${id}` }))
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  expect(new URL(page.url()).searchParams.get('event')).toBe(id)
  await page.keyboard.press('Escape')

  await download(button('JSON Lines'), 'changed.jsonl')
  const { status, said } = verify('changed.jsonl', key)
  expect(status).toBe(2)
  expect(said).toContain(`seq ${seq}`)
  expect(verify('all.jsonl', key).status).toBe(0)
}, 180_000)

test('nothing was blocked or broken on the way', () => {
  expect(noor.complaints).toEqual([])
  expect(ada.complaints).toEqual([])
})
