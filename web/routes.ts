import type { ConnectionWish } from '../server/contract/connection.ts'
import { Router, type Audience, type Route } from './lib/router.svelte.ts'
import MissingPage from './pages/missing/MissingPage.svelte'

/** A function per link, so that no page spells an address itself. */
export const links = {
  databases: () => '/',
  database: (name: string) => `/db/${encodeURIComponent(name)}`,
  access: () => '/access',
  requests: (view = '') => (view ? `/requests?view=${view}` : '/requests'),
  request: (id: string) => `/requests/${encodeURIComponent(id)}`,
  account: () => '/account',
  keys: () => '/keys',
  audit: (query = '') => (query ? `/audit?${query}` : '/audit'),
  /** All that the log has of a request. */
  story: (request: string) => `/audit?request=${encodeURIComponent(request)}&event=newest`,
  map: () => '/map',
  whatIf: (groups: readonly string[]) =>
    `/map?${new URLSearchParams({ view: 'what-if', groups: groups.join(',') })}`,
  health: () => '/health',
  setup: () => '/setup',
  /** Filled from a database that was found in RDS, by its ARN. */
  policy: () => '/guide/policy',
  guide: (from = '') => (from ? `/guide?from=${encodeURIComponent(from)}` : '/guide'),
  certificates: () => '/certificates',
  signIn: (back: string) =>
    back === '/' ? '/signin' : `/signin?return=${encodeURIComponent(back)}`,
  /** The server's: a full navigation that starts the sign-in. */
  login: (back: string) => `/auth/login?returnTo=${encodeURIComponent(back)}`,
  /** The same, and the provider has to see the person itself. */
  loginAgain: (back: string) => `/auth/login?again=yes&returnTo=${encodeURIComponent(back)}`,
  /** The server's too: files. */
  checkpoint: () => '/api/audit/checkpoint',
  helper: () => '/helper/latchkey',
  helperForWindows: () => '/helper/latchkey.ps1',
  verifier: () => '/api/audit/verifier',
  clientKit: (grant: string, wish: ConnectionWish) =>
    `/api/grants/${encodeURIComponent(grant)}/kit?${new URLSearchParams(wish)}`,
  mapFile: (format: 'csv' | 'json', filter: string) =>
    `/api/access-map/export.${format}${filter && `?${filter}`}`,
  caFile: (region: string, format = 'pem') => `/api/ca/${region}.${format}`,
}

const page = (path: string, audience: Audience, load: Route['load']): Route => ({
  path,
  audience,
  load,
})

export const router = new Router(
  [
    page('/', 'person', () => import('./pages/databases/DatabasesPage.svelte')),
    page('/db/:name', 'person', () => import('./pages/database/DatabasePage.svelte')),
    page('/access', 'person', () => import('./pages/access/AccessPage.svelte')),
    page('/requests', 'person', () => import('./pages/requests/RequestsPage.svelte')),
    page('/requests/:id', 'person', () => import('./pages/request/RequestPage.svelte')),
    page('/account', 'person', () => import('./pages/account/AccountPage.svelte')),
    page('/keys', 'person', () => import('./pages/keys/KeysPage.svelte')),
    page('/keys/connect', 'person', () => import('./pages/keys/ConnectPage.svelte')),
    page('/certificates', 'person', () => import('./pages/certificates/CertificatesPage.svelte')),
    page('/audit', 'auditor', () => import('./pages/audit/AuditPage.svelte')),
    page('/map', 'administrator', () => import('./pages/map/MapPage.svelte')),
    page('/health', 'administrator', () => import('./pages/health/HealthPage.svelte')),
    page('/setup', 'administrator', () => import('./pages/setup/SetupPage.svelte')),
    page('/guide/policy', 'administrator', () => import('./pages/policy/PolicyPage.svelte')),
    page('/guide', 'administrator', () => import('./pages/guide/GuidePage.svelte')),
    page('/signin', 'everyone', () => import('./pages/signin/SignInPage.svelte')),
    page('/signin/error', 'everyone', () => import('./pages/signin/SignInErrorPage.svelte')),
    page('/signed-out', 'everyone', () => import('./pages/signin/SignedOutPage.svelte')),
  ],
  page('*', 'person', () => Promise.resolve({ default: MissingPage })),
)
