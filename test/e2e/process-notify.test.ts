import { once } from 'node:events'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answers, type Receiver, startReceiver, well } from '../notify/receiver.ts'
import { aMessage, deliveriesOf } from '../notify/scenes.ts'
import { freePort } from './stage.ts'
import { openWeather, spawnPortal, untilReady, type Weather } from './storm.ts'

const SECRET = `whsec_${Buffer.from('hunter2hunter2hunter2hunter2hun').toString('base64')}`

let weather: Weather
let receiver: Receiver
beforeAll(async () => {
  weather = await openWeather()
  receiver = await startReceiver(answers(500))
})
afterAll(async () => {
  await receiver?.down()
  await weather?.close()
})

test('two portals tell a receiver that failed and healed of everything, each thing once, and say so without a secret', async () => {
  const ports = [await freePort(), await freePort()]
  const portals = ports.map((port) =>
    spawnPortal(weather.lab, `http://localhost:${port}`, port, {
      NOTIFY_WEBHOOK_URL: `${receiver.url}/hook?key=hunter3`,
      NOTIFY_WEBHOOK_SECRET: SECRET,
    }),
  )
  const undone = async () => (await deliveriesOf(weather.store)).filter(({ done }) => !done)
  try {
    await Promise.all(portals.map(untilReady))
    for (let i = 0; i < 20; i++) await aMessage(weather.store)
    await expect.poll(async () => (await undone()).length, { timeout: 30_000 }).toBe(20)
    await expect
      .poll(async () => (await undone()).some(({ last_error }) => last_error === 'http_500'), {
        timeout: 30_000,
      })
      .toBe(true)

    const refused = receiver.received.length
    receiver.manner = well
    // The first two waits are of 5 and 30 seconds.
    await expect.poll(async () => (await undone()).length, { timeout: 90_000 }).toBe(0)

    const arrived = receiver.received.slice(refused).map(({ headers, body }) => {
      new Webhook(SECRET).verify(body, headers as Record<string, string>)
      return headers['webhook-id']
    })
    expect(arrived).toHaveLength(20)
    expect(new Set(arrived).size).toBe(20)
  } finally {
    for (const { process: child } of portals) child.kill('SIGTERM')
    const codes = await Promise.all(
      portals.map(async ({ process: child }) => {
        if (child.exitCode === null) await once(child, 'exit')
        return child.exitCode
      }),
    )
    expect(codes).toEqual([0, 0])
  }
  const said = portals.flatMap(({ output }) => output).join('')
  expect(said).toMatch(/a message did not arrive/)
  expect(said).not.toMatch(/hunter|whsec|secret words/)
}, 150_000)
