import type { HealthOfDatabase, HealthOverview } from '../../../server/contract/health.ts'
import type { Tone } from '../../ui/Badge.svelte'

export type Glance = HealthOverview['databases'][number]
export type Finding = HealthOfDatabase['findings'][number]
export type Step = Finding['steps'][number]

/** What each step asks, in the words of the page. A step that is newer than the page is named by its id. */
const STEPS: Record<string, string> = {
  inventory: 'Known to AWS as the catalog has it',
  iam: 'IAM authentication is on',
  dns: 'The name has an address',
  tcp: 'The port is open',
  tls: 'Certificate: name and end',
  ca: 'The CA bundle proves it',
  role: 'The role lets the portal in',
  'external-id': 'Nobody without the external id',
  'source-identity': 'Nobody without a source identity',
  'session-policy': 'The session is narrowed',
  clock: 'The clocks agree',
  token: 'A token is signed',
  login: 'The database lets the token in',
  membership: 'The database user takes tokens',
}
export const stepName = (id: string) => STEPS[id] ?? id

export const STATES: Record<Step['state'], { tone: Tone; text: string }> = {
  ok: { tone: 'success', text: 'ok' },
  warning: { tone: 'warning', text: 'warning' },
  failed: { tone: 'danger', text: 'failed' },
  skipped: { tone: 'neutral', text: 'not run' },
  cannot: { tone: 'neutral', text: 'not from here' },
}

export const OUTCOMES: Record<Glance['outcome'], { tone: Tone; text: string }> = {
  ok: { tone: 'success', text: 'works' },
  warning: { tone: 'warning', text: 'works, with a warning' },
  failed: { tone: 'danger', text: 'fails' },
  cannot: { tone: 'neutral', text: 'not all could be checked' },
  unchecked: { tone: 'neutral', text: 'not checked yet' },
}
