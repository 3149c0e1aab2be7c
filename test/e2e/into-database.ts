import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import type { Page } from 'playwright-core'
import type { Stage } from './stage.ts'

const ORDERS = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
const run = promisify(execFile)

/** Said aloud where it is not, so that nobody takes what was skipped for what was shown. */
export const hasPsql = (() => {
  try {
    execFileSync('psql', ['--version'])
    return true
  } catch {
    console.warn('psql is not installed: the lines of the page are not run by it in this test run')
    return false
  }
})()

/** What a copy button of the page gives. */
export async function copied(page: Page, name: RegExp): Promise<string> {
  await page.getByRole('button', { name }).first().click()
  return page.evaluate<string>('navigator.clipboard.readText()')
}

/** A line of the page, run by a shell of somebody whose home is empty but for what such lines put there. */
export async function shell(stage: Stage, line: string) {
  const home = join(stage.home, 'home')
  mkdirSync(home, { recursive: true })
  const env = { PATH: process.env['PATH'], HOME: home, LC_ALL: 'C' }
  return run('sh', ['-c', line], { env }).then(
    ({ stdout }) => ({ stdout, stderr: '' }),
    (error: { stdout: string; stderr: string }) => ({ stdout: error.stdout, stderr: error.stderr }),
  )
}

/** The door of orders without psql: who one is there. */
export async function connect(stage: Stage, token: string, user: string) {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: stage.lab.doorOf(ORDERS),
    user,
    database: 'orders',
    password: token,
    ssl: { ca: stage.lab.authority.pem, servername: ORDERS },
  })
  await client.connect()
  try {
    return (await client.query<{ me: string }>('select current_user as me')).rows[0]?.me
  } finally {
    await client.end()
  }
}
