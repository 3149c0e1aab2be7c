import type { Grant } from '../../server/contract/grant.ts'
import type { AccessRequest, RequestPage } from '../../server/contract/request.ts'

export const aGrant = (over: Partial<Grant> = {}): Grant => ({
  id: 'g-1',
  requestId: 'r-1',
  team: 'payments',
  database: 'orders',
  user: 'orders_reader',
  reason: null,
  startsAt: '2026-11-25T12:00:00.000Z',
  endsAt: '2026-11-25T13:00:00.000Z',
  endedAt: null,
  emergency: false,
  ended: null,
  endReason: null,
  state: 'active',
  usable: true,
  blocked: null,
  ...over,
})

export const aRequest = (over: Partial<AccessRequest> = {}): AccessRequest => ({
  id: 'r-1',
  person: { id: 'p-1', name: 'Ada Marín', email: 'ada@example.com', subject: '…son-1001' },
  mine: false,
  team: 'payments',
  database: 'orders',
  environment: 'production',
  user: 'orders_writer',
  seconds: 3600,
  reason: 'INC-4821',
  emergency: false,
  startsAt: null,
  createdAt: '2026-11-25T12:00:00.000Z',
  lapsesAt: '2026-11-26T12:00:00.000Z',
  closedAt: null,
  state: 'pending',
  approvals: { have: 0, need: 1 },
  grant: null,
  waitsForMe: true,
  ...over,
})

type Over = Partial<Omit<RequestPage, 'request' | 'may'>> & {
  request?: Partial<AccessRequest>
  may?: Partial<RequestPage['may']>
}

/** A request that waits for whoever looks at it. */
export const aPage = ({ request, may, ...over }: Over = {}): RequestPage => ({
  now: '2026-11-25T12:01:00.000Z',
  request: aRequest(request),
  version: 'v-1',
  opens: {
    engine: 'postgres',
    account: '111122223333',
    region: 'eu-west-1',
    dbname: 'orders',
    description: null,
    endpoints: [],
    longest: 3600,
    approvers: ['payments-leads'],
  },
  happenings: [],
  held: [],
  may: { decide: true, withdraw: false, end: false, revoke: false, review: false, ...may },
  whyNot: null,
  typeName: true,
  closing: null,
  ...over,
})
