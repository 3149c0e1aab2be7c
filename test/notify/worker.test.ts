import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Webhook } from 'standardwebhooks'
import { planChannels } from '../../server/core/notification/channel.ts'
import {
  type ChannelSettings,
  configuredOf,
  makeSend,
  type Send,
} from '../../server/notify/senders.ts'
import { makeNotifier, type Notifier } from '../../server/notify/worker.ts'
import { outbox } from '../../server/store/outbox.ts'
import { openStore, type Store } from '../../server/store/store.ts'
import { signIn, useStore } from '../store/store.ts'
import { type MailServer, startMailServer } from './mail-server.ts'
import { answers, type Receiver, silent, startReceiver, well } from './receiver.ts'
import { aMessage, deliveriesOf, letTimePass, PUBLIC_URL } from './scenes.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const PATIENT = { timeout: 15_000 }
const used = useStore()
let other: Store
let hook: Receiver
let slack: Receiver
let team: Receiver
let mail: MailServer
let logged: string[]
let notifier: Notifier

beforeAll(() => {
  other = openStore(used.url)
})
afterAll(() => other?.close())
beforeEach(async () => {
  await used.store.pool.query('DELETE FROM outbox')
  ;[hook, slack, team, mail] = await Promise.all([
    startReceiver(),
    startReceiver(),
    startReceiver(),
    startMailServer(),
  ])
  logged = []
  notifier = aNotifier()
})
afterEach(async () => {
  await notifier.stop()
  await Promise.all([hook.down(), slack.down(), team.down(), mail.close()])
})

/** The worker as `main` makes it, with every channel there is. */
function aNotifier(
  store = used.store,
  over: Partial<ChannelSettings> = {},
  around: (send: Send) => Send = (send) => send,
): Notifier {
  const settings: ChannelSettings = {
    publicUrl: PUBLIC_URL,
    webhook: `${hook.url}/hook?key=hunter5`,
    webhookSecrets: [SECRET],
    slack: `${slack.url}/services/T0/B0/hunter6`,
    mail: {
      url: mail.url.replace('//', '//mailer:hunter7@'),
      from: 'Latchkey <latchkey@example.com>',
    },
    teamWebhook: (name) => (name === 'payments' ? `${team.url}/payments` : null),
    now: () => new Date(),
    ...over,
  }
  const payments = {
    name: 'payments',
    groups: [],
    roles: [],
    notify: { webhook: 'https://team.example.com/payments', email: 'leads@example.com' },
  }
  const catalog = { teams: new Map([['payments', payments]]) }
  return makeNotifier({
    outbox: outbox(store),
    plan: (message) => planChannels(configuredOf(settings), catalog, message.team),
    send: around(makeSend(settings)),
    warn: (details, message) => void logged.push(JSON.stringify({ details, message })),
  })
}

const work = async (worker = notifier) => {
  await worker.round()
  await worker.idle()
}
/** The ids that a receiver got, with their number; every one of them verified. */
const idsAt = ({ received }: Receiver) => {
  const counts = new Map<string, number>()
  for (const { headers, body } of received) {
    new Webhook(SECRET).verify(body, headers as Record<string, string>)
    const id = headers['webhook-id'] as string
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}
const undone = async () => (await deliveriesOf(used.store)).filter(({ done }) => !done)

test('a message reaches every channel, each person and the team, once', async () => {
  const { actor } = await signIn(used.store, {
    subject: 'lead',
    groups: ['leads'],
    email: 'lead@example.com',
  })
  const { requestId } = await aMessage(used.store, {
    to: { groups: ['leads'], people: [actor.personId], except: [] },
  })

  await work()
  await letTimePass(used.store)
  await work()

  expect([...idsAt(hook).values()]).toEqual([1])
  expect([...idsAt(team).keys()]).toEqual([...idsAt(hook).keys()])
  expect(slack.received).toHaveLength(1)
  expect(slack.received[0]!.body).toContain(`${PUBLIC_URL}/requests/${requestId}`)
  expect(mail.mails.map(({ to }) => to[0]).sort()).toEqual([
    'lead@example.com',
    'leads@example.com',
  ])
  expect(await undone()).toEqual([])
  expect(logged).toEqual([])
})

describe('a receiver that', () => {
  test.each<[string, () => unknown, string]>([
    ['answers 500', () => void (hook.manner = answers(500)), 'http_500'],
    ['redirects', () => void (hook.manner = answers(307, { location: slack.url })), 'http_307'],
    ['is slow', () => void (hook.manner = silent), 'timeout'],
    ['is down', () => hook.down(), 'ECONNREFUSED'],
  ])('%s gets it once it is well, and holds up nobody', async (_what, spoil, code) => {
    await spoil()
    await aMessage(used.store)
    await work()

    expect(await undone()).toMatchObject([
      { channel: 'webhook:default', attempts: 1, last_error: code },
    ])
    expect(slack.received).toHaveLength(1)
    expect(mail.mails).toHaveLength(1)

    // Before its time nobody tries again.
    await work()
    expect(await undone()).toMatchObject([{ attempts: 1 }])

    if (code === 'ECONNREFUSED') await hook.up()
    hook.manner = well
    const failed = hook.received.length
    await letTimePass(used.store)
    await work()
    expect(await undone()).toEqual([])
    expect(hook.received).toHaveLength(failed + 1)
    expect(idsAt(hook).size).toBe(1)
    expect(slack.received).toHaveLength(1)
  })

  test('hangs takes no turn of the others, round after round', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    let hanging = 0
    const worker = aNotifier(used.store, {}, (send) => async (delivery, signal) => {
      if (delivery.channel !== 'webhook:default') return send(delivery, signal)
      hanging++
      await gate
    })
    for (let i = 0; i < 12; i++) await aMessage(used.store)

    await worker.round()
    await expect.poll(() => slack.received.length, PATIENT).toBe(12)
    await expect.poll(() => mail.mails.length, PATIENT).toBe(12)
    await aMessage(used.store)
    await worker.round()
    await expect.poll(() => slack.received.length, PATIENT).toBe(13)
    expect(hanging).toBe(4)

    release()
    await worker.idle()
    expect(hanging).toBe(13)
    await worker.stop()
  })
})

test('a mail server that drops gets it once it is well', async () => {
  mail.mood = 'drops at data'
  await aMessage(used.store)
  await work()
  expect(await undone()).toMatchObject([{ channel: 'email:leads@example.com', attempts: 1 }])
  expect(hook.received).toHaveLength(1)

  mail.mood = 'well'
  await letTimePass(used.store)
  await work()
  expect(mail.mails).toHaveLength(1)
  expect(await undone()).toEqual([])
})

test('two workers at once, and receivers that fail at random: everything arrives, and nothing twice', async () => {
  const second = aNotifier(other)
  let calls = 0
  // Whoever fails says so before taking the message: what arrived is what was answered with 200.
  const arrived: string[] = []
  const sometimes: Receiver['manner'] = (response, { headers }) => {
    if (++calls % 3 === 0) return answers(503)(response, { path: '', headers, body: '' })
    arrived.push(headers['webhook-id'] as string)
    setTimeout(() => response.end(), calls % 20)
  }
  hook.manner = sometimes
  for (let i = 0; i < 60; i++) await aMessage(used.store)

  for (let round = 0; round < 30 && (round === 0 || (await undone()).length > 0); round++) {
    await letTimePass(used.store)
    await Promise.all([work(notifier), work(second)])
  }

  expect(await undone()).toEqual([])
  expect(arrived).toHaveLength(60)
  expect(new Set(arrived).size).toBe(60)
  expect(idsAt(hook).size).toBe(60)
  expect([...idsAt(team).values()]).toEqual(Array.from({ length: 60 }, () => 1))
  expect(slack.received).toHaveLength(60)
  expect(mail.mails).toHaveLength(60)
  await second.stop()
})

test('a worker that is gone in the midst: another delivers under the same id', async () => {
  await aMessage(used.store)
  let cut = false
  const gone = makeNotifier({
    outbox: { ...outbox(used.store), done: () => Promise.reject(new Error('gone')) },
    plan: () => ({ channels: ['webhook:default'], mail: false }),
    send: makeSend({
      publicUrl: PUBLIC_URL,
      webhook: hook.url,
      webhookSecrets: [SECRET],
      teamWebhook: () => null,
      now: () => new Date(),
    }),
    warn: () => (cut = true),
  })
  await work(gone)
  expect(cut).toBe(true)
  expect(await undone()).toMatchObject([{ attempts: 1, last_error: null }])

  await work()
  expect(hook.received).toHaveLength(1)
  await letTimePass(used.store)
  await work()
  expect([...idsAt(hook).values()]).toEqual([2])
  expect(await undone()).toEqual([])
})

test('what lacks its settings fails where it is seen, and goes on once they are there', async () => {
  const poor = aNotifier(used.store, { webhookSecrets: [], mail: undefined, webhook: undefined })
  await aMessage(used.store)
  await work(poor)
  expect(await outbox(used.store).failing(10)).toMatchObject([
    { channel: 'email:leads@example.com', lastError: 'not_configured' },
    { channel: 'team-webhook:payments', lastError: 'not_configured' },
  ])

  await letTimePass(used.store)
  await work()
  expect(await undone()).toEqual([])
  await poor.stop()
})

test('nothing secret, nobody’s words and no address is in what is logged and kept', async () => {
  hook.manner = answers(500)
  slack.manner = answers(404)
  team.manner = (response) => void response.socket?.destroy()
  mail.mood = 'refuses people'
  await aMessage(used.store)
  await work()

  expect(logged).toHaveLength(4)
  const kept = JSON.stringify(await outbox(used.store).failing(10))
  expect(`${logged.join()}${kept}`).toMatch(/http_500.*smtp_550/s)
  for (const secret of [/hunter/, /whsec/, /secret words/, /127\.0\.0\.1/, /OPS-7/, /services/])
    expect(`${logged.join()}${kept}`).not.toMatch(secret)
  expect(logged.join()).not.toContain('leads@example.com')
})

test('a stop begins nothing new, cuts what hangs, and loses nothing', async () => {
  hook.manner = silent
  for (let i = 0; i < 6; i++) await aMessage(used.store)
  await notifier.round()
  await expect.poll(() => hook.received.length, PATIENT).toBe(4)

  await notifier.stop()
  await work()
  expect(hook.received).toHaveLength(4)
  const hung = (await undone()).filter(({ channel }) => channel === 'webhook:default')
  // Where the machine is very busy, the time of some was up just before.
  expect(hung.filter(({ last_error }) => /stopped|timeout/.test(last_error ?? ''))).toHaveLength(4)
  expect(hung.filter(({ attempts }) => attempts === 0)).toHaveLength(2)

  hook.manner = well
  await letTimePass(used.store)
  const next = aNotifier(other)
  await work(next)
  expect(await undone()).toEqual([])
  expect(idsAt(hook).size).toBe(6)
  await next.stop()
})

test('a database that is away is said, and ends no round for good', async () => {
  await aMessage(used.store)
  const away = openStore('postgres://nobody@127.0.0.1:1/nowhere')
  const lost = aNotifier(away)
  await expect(lost.round()).rejects.toMatchObject({ code: 'unavailable' })
  await lost.stop()
  await away.close()
  await work()
  expect(hook.received).toHaveLength(1)
})
