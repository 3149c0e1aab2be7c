import { readFileSync, statSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as into from './into-database.ts'
import { getAccess, settle } from './scenes.ts'
import { openStage, signInAs, type Stage, type Visitor } from './stage.ts'
import { openTerminal, SHELLS, type Terminal } from './terminal.ts'

let stage: Stage
let ada: Visitor
let page: Page
let terminal: Terminal
beforeAll(async () => {
  stage = await openStage()
  ada = await stage.visitor()
  ;({ page } = ada)
  await signInAs(page, 'Ada', '/db/orders')
  await getAccess(page)
  terminal = await openTerminal(stage, 'computer')
}, 120_000)
afterAll(() => stage?.close())

const ORDERS = 'orders/orders_reader'
const keyText = () => readFileSync(terminal.keyFile, 'utf8').trim()

/** In the browser: to the address that the terminal opened, and once more through the provider where the portal asks for it. */
async function goThere(address: string) {
  await page.goto(address)
  await settle(page)
  const give = page.getByRole('button', { name: 'Give it a key' })
  const again = page.getByRole('link', { name: 'Sign in again' })
  await give.or(again).waitFor()
  if (await again.isVisible()) {
    await again.click()
    await page.locator('button[value="person-1001"]').click()
    await give.waitFor()
  }
  return give
}
async function logIn(on: Terminal, ...options: string[]) {
  const login = on.begin(['login', ...options])
  const give = await goThere(await login.url())
  await give.click()
  return login
}

describe('logging in', () => {
  test('gives the terminal a key through the browser, which the provider has asked anew', async () => {
    const login = terminal.begin(['login', '--name', 'my laptop'])
    const address = await login.url()
    expect(terminal.browserWentTo()).toBe(address)
    const { searchParams } = new URL(address)
    // Another program of this computer answers first, and does not know the state.
    const port = searchParams.get('port')
    const guess = await fetch(
      `http://127.0.0.1:${port}/?code=${'A'.repeat(22)}&state=${'0'.repeat(64)}`,
    )
    expect(guess.status).toBe(400)

    const give = await goThere(address)
    const asked = await page.locator('main').innerText()
    expect(asked).toContain('my laptop')
    expect(asked).toContain(`port ${port}`)
    await give.click()
    await page.getByText('Go back to your terminal').waitFor()

    const { code, stdout, stderr } = await login.ended
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/The key “my laptop” is in .*\.key\. It works until 20/)
    expect(page.url()).toBe(`${stage.url}/keys/connect?done=yes`)
    expect(keyText()).toMatch(/^lk_[0-9A-Za-z]{49}$/)
    expect(statSync(terminal.keyFile).mode & 0o777).toBe(0o600)
    expect(ada.complaints).toEqual([])
  })

  test('is in the list of keys, and the key itself nowhere but in its file', async () => {
    await page.goto('/keys')
    await settle(page)
    expect(await page.locator('main').innerText()).toContain('my laptop')
    const { stdout } = await terminal.sh(`grep -rlF '${keyText()}' "$HOME"`)
    expect(stdout.trim().split('\n')).toEqual([terminal.keyFile])
    expect(stage.output.join('')).not.toContain(keyText().slice(8))
    const kept = await page.evaluate<string>(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }])',
    )
    expect(kept).not.toContain('lk_')
  })

  test('works by pasting where the browser is on another computer', async () => {
    const other = await openTerminal(stage, 'server')
    const login = await logIn(other, '--paste', '--name', 'a server')
    login.say(await into.copied(page, /copy the code/i))
    expect((await login.ended).code).toBe(0)
    expect((await other.run('token', ORDERS)).stdout).toContain('X-Amz-Signature')
  })

  test.each([
    ['/keys/connect', 'no wish'],
    ['/keys/connect?challenge=x&state=y&name=z', 'a wish that is cut off'],
    [
      `/keys/connect?challenge=${'a'.repeat(43)}&state=${'b'.repeat(64)}&name=x&port=80`,
      'a port of the system',
    ],
  ])('an address with %s gives nothing', async (path) => {
    await page.goto(path)
    await settle(page)
    expect(await page.locator('main').innerText()).toContain('This address is not whole')
    expect(await page.getByRole('button', { name: 'Give it a key' }).count()).toBe(0)
  })
})

describe('a token', () => {
  test('is all that is printed, and opens the database', async () => {
    const { code, stdout, stderr } = await terminal.run('token', ORDERS)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^orders\.\S+\n$/)
    expect(await into.connect(stage, stdout.trim(), 'orders_reader')).toBe('orders_reader')
  })

  test('may be for another endpoint', async () => {
    const { stdout } = await terminal.run('token', `${ORDERS}/reader`)
    expect(stdout).toMatch(/^orders\.cluster-ro-/)
  })

  test.runIf(into.hasPsql)('lets psql in, with full verification of the server', async () => {
    const asked = ['-Atc', "select current_user, current_setting('application_name')"]
    const { code, stdout, stderr } = await terminal.run('psql', ORDERS, ...asked)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^orders_reader\|latchkey\/[0-9a-f-]{36}\n$/)
    expect(readFileSync(`${terminal.home}/.latchkey/eu-west-1.pem`, 'utf8')).toContain(
      'BEGIN CERTIFICATE',
    )
  })

  test.runIf(into.hasPsql)(
    'is in an environment that a shell takes, and in a substitution',
    async () => {
      const query = "psql -Atc 'select current_user'"
      const lines = [
        `eval "$(sh ~/latchkey env ${ORDERS})" && ${query}`,
        `eval "$(sh ~/latchkey env ${ORDERS})" && PGPASSWORD="$(sh ~/latchkey token ${ORDERS})" ${query}`,
      ]
      for (const line of lines)
        expect(await terminal.sh(line)).toEqual({ stdout: 'orders_reader\n', stderr: '' })
    },
  )

  test('shows neither itself nor the key to others: only psql has it, in its own environment', async () => {
    const key = keyText()
    const asked = [await terminal.watch('token', ORDERS)]
    if (into.hasPsql) asked.push(await terminal.watch('psql', ORDERS, '-Atc', 'select 1'))

    for (const { code, calls } of asked) {
      expect(code).toBe(0)
      expect(calls.map(({ called }) => called)).toContain('curl')
      for (const { called, words, environment } of calls) {
        expect(words + environment, called).not.toContain(key)
        expect(words, called).not.toContain('X-Amz-Signature')
        if (called !== 'psql') expect(environment, called).not.toContain('X-Amz-Signature')
      }
    }
    // What is looked for would be found.
    const psql = asked[1]?.calls.find(({ called }) => called === 'psql')
    if (into.hasPsql) expect(psql?.environment).toContain('X-Amz-Signature')
  })

  test('comes to twenty who ask at once with one key', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => terminal.run('token', ORDERS)))
    expect(all.filter(({ code }) => code !== 0)).toEqual([])
    expect(all.every(({ stdout }) => /X-Amz-Signature/.test(stdout))).toBe(true)
  }, 60_000)
})

describe.each(SHELLS.map((shell) => [shell.join(' '), shell]))('in %s', (name, shell) => {
  test('the helper does what it does', async () => {
    const other = await openTerminal(stage, `in ${name.replaceAll(/\W/g, '-')}`, shell)
    expect((await other.run('token', ORDERS)).code).toBe(3)
    const login = await logIn(other, '--name', `in ${name.replaceAll(/\W/g, ' ')}`)
    expect((await login.ended).code).toBe(0)
    const { code, stderr } = await other.run('token', ORDERS)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect((await other.run('env', ORDERS)).stdout).toMatch(/^export PGPASSWORD='orders/m)
    expect((await other.run('logout')).stderr).toContain(`${stage.url}/keys`)
    expect((await other.run('token', ORDERS)).code).toBe(3)
  })
})

describe('says what to do when it cannot', () => {
  const line = (said: { stderr: string }) => said.stderr.trim().split('\n')

  test.each([
    [[], 0, /^$/],
    [['tokens'], 2, /There is no latchkey tokens/],
    [['token'], 2, /latchkey token orders\/orders_reader/],
    [['token', 'orders'], 2, /which database user/],
    [['token', 'orders/nobody'], 1, /no open access.*\/db\/orders$/],
    [['token', 'orders/o"r\\d$ers`x'], 1, /no open access/],
    [['token', 'Nowhere/x'], 1, /is not as it must be/],
    [['token', `${ORDERS}/nowhere`], 1, /no such endpoint.*writer/],
    [['login', '--name', 'a;b'], 2, /A name has/],
  ])('called with %j', async (args, code, said) => {
    const ended = await terminal.run(...args)
    expect(ended.code).toBe(code)
    expect(ended.stderr.trim()).toMatch(said)
    if (code !== 0) expect(ended.stdout).toBe('')
    expect(line(ended).length).toBe(1)
  })

  test('the portal is down: at once, and otherwise than refused', async () => {
    const run = await terminal.ofNobody()
    const ended = await run('token', ORDERS)
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 4, stdout: '' })
    expect(line(ended)).toEqual([expect.stringMatching(/^latchkey: http\S+ does not answer\. Is /)])
    expect(ended.milliseconds).toBeLessThan(5_000)
  })

  test('the grant has ended', async () => {
    await page.goto('/db/orders')
    await settle(page)
    await page.getByRole('button', { name: 'End access' }).click()
    await page.getByRole('dialog').getByRole('button', { name: /^end/i }).click()
    await page.getByRole('button', { name: 'Get access' }).waitFor()

    const ended = await terminal.run('token', ORDERS)
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 1, stdout: '' })
    expect(line(ended)).toEqual([
      `latchkey: You have no open access to that database as that user. Ask for it at ${stage.url}/db/orders`,
    ])
    await getAccess(page)
    expect((await terminal.run('token', ORDERS)).code).toBe(0)
  })

  test('the key was ended in the browser', async () => {
    await page.goto('/keys')
    await settle(page)
    await page.getByRole('button', { name: 'End the key my laptop' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'End the key' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })

    const ended = await terminal.run('token', ORDERS)
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 3, stdout: '' })
    expect(line(ended)).toEqual([
      'latchkey: This key does not work: it has ended, or it never did. Get a new one: latchkey login.',
    ])
    expect(ada.complaints).toEqual([])
  })
})
