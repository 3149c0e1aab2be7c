import type {
  AuditChoices,
  AuditHistogram,
  AuditPage,
  AuditStory,
  FoundPeople,
} from '../../server/contract/audit.ts'
import type { MapChoices, MapPage, Preview, WhatIf } from '../../server/contract/access-map.ts'
import type { AuditStatus } from '../../server/contract/audit-proof.ts'
import type { CaBundle, CaContents } from '../../server/contract/ca.ts'
import type { Connection, ConnectionWish } from '../../server/contract/connection.ts'
import type { CaOffers } from '../../server/contract/ca-offer.ts'
import type { Diagnosis, DiagnosisWish } from '../../server/contract/diagnosis.ts'
import type { HealthOfDatabase, HealthOverview } from '../../server/contract/health.ts'
import type { PolicyReading } from '../../server/contract/policy.ts'
import type { Problem } from '../../server/contract/problem.ts'
import type { Probes } from '../../server/contract/probe.ts'
import type { Databases } from '../../server/contract/database.ts'
import type { Grant, Grants, Submission } from '../../server/contract/grant.ts'
import type { Guide, GuideChoices, GuideWish } from '../../server/contract/guide.ts'
import type { Inventory } from '../../server/contract/inventory.ts'
import type { Key, KeyCode, Keys, MadeKey } from '../../server/contract/key.ts'
import type { Account, Me, SignedOut } from '../../server/contract/me.ts'
import type {
  Ended,
  PersonEnded,
  RequestPage,
  Requests,
  RequestsWish,
  Waiting,
} from '../../server/contract/request.ts'
import type { Setup } from '../../server/contract/setup.ts'
import type { Token, TokenWish } from '../../server/contract/token.ts'
import { clock } from './clock.svelte.ts'
import { presence } from './presence.ts'

/** The portal answered, and the answer is no. Its words are meant for the person. */
export class Refusal extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** There was no answer that could be read: offline, a proxy in between, or the portal is down. */
export class Unreachable extends Error {}

/** A mint may try STS three times, so it is given longer than any page. */
const PATIENCE = 30_000

let unauthenticated = () => {}

/** Called whenever the portal says that nobody is signed in. */
export function onUnauthenticated(listener: () => void) {
  unauthenticated = listener
}

export const api = {
  me: () => call<Me>('/api/me'),
  account: () => call<Account>('/api/me/account'),
  databases: () => call<Databases>('/api/databases'),
  database: (name: string) => call<Databases>(`/api/databases/${encodeURIComponent(name)}`),
  submit: (submission: Submission) => call<RequestPage>('/api/requests', submission),
  requests: (wish: RequestsWish) => call<Requests>(`/api/requests?${new URLSearchParams(wish)}`),
  waiting: () => call<Waiting>('/api/requests/waiting'),
  request: (id: string) => call<RequestPage>(requestPath(id)),
  approve: (id: string, version: string, comment?: string) =>
    call<RequestPage>(`${requestPath(id)}/approve`, comment ? { version, comment } : { version }),
  deny: (id: string, version: string, comment: string) =>
    call<RequestPage>(`${requestPath(id)}/deny`, { version, comment }),
  withdraw: (id: string) => call<RequestPage>(`${requestPath(id)}/withdraw`, {}),
  grants: () => call<Grants>('/api/grants'),
  endGrant: (id: string) => call<Grant>(`/api/grants/${id}/end`, {}),
  revoke: (grant: string, reason: string) =>
    call<RequestPage>(`/api/grants/${grant}/revoke`, { reason }),
  review: (grant: string, comment: string) =>
    call<RequestPage>(`/api/grants/${grant}/review`, { comment }),
  keys: () => call<Keys>('/api/keys'),
  makeKey: (name: string, seconds: number) => call<MadeKey>('/api/keys', { name, seconds }),
  endKey: (id: string) => call<Key>(`/api/keys/${id}/end`, {}),
  allowKey: (name: string, seconds: number, challenge: string) =>
    call<KeyCode>('/api/key-codes', { name, seconds, challenge }),
  endAccessOfPerson: (id: string, reason: string) =>
    call<PersonEnded>(`/api/people/${id}/end-access`, { reason }),
  endAccessToDatabase: (name: string, reason: string) =>
    call<Ended>(`/api/databases/${encodeURIComponent(name)}/end-access`, { reason }),
  connection: (grant: string, wish: ConnectionWish) =>
    call<Connection>(`/api/grants/${grant}/connection?${new URLSearchParams(wish)}`),
  token: (grant: string, wish: TokenWish) => call<Token>(`/api/grants/${grant}/tokens`, wish),
  diagnose: (grant: string, wish: DiagnosisWish) =>
    call<Diagnosis>(`/api/grants/${grant}/diagnosis`, wish),
  /** The query is that of the page's address, as the contract names its parts. */
  auditEvents: (query: string) => call<AuditPage>(`/api/audit/events?${query}`),
  auditHistogram: (query: string) => call<AuditHistogram>(`/api/audit/histogram?${query}`),
  auditStory: (id: string) => call<AuditStory>(`/api/audit/events/${id}`),
  auditChoices: () => call<AuditChoices>('/api/audit/choices'),
  auditPeople: (text: string) =>
    call<FoundPeople>(`/api/audit/people?${new URLSearchParams({ text })}`),
  auditStatus: () => call<AuditStatus>('/api/audit/status'),
  verify: () => call<unknown>('/api/audit/verifications', {}),
  ownEvents: (before?: string) =>
    call<AuditPage>(`/api/me/events?limit=20${before ? `&before=${before}` : ''}`),
  /** The query is that of the page's address, as the contract names its parts. */
  accessMap: (query: string) => call<MapPage>(`/api/access-map?${query}`),
  mapChoices: () => call<MapChoices>('/api/access-map/choices'),
  whatIf: (groups: readonly string[]) =>
    call<WhatIf>(
      `/api/access-map/what-if?${new URLSearchParams(groups.map((group) => ['groups', group]))}`,
    ),
  previewCatalog: (catalog: string) => call<Preview>('/api/access-map/preview', { catalog }),
  setup: () => call<Setup>('/api/setup'),
  inventory: () => call<Inventory>('/api/setup/inventory'),
  readRds: () => call<unknown>('/api/setup/inventory', {}),
  probes: () => call<Probes>('/api/setup/probes'),
  caOffers: () => call<CaOffers>('/api/setup/ca'),
  offerCa: (pem: string) => call<CaOffers>('/api/setup/ca', { pem }),
  refreshCa: () => call<CaOffers>('/api/setup/ca/refresh', {}),
  acceptCa: (id: string) => call<CaOffers>(`/api/setup/ca/${id}/accept`, {}),
  refuseCa: (id: string) => call<CaOffers>(`/api/setup/ca/${id}/refuse`, {}),
  health: () => call<HealthOverview>('/api/setup/health'),
  healthOf: (database: string) => call<HealthOfDatabase>(healthPath(database)),
  checkHealth: (database: string) => call<unknown>(healthPath(database), {}),
  lookAtDatabases: () => call<unknown>('/api/setup/probes', {}),
  guideChoices: () => call<GuideChoices>('/api/setup/guide/choices'),
  guide: (wish: GuideWish) => call<Guide>('/api/setup/guide', wish),
  readPolicy: (text: string) => call<PolicyReading>('/api/setup/policy', { text }),
  caBundles: () => call<CaBundle[]>('/api/ca'),
  caContents: (region: string) => call<CaContents>(`/api/ca/${region}/certificates`),
  signOut: () => call<SignedOut>('/auth/logout', {}),
}

const healthPath = (database: string) => `/api/setup/health/${encodeURIComponent(database)}`
const requestPath = (id: string) => `/api/requests/${encodeURIComponent(id)}`

/** GET without a body, POST with one. Throws `Refusal` or `Unreachable`, nothing else. */
async function call<T>(path: string, body?: object): Promise<T> {
  const { response, answer } = await ask(path, body)
  if (response.ok) {
    if (hasNow(answer)) clock.sync(answer.now)
    return answer as T
  }
  if (response.status === 401) unauthenticated()
  if (isProblem(answer)) throw new Refusal(answer)
  throw new Unreachable(`The portal answered ${response.status}.`)
}

/** Tells the portal that no person asked: it does not count as use of the session. */
const UNATTENDED = { 'x-latchkey-background': '1' }

async function ask(path: string, body?: object) {
  try {
    const response = await fetch(path, {
      method: body ? 'POST' : 'GET',
      headers: body
        ? { accept: 'application/json', 'content-type': 'application/json' }
        : { accept: 'application/json', ...(!presence.isHere() && UNATTENDED) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE),
    })
    const answer: unknown = await response.json()
    return { response, answer }
  } catch (cause) {
    throw new Unreachable('The portal is not answering.', { cause })
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const hasNow = (value: unknown): value is { now: string } =>
  isObject(value) && typeof value.now === 'string'

const isProblem = (value: unknown): value is Problem =>
  isObject(value) && typeof value.detail === 'string' && typeof value.code === 'string'
