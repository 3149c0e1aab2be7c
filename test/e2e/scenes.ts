import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { aMonth } from './history.ts'
import { asked, catalog, newGuide, storeAway, type Trouble, typed } from './troubles.ts'

/** A page in a state worth looking at: walked by axe, photographed for the guide. */
export type Scene = {
  name: string
  /** Given name of the one who looks; nobody is signed in without. */
  person?: string
  path: string
  title: string
  /** What must be read on it, so that no other state is looked at by mistake. */
  shows: string | RegExp
  /** What to do once there. */
  act?: (page: Page) => Promise<unknown>
  /** What changes in the world once the page is there, before `act`. */
  given?: Trouble
  /** What the console is expected to say because of it. */
  complains?: RegExp
}

/** What `npm run screens` photographs. */
export const SCENES: readonly Scene[] = [
  { name: 'sign-in', path: '/signin', title: 'Sign in', shows: 'Sign in to Latchkey' },
  {
    name: 'sign-in-refused',
    path: '/signin/error?code=groups_unresolved&ref=5d1c2e7a-9e40-4b0b-8f6e-4c590b7d5a34',
    title: 'A sign-in that was refused, and why',
    shows: 'Your groups could not be read',
  },
  {
    name: 'signed-out',
    path: '/signed-out',
    title: 'Signed out',
    shows: 'You are signed out',
  },
  { name: 'databases', person: 'Ada', path: '/', title: 'Databases', shows: 'orders-staging' },
  {
    name: 'nothing',
    person: 'Noor',
    path: '/',
    title: 'Nothing to reach',
    shows: 'No databases here yet',
  },
  {
    name: 'ask',
    person: 'Ada',
    path: '/db/orders-staging',
    title: 'Ask for access',
    shows: 'Database user',
  },
  {
    name: 'connect',
    person: 'Ada',
    path: '/db/orders',
    title: 'Connect',
    act: getToken,
    shows: 'Your token',
  },
  {
    name: 'connect-diagnosis',
    person: 'Ada',
    path: '/db/orders',
    title: 'Why it does not connect',
    act: askWhy,
    shows: 'cut at its colon',
  },
  {
    name: 'requests',
    person: 'Li',
    path: '/requests',
    title: 'Requests that wait for me',
    given: asked,
    act: (page) => page.reload(),
    shows: 'refunds hang since 09:40',
  },
  {
    name: 'request',
    person: 'Li',
    path: '/requests',
    title: 'A request, and all that a decision needs',
    given: asked,
    act: async (page) => {
      await page.reload()
      await page
        .getByRole('link', { name: /orders/ })
        .last()
        .click()
    },
    shows: 'Your decision',
  },
  { name: 'access', person: 'Ada', path: '/access', title: 'My access', shows: 'Open now' },
  {
    name: 'end-access',
    person: 'Ada',
    path: '/access',
    title: 'End access, and what that does not do',
    act: askToEnd,
    shows: 'What it does not do',
  },
  {
    name: 'access-blocked',
    person: 'Ada',
    path: '/access',
    title: 'Access whose rule was taken out of the catalog',
    given: catalog(withoutReader),
    act: (page) => page.reload(),
    shows: 'taken out of the catalog',
  },
  {
    name: 'account',
    person: 'Ada',
    path: '/account',
    title: 'My account',
    shows: 'payments-engineers',
  },
  {
    name: 'certificates',
    person: 'Ada',
    path: '/certificates',
    title: 'Certificates',
    act: (page) =>
      page
        .getByText(/^Java, Windows, SHA-256/)
        .first()
        .click(),
    shows: 'keytool -importkeystore',
  },
  {
    name: 'audit',
    person: 'Noor',
    path: '/audit?last=30d',
    title: 'Audit log',
    given: aMonth,
    act: (page) => page.reload(),
    shows: 'session.started',
  },
  {
    name: 'audit-story',
    person: 'Noor',
    path: '/audit?action=token.issued&database=orders&last=30d',
    title: 'One event, and all that belongs to it',
    given: aMonth,
    act: async (page) => {
      await page.reload()
      await settle(page)
      await openStory(page)
    },
    shows: 'The other side, in CloudTrail',
  },
  {
    name: 'map',
    person: 'Sam',
    path: '/map?text=ada',
    title: 'Access map',
    given: asked,
    act: (page) => page.reload(),
    shows: 'payments-engineers',
  },
  {
    name: 'map-change',
    person: 'Sam',
    path: '/map?view=change',
    title: 'What a change of the catalog would do, and to whom',
    given: typed(withoutReader),
    act: (page) => page.getByRole('button', { name: 'Show what would change' }).click(),
    shows: 'Could not be asked for any more',
  },
  {
    name: 'setup',
    person: 'Sam',
    path: '/setup',
    title: 'Set-up',
    act: (page) => page.getByRole('button', { name: 'Look now' }).click(),
    shows: 'Chain and name verify',
  },
  {
    name: 'setup-refused',
    person: 'Sam',
    path: '/setup',
    title: 'A newer catalog that was refused',
    given: catalog(spoilt, false),
    act: (page) => page.reload(),
    shows: 'A newer catalog file was refused',
  },
  {
    name: 'guide',
    person: 'Sam',
    path: '/guide',
    title: 'Add a database: which, for whom, and as which database users',
    given: newGuide,
    act: pickForGuide,
    shows: 'One of the catalog, or a new one',
  },
  {
    name: 'guide-steps',
    person: 'Sam',
    path: '/guide',
    title: 'Add a database: every step, ready to copy',
    given: newGuide,
    act: writeGuide,
    shows: 'How to see that it worked',
  },
  {
    name: 'missing',
    person: 'Ada',
    path: '/db/payroll',
    title: 'Absent, or not yours',
    shows: 'There is nothing at this address, or it is not yours to see',
  },
  {
    name: 'unwell',
    person: 'Ada',
    path: '/',
    title: 'A portal whose own database is away',
    given: storeAway,
    act: (page) => goTo(page, 'My access'),
    shows: 'Your access could not be loaded',
    complains: /status of 503/,
  },
]

/** On a database's page: opens access where there is none. */
export async function getAccess(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: /^get access/i })
  const token = page.getByRole('button', { name: /^get token/i })
  await button.or(token).first().waitFor()
  if (await button.isVisible()) await button.click()
  await token.waitFor()
}

/** The same, and gets a token. */
export async function getToken(page: Page): Promise<void> {
  await getAccess(page)
  await page.getByRole('button', { name: /^get token/i }).click()
  await page.getByRole('timer').waitFor()
}

/** What psql says before a token that .pgpass has cut, and how long that was; the token itself is on no page any more. */
async function askWhy(page: Page): Promise<void> {
  await getToken(page)
  await page.reload()
  await page.getByText('It does not connect?').click()
  const host = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
  const failed = `connection to server at "${host}" (10.0.3.17), port 5432 failed: FATAL: `
  await page
    .getByLabel('What your client said')
    .fill(
      `psql: error: ${failed} PAM authentication failed for user "orders_reader"\n` +
        `${failed} pg_hba.conf rejects connection for host "10.0.7.4", user "orders_reader", database "orders", no encryption`,
    )
  await page.getByLabel(/Characters that your client got/).fill(String(host.length))
  await page.getByRole('button', { name: 'Find out why' }).click()
}

/** On the audit page: of the newest event there. */
export const openStory = (page: Page) =>
  page
    .getByRole('link', { name: /^the story of/i })
    .first()
    .click()

/** On the page of the guide: another team gets a database of the catalog. */
export async function pickForGuide(page: Page): Promise<void> {
  await page.locator('fieldset label', { hasText: 'In the catalog' }).click()
  await page.getByRole('radio', { name: /^shipments/ }).check()
  await page.getByLabel('Team', { exact: true }).fill('shipments')
  await page.getByLabel('SSO groups', { exact: true }).fill('shipments-engineers')
}

export async function writeGuide(page: Page): Promise<void> {
  await pickForGuide(page)
  await page.getByRole('button', { name: 'Write the guide' }).click()
  await page.getByText('Take it all away again').waitFor()
}

/** By the menu: the page stays, and only what it shows changes. */
export const goTo = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click()

export function askToEnd(page: Page): Promise<void> {
  return page
    .getByRole('button', { name: /end access/i })
    .first()
    .click()
}

type CatalogFile = Parameters<Parameters<typeof catalog>[0]>[0]

/** What is left of orders needs an approval. */
export function withoutReader(file: CatalogFile): void {
  file.access = file.access.filter(({ user }) => user !== 'orders_reader')
}

/** Three mistakes that people make. */
export function spoilt(file: CatalogFile): void {
  for (const rule of file.access) if (rule.team === 'logistics') rule.team = 'logistic'
  for (const rule of file.access) if (rule.user === 'orders_writer') rule.user = 'rdsadmin'
}

const SETTLED = `document.querySelector('main h1') !== null
  && document.querySelector('.skeleton, [aria-busy="true"], main [aria-disabled="true"]') === null
  && document.fonts.status === 'loaded'`

/** When the page has a heading, nothing is on its way any more, and the letters are its own. */
export async function settle(page: Page): Promise<void> {
  await page.waitForLoadState()
  for (let i = 0; i < 375; i++) {
    // A page that goes on to another is asked again there.
    if (await page.evaluate<boolean>(SETTLED).catch(() => false)) return
    await sleep(40)
  }
  throw new Error(`${page.url()} is not settled after fifteen seconds`)
}
