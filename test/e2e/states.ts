import type { Page } from 'playwright-core'
import {
  askToEnd,
  getAccess,
  getToken,
  goTo,
  openStory,
  type Scene,
  settle,
  spoilt,
  withoutReader,
  writeGuide,
} from './scenes.ts'
import {
  catalog,
  lost,
  newGuide,
  offline,
  signedOutElsewhere,
  slow,
  storeAway,
  type Trouble,
  typed,
} from './troubles.ts'

const UNWELL = { given: storeAway, complains: /status of 503/ }
const OFFLINE = { given: offline, complains: /ERR_INTERNET_DISCONNECTED/ }
const RULE_GONE = { given: catalog(withoutReader) }
/** The same after one has got access. */
const holding =
  (trouble: Trouble): Trouble =>
  async (stage, page) => {
    const path = page.url()
    await page.goto('/db/orders')
    await getAccess(page)
    await page.goto(path)
    return trouble(stage, page)
  }
/** What the page keeps in the browser is gone afterwards: other states of the same person begin without it. */
function forgets(...keys: string[]): Trouble {
  const forget = keys.map((key) => `localStorage.removeItem('latchkey.${key}')`).join(';')
  return async (_stage, page) => () => page.evaluate(forget)
}
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click()
const looksAgain = (page: Page) =>
  page.evaluate("document.dispatchEvent(new Event('visibilitychange')), undefined")

/** The faces that no guide shows: empty, refused, on its way, out of reach. */
export const STATES: readonly Scene[] = [
  {
    name: 'sign-in-untrusted',
    path: '/signin/error?code=never_heard_of',
    title: 'A refusal that the page has no words for',
    shows: 'The sign-in could not be trusted',
  },
  {
    name: 'sign-in-unwell',
    person: 'Ada',
    path: '/certificates',
    title: 'Sign in while the portal is unwell',
    ...UNWELL,
    act: (page) => page.goto('/signin'),
    shows: 'The portal is not well',
  },
  {
    name: 'no-match',
    person: 'Ada',
    path: '/?q=nowhere',
    title: 'A search without a match',
    shows: 'No database matches “nowhere”',
  },
  {
    name: 'menu',
    person: 'Ada',
    path: '/',
    title: 'The menu of the account',
    act: (page) => press(page, /^account and settings/i),
    shows: 'Sign out',
  },
  {
    name: 'no-access',
    person: 'Noor',
    path: '/access',
    title: 'No access at all',
    shows: 'You have no open access',
  },
  {
    name: 'account-no-team',
    person: 'Noor',
    path: '/account',
    title: 'An account without a team',
    shows: 'may read the audit log',
  },
  {
    name: 'no-address',
    person: 'Ada',
    path: '/no/such/page',
    title: 'An address that does not exist',
    shows: 'There is nothing at this address',
  },
  {
    name: 'not-allowed',
    person: 'Ada',
    path: '/setup',
    title: 'A page of administrators, seen by an engineer',
    shows: 'There is nothing at this address',
  },
  {
    name: 'audit-fields',
    person: 'Noor',
    path: '/audit?action=session.started',
    title: 'All fields of an event',
    act: async (page) => {
      await openStory(page)
      await page
        .getByText(/^all fields/i)
        .first()
        .click()
    },
    shows: 'HTTP request',
  },
  {
    name: 'map-database',
    person: 'Sam',
    path: '/map?by=database&database=orders',
    title: 'The ways into one database',
    shows: 'Ways in',
  },
  {
    name: 'map-nobody',
    person: 'Sam',
    path: '/map?text=nowhere',
    title: 'A map without a row',
    shows: 'Nobody known reaches this',
  },
  {
    name: 'map-lost',
    person: 'Sam',
    path: '/',
    title: 'A map that cannot be loaded',
    given: lost(/access-map\?/),
    act: (page) => goTo(page, 'Access map'),
    complains: /ERR_FAILED/,
    shows: 'The map could not be loaded',
  },
  {
    name: 'map-slow',
    person: 'Sam',
    path: '/',
    title: 'A map on its way',
    given: slow(/access-map\?/),
    act: (page) => goTo(page, 'Access map'),
    shows: 'Loading the map',
  },
  {
    name: 'map-what-if',
    person: 'Sam',
    path: '/map?view=what-if&groups=payments-engineers,payments-leads,chess',
    title: 'What somebody with these groups could do',
    shows: 'The catalog does not name',
  },
  {
    name: 'map-problems',
    person: 'Sam',
    path: '/map?view=change',
    title: 'A text that is no catalog',
    given: typed(spoilt),
    act: (page) => press(page, 'Show what would change'),
    shows: 'It is no good catalog',
  },
  {
    name: 'audit-people',
    person: 'Noor',
    path: '/audit',
    title: 'Whom to narrow the log to',
    act: (page) => press(page, /^person$/i),
    shows: 'The portal itself',
  },
  {
    name: 'audit-actions',
    person: 'Noor',
    path: '/audit?action=token.issued',
    title: 'What to narrow the log to',
    act: (page) => press(page, /^action$/i),
    shows: 'withdrawn',
  },
  {
    name: 'audit-range',
    person: 'Noor',
    path: '/audit',
    title: 'A range of time that ends before it begins',
    act: async (page) => {
      await press(page, /^time$/i)
      await page.getByLabel('From', { exact: true }).fill('2026-11-25T12:00')
      await page.getByLabel('Before', { exact: true }).fill('2026-11-24T12:00')
      await press(page, 'Show this range')
    },
    shows: 'It ends before it begins',
  },
  {
    name: 'audit-table',
    person: 'Noor',
    path: '/audit?last=24h',
    title: 'The bars as a table',
    act: (page) => page.getByText('As a table').click(),
    shows: 'Hide the table',
  },
  {
    name: 'audit-none',
    person: 'Noor',
    path: '/audit?text=nobody+wrote+this',
    title: 'A search of the log without a match',
    shows: 'No event matches',
  },
  {
    name: 'audit-no-event',
    person: 'Noor',
    path: '/audit?event=999999999',
    title: 'A link to an event that is not there',
    shows: 'There is no event 999999999',
  },
  {
    name: 'reason-missing',
    person: 'Tom',
    path: '/db/shipments',
    title: 'A reason that is required and missing',
    act: async (page) => {
      await page.getByRole('radio', { name: /shipments_writer/ }).check()
      await press(page, /^get access/i)
    },
    shows: /asks for a reason/,
  },
  {
    name: 'token-shown',
    person: 'Ada',
    path: '/db/orders',
    title: 'A token in the open',
    act: async (page) => {
      await getToken(page)
      await press(page, 'Show the token')
    },
    shows: 'X-Amz-Signature',
  },
  {
    name: 'token-expired',
    person: 'Ada',
    path: '/db/orders',
    title: 'A token that has expired',
    act: async (page) => {
      await page.addInitScript(LATER)
      await page.reload()
      await getToken(page)
      await page.evaluate('void (window.later = 16 * 60_000)')
    },
    shows: 'Your token has expired',
  },
  {
    name: 'loading',
    person: 'Ada',
    path: '/',
    title: 'A page whose data is on its way',
    given: slow(/\/api\/grants$/),
    act: (page) => goTo(page, 'My access'),
    shows: 'Loading your access',
  },
  {
    name: 'approval-list',
    person: 'Li',
    path: '/',
    title: 'A database that only an approval opens, in the list',
    ...RULE_GONE,
    act: reload,
    shows: /approval/i,
  },
  {
    name: 'approval',
    person: 'Li',
    path: '/db/orders',
    title: 'A database that only an approval opens',
    ...RULE_GONE,
    act: reload,
    shows: /approv/i,
  },
  {
    name: 'blocked',
    person: 'Ada',
    path: '/db/orders',
    title: 'A database whose access gives no tokens any more',
    given: holding(RULE_GONE.given),
    act: reload,
    shows: 'taken out of the catalog',
  },
  {
    name: 'blocked-list',
    person: 'Ada',
    path: '/',
    title: 'The same database, in the list',
    given: holding(RULE_GONE.given),
    act: reload,
    shows: 'gives no tokens',
  },
  {
    name: 'team-left',
    person: 'Ada',
    path: '/access',
    title: 'Access through a team that one has left',
    given: holding(
      catalog(({ teams }) => {
        if (teams['payments']) teams['payments'].groups = ['payments-people']
      }),
    ),
    act: reload,
    shows: 'no longer in the team',
  },
  {
    name: 'catalog-refused',
    person: 'Sam',
    path: '/audit',
    title: 'What administrators see of a refused catalog on every page',
    given: catalog(spoilt, false),
    act: reload,
    shows: 'See what is wrong',
  },
  {
    name: 'databases-unwell',
    person: 'Ada',
    path: '/certificates',
    title: 'Databases that cannot be loaded',
    ...UNWELL,
    act: (page) => goTo(page, 'Databases'),
    shows: 'Your databases could not be loaded',
  },
  {
    name: 'databases-stale',
    person: 'Ada',
    path: '/',
    title: 'Databases as they were',
    ...UNWELL,
    act: looksAgain,
    shows: 'This list may be out of date',
  },
  {
    name: 'database-unwell',
    person: 'Ada',
    path: '/',
    title: 'A database that cannot be loaded',
    ...UNWELL,
    act: (page) => page.getByRole('link', { name: 'orders', exact: true }).click(),
    shows: 'orders could not be loaded',
  },
  {
    name: 'get-access-unwell',
    person: 'Ada',
    path: '/db/orders-staging',
    title: 'Access that could not be opened',
    ...UNWELL,
    act: (page) => press(page, /^get access/i),
    shows: 'You have no access yet',
  },
  {
    name: 'token-unwell',
    person: 'Ada',
    path: '/db/orders',
    title: 'A token that could not be recorded, so there is none',
    given: async (stage, page) => {
      await getAccess(page)
      return storeAway(stage, page)
    },
    complains: UNWELL.complains,
    act: (page) => press(page, /^get token/i),
    shows: 'No token was given',
  },
  {
    name: 'end-access-unwell',
    person: 'Ada',
    path: '/access',
    title: 'Access that could not be ended',
    ...UNWELL,
    act: async (page) => {
      await askToEnd(page)
      await page.getByRole('dialog').getByRole('button', { name: 'End access' }).click()
    },
    shows: 'Your access has not ended',
  },
  {
    name: 'account-unwell',
    person: 'Ada',
    path: '/',
    title: 'An account that cannot be loaded',
    ...UNWELL,
    act: async (page) => {
      await press(page, /^account and settings/i)
      await page.getByRole('link', { name: 'My account' }).click()
    },
    shows: 'Your account could not be loaded',
  },
  {
    name: 'keys-empty',
    person: 'Tom',
    path: '/keys',
    title: 'No key, and a sign-in that is too old to make one',
    shows: 'You have no key that works',
  },
  {
    name: 'keys-connect',
    person: 'Tom',
    path: `/keys/connect?challenge=${'a'.repeat(43)}&state=${'b'.repeat(64)}&name=laptop&port=49152`,
    title: 'A terminal that asks for a key',
    shows: 'Only go on if you typed',
  },
  {
    name: 'keys-connect-cut',
    person: 'Tom',
    path: '/keys/connect?challenge=a',
    title: 'An address of the helper that was cut off',
    shows: 'This address is not whole',
  },
  {
    name: 'keys-unwell',
    person: 'Ada',
    path: '/',
    title: 'Keys that cannot be loaded',
    ...UNWELL,
    act: openKeys,
    shows: 'Your keys could not be loaded',
  },
  {
    name: 'keys-loading',
    person: 'Ada',
    path: '/',
    title: 'Keys on their way',
    given: slow(/\/api\/keys$/),
    act: openKeys,
    shows: 'Loading your keys',
  },
  {
    name: 'key-made',
    person: 'Li',
    path: '/keys',
    title: 'A new key, shown this once',
    act: makeKey,
    shows: 'Copy it now',
  },
  {
    name: 'keys',
    person: 'Li',
    path: '/keys',
    title: 'Keys that work',
    act: (page) => press(page, /^end the key/i),
    shows: 'it fetches no more tokens',
  },
  {
    name: 'audit-unwell',
    person: 'Noor',
    path: '/',
    title: 'Events that cannot be loaded',
    ...UNWELL,
    act: (page) => goTo(page, 'Audit log'),
    shows: 'The events could not be loaded',
  },
  {
    name: 'setup-unwell',
    person: 'Sam',
    path: '/',
    title: 'A set-up that cannot be loaded',
    ...UNWELL,
    act: (page) => goTo(page, 'Setup'),
    shows: 'The setup could not be loaded',
  },
  {
    name: 'guide-unwell',
    person: 'Sam',
    path: '/',
    title: 'A guide that cannot be begun',
    ...UNWELL,
    act: (page) => goTo(page, 'Add a database'),
    shows: 'What is known of your databases could not be loaded',
  },
  {
    name: 'guide-loading',
    person: 'Sam',
    path: '/',
    title: 'What a guide begins with, on its way',
    given: slow(/\/api\/setup\/guide/),
    act: (page) => goTo(page, 'Add a database'),
    shows: 'Loading what is known of your databases',
  },
  {
    name: 'guide-problems',
    person: 'Sam',
    path: '/guide',
    title: 'A guide of which every field is still to be filled',
    given: newGuide,
    act: async (page) => {
      await page.locator('fieldset label', { hasText: 'Typed by hand' }).click()
      await press(page, 'Write the guide')
    },
    shows: 'need another value',
  },
  {
    name: 'policy',
    person: 'Sam',
    path: '/guide/policy',
    title: 'A policy that opens less than it seems to',
    act: async (page) => {
      const statement = { Effect: 'Allow', Action: 'rds:connect', Resource: '*' }
      await page
        .getByLabel('Policy')
        .fill(JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, null, 2))
      await press(page, 'Read it')
    },
    shows: 'What is wrong with it',
  },
  {
    name: 'guide-open',
    person: 'Sam',
    path: '/guide',
    title: 'Every step of a guide at once, and how to take it all away',
    given: newGuide,
    act: async (page) => {
      await writeGuide(page)
      await press(page, 'Open all')
      await press(page, 'Take it all away again')
    },
    shows: 'Take it out of the catalog',
  },
  {
    name: 'certificates-lost',
    person: 'Ada',
    path: '/',
    title: 'Certificates that do not arrive',
    given: lost(/\/api\/ca$/),
    complains: /ERR_FAILED/,
    act: (page) => goTo(page, 'Certificates'),
    shows: 'The certificates could not be loaded',
  },
  {
    name: 'who',
    person: 'Ada',
    path: '/',
    title: 'A portal that cannot say who one is',
    ...UNWELL,
    act: reload,
    shows: 'The portal did not say who you are',
  },
  {
    name: 'offline',
    person: 'Ada',
    path: '/',
    title: 'A browser without a network',
    ...OFFLINE,
    act: looksAgain,
    shows: 'You are offline',
  },
  {
    name: 'tunnel',
    person: 'Ada',
    path: '/db/orders',
    title: 'Connect through a tunnel',
    given: forgets('tunnel.orders.writer'),
    act: (page) => throughTunnel(page),
    shows: 'The token stays signed for',
  },
  {
    name: 'tunnel-refused',
    person: 'Ada',
    path: '/db/orders',
    title: 'A client that cannot go through this tunnel',
    given: forgets('tunnel.orders.writer', 'system', 'shell.windows'),
    act: async (page) => {
      await throughTunnel(page)
      await page.getByLabel('Operating system').selectOption('windows')
      await page.getByLabel('Shell').selectOption('cmd')
    },
    shows: 'give the tunnel as an IP address',
  },
  {
    name: 'broken',
    person: 'Ada',
    path: '/',
    title: 'A page whose code does not arrive',
    given: lost(/\/assets\//),
    complains: /ERR_FAILED/,
    act: (page) => goTo(page, 'Certificates'),
    shows: 'This page could not be loaded',
  },
  // The last one, since nobody is signed in after it.
  {
    name: 'session-ended',
    person: 'Tom',
    path: '/',
    title: 'A session that ended elsewhere',
    given: signedOutElsewhere,
    act: (page) => goTo(page, 'My access'),
    shows: 'Your session ended',
  },
]

async function throughTunnel(page: Page): Promise<void> {
  await getToken(page)
  await page.getByLabel('Through a tunnel').check()
  await page.getByLabel('Host of the tunnel').fill('bastion.example.com')
}

async function openKeys(page: Page): Promise<void> {
  await press(page, /^account and settings/i)
  await page.getByRole('link', { name: 'My keys' }).click()
}

/** Through the provider once more, which has to see the person. */
async function makeKey(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Sign in again' }).click()
  await page.locator('button', { hasText: 'Li Wei' }).click()
  await press(page, 'New key')
  await page.getByLabel('What is it for?').fill('laptop')
  await press(page, 'Make the key')
}

async function reload(page: Page): Promise<void> {
  await page.reload()
  await settle(page)
}

/** The browser's clock, as fast as a test wants it. */
const LATER = `{
  const now = Date.now.bind(Date)
  window.later = 0
  Date.now = () => now() + window.later
}`
