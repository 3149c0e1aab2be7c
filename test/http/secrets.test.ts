import { randomBytes, randomUUID } from 'node:crypto'
import { format } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeSignToken } from '../../server/aws/signer.ts'
import { makeAssumeRole } from '../../server/aws/sts.ts'
import { makeAccess } from '../../server/core/access/index.ts'
import { ocsfEvent } from '../../server/core/audit/ocsf.ts'
import { makeSend } from '../../server/notify/senders.ts'
import { makeNotifier } from '../../server/notify/worker.ts'
import { accessStore } from '../../server/store/access.ts'
import { mintStore } from '../../server/store/mint.ts'
import { outbox } from '../../server/store/outbox.ts'
import { sealedEvents } from '../../server/store/sealed-events.ts'
import { sessionStore } from '../../server/store/session.ts'
import type { Store } from '../../server/store/store.ts'
import { SECRETS } from '../audit/secrets.ts'
import { aMessage } from '../notify/scenes.ts'
import { startReceiver } from '../notify/receiver.ts'
import { asSuperuser } from '../store/audit-scenes.ts'
import { sealAll } from '../store/sealed.ts'
import { CALLBACK, useSignIn } from '../sso/portal.ts'
import { routesOf } from './declared.ts'
import { unzip } from './unzip.ts'
import { HOST, openGrant, PUBLIC_URL, usePortal } from './portal.ts'

/** What STS gave, while the tests ran. */
const fromSts: string[] = []
const portal = usePortal((used) => {
  const { store } = used
  const assumeRole = makeAssumeRole()
  return {
    access: makeAccess({
      store: accessStore(store),
      mint: mintStore(store),
      sessions: sessionStore(store),
      catalog: () => used.catalog,
      assumeRole: async (wish) => {
        const session = await assumeRole(wish)
        fromSts.push(session.secretAccessKey, session.sessionToken)
        return session
      },
      signToken: makeSignToken(),
      record: store.record,
      newId: randomUUID,
    }),
  }
})

/** All columns of all events. */
async function logText(store: Store): Promise<string> {
  const { rows } = await store.pool.query<{ log: string | null }>(
    `SELECT string_agg(l::text || l.payload, E'\\n') AS log FROM audit.log l`,
  )
  return rows[0]!.log ?? ''
}

/** The same as it leaves the portal: the stream in OCSF, and every export. */
async function givenOut(): Promise<{ stream: string; files: string }> {
  await sealAll(portal.url, portal.signingKey)
  const { events } = await sealedEvents(portal.store.pool, { from: 0, to: 1e6, limit: 1e6 })
  const source = { origin: 'latchkey.example.com/audit/1', version: '1' }
  const stream = events.map((event) => JSON.stringify(ocsfEvent(event, source))).join('\n')
  const cookie = await portal.cookie('auditor')
  const day = (away: number) => new Date(Date.now() + away * 86_400_000).toISOString()
  const files: string[] = []
  for (const path of [
    'export.jsonl',
    'export.csv',
    `evidence.zip?from=${day(-1)}&to=${day(1)}&team=payments`,
  ]) {
    const answer = await portal.call('GET', `/api/audit/${path}`, { cookie })
    expect(answer.statusCode, path).toBe(200)
    const isPack = path.startsWith('evidence')
    files.push(isPack ? Object.values(unzip(answer.rawPayload)).join('\n') : answer.body)
  }
  return { stream, files: files.join('\n') }
}

/** What would be found of a secret, however it was quoted on the way: a run of plain characters from its end. */
const trace = (secret: string) => /[\w/+]{12,}(?=\W*$)/.exec(secret)?.[0].slice(-16) ?? secret

const kinds = Object.values(SECRETS).map((make) => fc.constant(null).map(() => make()))
const secret = fc.oneof(...kinds)
const PLACES = ['path', 'query', 'body', 'cookie', 'header'] as const
const HEADERS = ['authorization', 'user-agent', 'referer', 'x-forwarded-for', 'x-api-key', 'accept']

test('no secret of a request is in the log, in the lines, or in what is answered', async () => {
  const routes = routesOf(portal.app.declaredRoutes).filter(({ url }) => url !== '/api/live')
  const people = await Promise.all(
    (['team', 'administrator', 'approver'] as const).map((kind) => portal.cookie(kind)),
  )
  const traces = new Set<string>()
  const answers: string[] = []
  const planting = fc.record({
    route: fc.constantFrom(...routes),
    place: fc.constantFrom(...PLACES),
    header: fc.constantFrom(...HEADERS),
    cookie: fc.constantFrom(...people, undefined),
    secret,
  })
  await fc.assert(
    fc.asyncProperty(planting, async ({ route, place, header, cookie, secret: planted }) => {
      traces.add(trace(planted))
      const line = planted.replaceAll('\n', '')
      const quoted = encodeURIComponent(planted)
      const filled = route.url.replace(/:\w+|\*/g, () => (place === 'path' ? quoted : randomUUID()))
      const field = Object.keys(
        (route.schemas.body as { properties?: object } | undefined)?.properties ?? { reason: 1 },
      )
      const body: Record<string, unknown> = { team: 'payments', database: 'orders', seconds: 60 }
      const names = field.filter((name) => name !== 'seconds')
      const planting = Object.fromEntries(names.map((name) => [name, line]))
      const answer = await portal.app.inject({
        method: route.method as 'GET',
        url: `${filled}${place === 'query' ? `?code=${quoted}&state=${quoted}&text=${quoted}&returnTo=${quoted}` : ''}`,
        headers: {
          host: HOST,
          ...(route.method !== 'GET' && { origin: PUBLIC_URL, 'sec-fetch-site': 'same-origin' }),
          ...(cookie && { cookie }),
          ...(place === 'cookie' && {
            cookie: `${cookie ?? '__Host-x=1'}; __Host-signin=${quoted}; other=${quoted}`,
          }),
          ...(place === 'header' && { [header]: line }),
        },
        ...(route.method !== 'GET' && {
          payload: place === 'body' ? { ...(names.length === 1 ? {} : body), ...planting } : {},
        }),
      })
      answers.push(answer.body, String(answer.headers.location ?? ''))
    }),
    { numRuns: 150 },
  )

  const { stream, files } = await givenOut()
  expect(stream).toContain('view.refused')
  expect(files).toContain('view.refused')
  const kept =
    (await logText(portal.store)) + portal.lines.join('\n') + answers.join('\n') + stream + files
  expect(kept).toContain('view.refused')
  expect(portal.lines.length).toBeGreaterThan(100)
  const leaks = [...traces].filter((each) => kept.includes(each))
  // With what is around it, to see where it got through.
  expect(
    leaks.map((each) => kept.slice(kept.indexOf(each) - 250, kept.indexOf(each) + 60)),
  ).toEqual([])
}, 240_000)

test('nothing that STS gave is in the log or in the lines, and of a token neither', async () => {
  const cookie = await portal.cookie('team', 'the minter')
  const grant = await openGrant(portal, cookie)
  const url = `/api/grants/${grant}/tokens`
  const answer = await portal.call('POST', url, { cookie, body: { endpoint: 'writer' } })
  expect(answer.statusCode, answer.body).toBe(201)
  const signature = /X-Amz-Signature=(\w{64})/.exec(answer.body)?.[1]

  const { stream, files } = await givenOut()
  const kept = (await logText(portal.store)) + portal.lines.join('\n') + stream + files
  expect(kept).toContain('token.issued')
  expect(signature).toBeDefined()
  expect(fromSts.length).toBeGreaterThan(0)
  for (const given of [...fromSts, signature!]) expect(kept).not.toContain(given.slice(-16))
})

test('nothing of how a channel is set up, and nothing that its other end answers, is in the log, in what waits, or in the lines', async () => {
  const planted = Array.from({ length: 6 }, () => randomBytes(24).toString('base64url'))
  const [inQuery, inPath, inSlack, password, answered, inHeader] = planted
  const receiver = await startReceiver(
    (response) =>
      void response.writeHead(410, { 'x-why': inHeader, location: `/${inHeader}` }).end(answered),
  )
  const settings = {
    publicUrl: PUBLIC_URL,
    webhook: `${receiver.url}/${inPath}?key=${inQuery}`,
    webhookSecrets: [`whsec_${Buffer.from(planted.join('')).toString('base64')}`],
    slack: `${receiver.url}/services/${inSlack}`,
    mail: { url: `smtp://ada:${password}@127.0.0.1:1`, from: 'Latchkey <latchkey@example.com>' },
    teamWebhook: () => null,
    now: () => new Date(),
  }
  const lines: string[] = []
  const notifier = makeNotifier({
    outbox: outbox(portal.store),
    plan: () => ({
      channels: ['webhook:default', 'slack:default', 'email:ada@example.com'],
      mail: false,
    }),
    send: makeSend(settings),
    warn: (details, message) => void lines.push(format('%o %s', details, message)),
  })
  const message = await aMessage(portal.store)
  await notifier.round()
  await notifier.idle()
  // Then for the last time, so that the log tells of it.
  await asSuperuser(portal.url, (client) =>
    client.query('UPDATE delivery SET attempts = 40, next_at = clock_timestamp()'),
  )
  await notifier.round()
  await notifier.idle()
  await receiver.down()
  expect(receiver.received).toHaveLength(4)

  const { rows } = await portal.store.pool.query<{ waits: string }>(
    `SELECT string_agg(d::text, E'\\n') AS waits FROM delivery d`,
  )
  const setup = await portal.call('GET', '/api/setup', {
    cookie: await portal.cookie('administrator'),
  })
  const { stream, files } = await givenOut()
  const log = await logText(portal.store)
  expect(log).toContain('notification.failed')
  expect(log).toContain(message.requestId)
  expect(rows[0]!.waits).toContain('http_410')
  // The mail too, whose server is not there.
  expect(log.match(/,notification\.failed,/g)).toHaveLength(3)
  const kept = [log, rows[0]!.waits, setup.body, stream, files, ...lines, ...portal.lines].join()
  for (const each of [...planted, ...settings.webhookSecrets]) expect(kept).not.toContain(each)
})

const used = useSignIn()
const plant = (where: Set<string>) => {
  const planted = randomBytes(24).toString('base64url')
  where.add(planted)
  return planted
}

test('nothing that the provider answers is in the log or in the lines, but who came', async () => {
  const planted = new Set<string>()
  const tricks = [
    { tokens: (honest: object) => ({ ...honest, more: plant(planted), scope: plant(planted) }) },
    { claims: (honest: object) => ({ ...honest, internal: plant(planted), sid: plant(planted) }) },
    { userinfo: (honest: object) => ({ ...honest, phone_number: plant(planted) }) },
    { tokens: () => ({ error: plant(planted), error_description: plant(planted) }) },
    { idToken: () => `${plant(planted)}.${plant(planted)}.${plant(planted)}` },
    { claims: (honest: object) => ({ ...honest, nonce: plant(planted) }) },
    { claims: (honest: object) => ({ ...honest, aud: plant(planted) }) },
  ]
  const answers: string[] = []
  for (const trick of tricks) {
    used.evil.tricks = trick
    const browser = used.portal.browser()
    const begun = await browser.login()
    const back = used.evil.authorize(String(begun.headers.location))
    const answer = await browser.get(`${CALLBACK}?${back}`)
    answers.push(answer.body, String(answer.headers.location ?? ''))
  }
  // A sign-in that the provider itself refuses, in words of its own.
  const browser = used.portal.browser()
  const begun = await browser.login()
  const state = used.evil.authorize(String(begun.headers.location)).get('state')
  const words = plant(planted)
  const refused = await browser.get(
    `${CALLBACK}?state=${state}&error=${words}&error_description=${words}`,
  )
  answers.push(refused.body, String(refused.headers.location ?? ''))

  const kept = (await logText(used.store)) + used.portal.logged.join('\n') + answers.join('\n')
  expect(kept).toContain('session.started')
  expect(kept).toContain('signin.refused')
  expect(planted.size).toBeGreaterThan(10)
  for (const each of [...planted, ...used.evil.secrets]) expect(kept).not.toContain(each)
})
