import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Page } from 'playwright-core'
import { parse, stringify } from 'yaml'
import { writeKept } from '../lab/kept-file.ts'
import { signInAs, type Stage } from './stage.ts'

/** Changes the world around a page; what it returns puts it back. */
export type Trouble = (stage: Stage, page: Page) => Promise<() => Promise<unknown>>

/** The portal lives, and its own database takes no connection: what needs it answers 503. */
export const storeAway: Trouble = async (stage) => {
  const admin = new pg.Client({ connectionString: stage.lab.postgres.url('postgres') })
  await admin.connect()
  await admin.query('alter database latchkey allow_connections false')
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'latchkey'",
  )
  return async () => {
    await admin.query('alter database latchkey allow_connections true')
    await admin.end()
    await until(async () => (await fetch(`${stage.url}/readyz`)).ok)
  }
}

/** Ada waits for an approval of `orders_writer`, as if she had asked two minutes ago. It stays. */
export const asked: Trouble = async (stage) => {
  const client = new pg.Client({ connectionString: stage.lab.postgres.url('latchkey') })
  await client.connect()
  try {
    await client.query(
      `WITH ada AS (
         INSERT INTO person (id, issuer, subject, name, email, groups, signed_in_at)
         VALUES (gen_random_uuid(), $1, 'person-1001', 'Ada Marín', 'ada.marin@example.com', '{payments-engineers}', now() - interval '3 hours')
         ON CONFLICT (issuer, subject) DO UPDATE SET name = person.name RETURNING id)
       INSERT INTO access_request (id, person_id, team, database, db_user, seconds, reason, state, created_at, lapses_at)
       SELECT gen_random_uuid(), id, 'payments', 'orders', 'orders_writer', 1800, 'INC-7: refunds hang since 09:40', 'pending',
              now() - interval '2 minutes', now() + interval '1 day' FROM ada ON CONFLICT DO NOTHING`,
      [stage.lab.environment['OIDC_ISSUER']],
    )
  } finally {
    await client.end()
  }
  return async () => {}
}

/** Nothing reaches the portal from this browser. */
export const offline: Trouble = async (_stage, page) => {
  await page.context().setOffline(true)
  return () => page.context().setOffline(false)
}

/** A guide that nobody has begun to fill; what is typed into it is gone afterwards. */
export const newGuide: Trouble = async (_stage, page) => {
  const forget = () => page.evaluate("localStorage.removeItem('latchkey.guide.draft')")
  await forget()
  await page.reload()
  await page.getByRole('button', { name: 'Write the guide' }).waitFor()
  return forget
}

/** What the page asks for at such addresses never arrives: it was taken away, or a proxy is in between. */
export const lost =
  (addresses: RegExp): Trouble =>
  async (_stage, page) => {
    await page.route(addresses, (route) => route.abort())
    return () => page.unroute(addresses)
  }

/** What the page asks for at such addresses is on its way for as long as one looks. */
export const slow =
  (addresses: RegExp): Trouble =>
  async (_stage, page) => {
    const { promise, resolve } = defer()
    await page.route(addresses, (route) => promise.then(() => route.abort()).catch(() => {}))
    return async () => {
      resolve()
      await page.unroute(addresses)
    }
  }

/** The session ends somewhere else. */
export const signedOutElsewhere: Trouble = async (_stage, page) => {
  const headers = { 'content-type': 'application/json' }
  const request = JSON.stringify({ method: 'POST', headers, body: '{}' })
  await page.evaluate(`fetch('/auth/logout', ${request}).then(() => undefined)`)
  return async () => {}
}

type Rule = { team: string; databases: string[]; user: string }
type CatalogFile = { teams: Record<string, { groups: string[] }>; access: Rule[] }

/** Another catalog in force, or one that is refused. */
export const catalog =
  (change: (catalog: CatalogFile) => void, isGood = true): Trouble =>
  async (stage) => {
    const file = stage.lab.environment['CATALOG_FILE'] ?? ''
    const before = readFileSync(file, 'utf8')
    const changed = parse(before) as CatalogFile
    change(changed)
    await putCatalog(stage, file, stringify(changed), isGood)
    return () => putCatalog(stage, file, before, true)
  }

/** The catalog is changed only in what is typed on the page that previews it. */
export const typed =
  (change: (catalog: CatalogFile) => void): Trouble =>
  async (stage, page) => {
    const text = parse(
      readFileSync(stage.lab.environment['CATALOG_FILE'] ?? '', 'utf8'),
    ) as CatalogFile
    change(text)
    await page.getByLabel('Its text').fill(stringify(text))
    return async () => {}
  }

async function putCatalog(stage: Stage, file: string, text: string, isGood: boolean) {
  writeKept(file, text)
  for (const portal of stage.portals) portal.kill('SIGHUP')
  const sha256 = createHash('sha256').update(text).digest('hex')
  const { page } = await administrator(stage)
  await until(async () => {
    const answer = await page.request.get('/api/setup')
    const setup = (await answer.json()) as { catalog: { sha256: string; refused: unknown } }
    return isGood
      ? setup.catalog.sha256 === sha256 && setup.catalog.refused === null
      : setup.catalog.refused !== null
  })
}

const administrators = new WeakMap<Stage, ReturnType<Stage['visitor']>>()

/** One for the whole stage, whom no scene signs out. */
function administrator(stage: Stage) {
  const known = administrators.get(stage)
  if (known) return known
  const fresh = stage.visitor().then(async (visitor) => {
    await signInAs(visitor.page, 'Sam')
    return visitor
  })
  administrators.set(stage, fresh)
  return fresh
}

async function until(isSo: () => Promise<boolean>) {
  for (let i = 0; i < 200; i++) {
    if (await isSo()) return
    await sleep(50)
  }
  throw new Error('the world did not become what the scene needs, in ten seconds')
}

function defer() {
  let resolve = () => {}
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}
