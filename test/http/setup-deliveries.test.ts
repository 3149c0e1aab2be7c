import { expect, test } from 'vitest'
import { outbox } from '../../server/store/outbox.ts'
import { aMessage } from '../notify/scenes.ts'
import { usePortal } from './portal.ts'

const portal = usePortal()

test('administrators see which messages do not arrive, where and why; nobody else does', async () => {
  const messages = outbox(portal.store)
  await aMessage(portal.store, { topic: 'emergency.opened' })
  const channels = ['slack:default', 'email:lead@example.com', 'webhook:default']
  await messages.spread(() => ({ channels, mail: false }), 10)
  const [slack] = await messages.claim('slack:default', 1, 60)
  await messages.failed(slack!, { code: 'timeout' })
  const [mail] = await messages.claim('email', 1, 60)
  await messages.failed(mail!, { code: 'address_invalid', permanent: true })

  const answer = await portal.call('GET', '/api/setup', {
    cookie: await portal.cookie('administrator'),
  })

  const since = slack!.createdAt.toISOString()
  expect(answer.statusCode, answer.body).toBe(200)
  expect(answer.json().deliveries).toEqual({
    failing: [
      {
        channel: 'email:lead@example.com',
        topic: 'emergency.opened',
        since,
        attempts: 1,
        lastError: 'address_invalid',
        nextAt: null,
      },
      {
        channel: 'slack:default',
        topic: 'emergency.opened',
        since,
        attempts: 1,
        lastError: 'timeout',
        nextAt: expect.stringMatching(/Z$/),
      },
    ],
  })
  const refused = await portal.call('GET', '/api/setup', { cookie: await portal.cookie('team') })
  expect(refused.statusCode).toBe(404)
  expect(refused.body).not.toContain('lead@example.com')
})
