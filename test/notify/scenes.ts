import type { Message } from '../../server/core/access/message.ts'
import { accessStore } from '../../server/store/access.ts'
import type { Store } from '../../server/store/store.ts'
import { signIn } from '../store/store.ts'

export const PUBLIC_URL = 'https://latchkey.example.com'

/** Nobody is told by mail unless a test says so; the webhook of the portal alone. */
export const webhookOnly = () => ({ channels: ['webhook:default'], mail: false })

export const aText = (over: Partial<Message['text']> = {}): Message['text'] => ({
  asker: 'Ada Marín',
  team: 'payments',
  database: 'orders',
  environment: 'production',
  user: 'orders_writer',
  seconds: 5400,
  reason: 'OPS-7: refund',
  by: null,
  comment: null,
  ...over,
})

/** A request in the store, and a message about it in the outbox. */
export async function aMessage(store: Store, over: Partial<Message> = {}): Promise<Message> {
  const { actor } = await signIn(store, { subject: 'asker', groups: [], email: null })
  return accessStore(store).transaction(async (tx) => {
    const { id } = await tx.approvedRequest({
      personId: actor.personId,
      team: 'payments',
      database: 'orders',
      user: 'orders_writer',
      seconds: 5400,
      reason: null,
      emergency: false,
      startsAt: null,
    })
    const message: Message = {
      topic: 'request.waiting',
      requestId: id,
      to: { groups: [], people: [], except: [] },
      text: aText(),
      ...over,
    }
    await tx.tell(message)
    return message
  })
}

/** Lets the wait of everything that is to be tried again be over. */
export const letTimePass = (store: Store) =>
  store.pool.query('UPDATE delivery SET next_at = clock_timestamp() WHERE next_at IS NOT NULL')

/** As it is kept, for reading. */
export async function deliveriesOf(store: Store, requestId?: string) {
  const { rows } = await store.pool.query<{
    channel: string
    attempts: number
    done: boolean
    given_up: boolean
    last_error: string | null
    wait: number | null
  }>(
    `SELECT d.channel, d.attempts, d.done_at IS NOT NULL AS done, d.done_at IS NULL AND d.next_at IS NULL AS given_up,
            d.last_error, round(extract(epoch FROM d.next_at - clock_timestamp()))::int AS wait
       FROM delivery d JOIN outbox o ON o.id = d.outbox_id
      WHERE $1::uuid IS NULL OR o.request_id = $1 ORDER BY o.created_at, d.channel`,
    [requestId ?? null],
  )
  return rows
}
