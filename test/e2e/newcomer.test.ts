import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml'
import type { HealthOfDatabase } from '../../server/contract/health.ts'
import { WAREHOUSE, WAREHOUSE_MASTER } from '../lab/databases.ts'
import { installed } from './desk.ts'
import { copied, hasPsql } from './into-database.ts'
import { getToken, settle } from './scenes.ts'
import { openStage, signInAs, type Stage, type Visitor } from './stage.ts'

/*
 * A database that is in RDS and in no catalog, added by somebody who has nothing but the guide: its files are downloaded in
 * the browser and run in a terminal as they are. Then an engineer connects, and each step of a connection is well.
 */
const hasAws = installed('the AWS CLI, so the guide is not walked through', 'aws', ['--version'])
const FILES = [
  'enable-iam.sh',
  'database-users.sql',
  'database-users.sh',
  'permission-policy.sh',
  'catalog-entry.yaml',
]
const [{ host } = { host: '' }] = WAREHOUSE.endpoints
const eventually = (read: () => unknown) => expect.poll(read, { timeout: 30_000 })

let stage: Stage
let sam: Visitor
let desk: string
beforeAll(async () => {
  stage = await openStage()
  sam = await stage.visitor()
  desk = join(stage.home, 'desk')
  mkdirSync(join(desk, 'bin'), { recursive: true })
  await signInAs(sam.page, 'Sam')
}, 120_000)
afterAll(() => stage?.close())

/** A terminal of the account's administrator. Older versions of the AWS CLI do not know the addresses of its environment. */
async function terminal(line: string, more: Record<string, string> = {}) {
  const shim = join(desk, 'bin', 'aws')
  writeFileSync(
    shim,
    `#!/bin/sh
case $1 in rds) url=$AWS_ENDPOINT_URL_RDS ;; iam) url=$AWS_ENDPOINT_URL_IAM ;; esac
PATH=\${PATH#*:} exec aws --endpoint-url "$url" "$@"
`,
  )
  chmodSync(shim, 0o755)
  const path = `${join(desk, 'bin')}:${process.env['PATH']}`
  const child = spawn('sh', ['-c', `. ../administrator.env; ${line}`], {
    cwd: desk,
    env: { PATH: path, HOME: desk, LC_ALL: 'C', AWS_PAGER: '', ...more },
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { stdout, stderr }
}

/** What stands in the file, with what the entry adds put under the keys that are there. */
function addToCatalog(entry: string) {
  const file = stage.lab.environment['CATALOG_FILE']!
  const document = parseDocument(readFileSync(file, 'utf8'))
  const added = parse(entry) as { databases: Record<string, unknown>; access: unknown[] }
  for (const [name, database] of Object.entries(added.databases))
    (document.get('databases') as YAMLMap).set(name, document.createNode(database))
  for (const rule of added.access)
    (document.get('access') as YAMLSeq).add(document.createNode(rule))
  writeFileSync(file, document.toString())
}

async function readRds() {
  await sam.page.goto('/setup')
  await settle(sam.page)
  await sam.page.getByRole('button', { name: 'Read RDS now' }).click()
  await settle(sam.page)
}

test.runIf(hasAws && hasPsql)(
  'from a database in RDS to a person in it, by the guide alone',
  async () => {
    const { page } = sam
    await readRds()
    await page.getByText('The databases, and which of them are in the catalog').click()
    await page.getByRole('link', { name: 'Add warehouse' }).click()
    await settle(page)
    await page.getByLabel('Team').fill('payments')
    await page.getByLabel('Tunnel').fill(`127.0.0.1:${stage.lab.doorOf(host)}`)
    await page.getByRole('button', { name: 'Write the guide' }).click()
    await page.getByRole('button', { name: 'Open all' }).click()
    for (const file of FILES) {
      const button = page.getByRole('button', { name: `Download ${file}` })
      if (!(await button.isVisible())) {
        const step = page.locator('li', { hasText: 'Make the database user' }).first()
        await step.getByRole('tab', { name: file.endsWith('.sql') ? 'SQL' : 'Shell' }).click()
      }
      const [download] = await Promise.all([page.waitForEvent('download'), button.click()])
      await download.saveAs(join(desk, file))
    }

    expect((await terminal('sh ./enable-iam.sh')).stderr).toBe('')
    const asMaster = {
      ADMIN: WAREHOUSE_MASTER,
      PGPASSWORD: readFileSync(join(stage.home, 'warehouse-password'), 'utf8'),
    }
    const made = await terminal('sh ./database-users.sh', asMaster)
    expect(made.stderr).toBe('')
    expect(made.stdout).toContain('warehouse_reader')
    expect((await terminal('sh ./permission-policy.sh')).stderr).toBe('')
    addToCatalog(readFileSync(join(desk, 'catalog-entry.yaml'), 'utf8'))

    const ada = await stage.visitor()
    await signInAs(ada.page, 'Ada')
    await eventually(async () => {
      await ada.page.goto('/')
      await settle(ada.page)
      return ada.page.getByRole('link', { name: 'warehouse', exact: true }).count()
    }).toBe(1)
    await ada.page.goto('/db/warehouse')
    await settle(ada.page)
    await getToken(ada.page)
    await ada.page.getByRole('tab', { name: 'psql', exact: true }).click()
    const line = await copied(ada.page, /copy: the psql lines/i)
    const { stdout, stderr } = await terminal(`${line} -Atc 'select current_user'`)
    expect(stderr).toBe('')
    expect(stdout.trim()).toBe('warehouse_reader')

    // That IAM authentication is on now is known once RDS was read again.
    await readRds()
    const health = '/api/setup/health/warehouse'
    await page.evaluate(
      (path) =>
        fetch(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        }).then(() => undefined),
      health,
    )
    const troubles = async () => {
      const answer = await page.evaluate((path) => fetch(path).then((it) => it.text()), health)
      const { findings } = JSON.parse(answer) as HealthOfDatabase
      return findings.length === 1
        ? findings[0]!.steps.filter(({ state }) => state === 'failed' || state === 'skipped')
        : 'not checked yet'
    }
    await eventually(troubles).toEqual([])
  },
  180_000,
)
