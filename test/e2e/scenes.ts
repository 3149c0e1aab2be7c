import type { Page } from 'playwright-core'

/** Every page, in the state worth looking at: walked by axe, photographed for the guide. */
export type Scene = {
  name: string
  /** Given name of the one who looks; nobody is signed in without. */
  person?: string
  path: string
  title: string
  /** What to do once there. */
  act?: (page: Page) => Promise<void>
}

export const SCENES: readonly Scene[] = [
  { name: 'sign-in', path: '/signin', title: 'Sign in' },
  {
    name: 'sign-in-refused',
    path: '/signin/error?code=groups_unresolved&ref=5d1c2e7a-9e40-4b0b-8f6e-4c590b7d5a34',
    title: 'A sign-in that was refused, and why',
  },
  { name: 'signed-out', path: '/signed-out', title: 'Signed out' },
  { name: 'databases', person: 'Ada', path: '/', title: 'Databases' },
  { name: 'nothing', person: 'Noor', path: '/', title: 'Nothing to reach' },
  { name: 'ask', person: 'Ada', path: '/db/orders-staging', title: 'Ask for access' },
  { name: 'connect', person: 'Ada', path: '/db/orders', title: 'Connect', act: getToken },
  { name: 'access', person: 'Ada', path: '/access', title: 'My access' },
  {
    name: 'end-access',
    person: 'Ada',
    path: '/access',
    title: 'End access, and what that does not do',
    act: (page) =>
      page
        .getByRole('button', { name: /end access/i })
        .first()
        .click(),
  },
  { name: 'account', person: 'Ada', path: '/account', title: 'My account' },
  { name: 'certificates', person: 'Ada', path: '/certificates', title: 'Certificates' },
  { name: 'audit', person: 'Noor', path: '/audit', title: 'Audit log' },
  { name: 'setup', person: 'Sam', path: '/setup', title: 'Set-up' },
  { name: 'missing', person: 'Ada', path: '/db/payroll', title: 'Absent, or not yours' },
]

/** On a database's page: opens access where there is none, and gets a token. */
export async function getToken(page: Page): Promise<void> {
  const getAccess = page.getByRole('button', { name: 'Get access' })
  const token = page.getByRole('button', { name: /^get token/i })
  await getAccess.or(token).first().waitFor()
  if (await getAccess.isVisible()) await getAccess.click()
  await token.click()
  await page.getByRole('timer').waitFor()
}

/** When nothing moves any more. */
export async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle')
  await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' })
}
