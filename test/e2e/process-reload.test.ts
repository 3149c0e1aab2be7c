import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeKept } from '../lab/kept-file.ts'
import { openWeather, type Weather } from './storm.ts'

let weather: Weather
let admin: pg.Client
beforeAll(async () => {
  weather = await openWeather()
  admin = new pg.Client(weather.lab.postgres.url('latchkey'))
  await admin.connect()
})
afterAll(async () => {
  await admin?.end()
  await weather?.close()
})

async function wasLoaded(text: string): Promise<boolean> {
  const sha256 = createHash('sha256').update(text).digest('hex')
  for (let i = 0; i < 100; i++, await sleep(50)) {
    const { rowCount } = await admin.query(
      "SELECT FROM audit.event WHERE action = 'catalog.loaded' AND payload_j->>'sha256' = $1",
      [sha256],
    )
    if (rowCount) return true
  }
  return false
}

test('a SIGHUP reads the catalog again, each time, and does not end the portal', async () => {
  const portal = await weather.start()
  const file = weather.lab.environment['CATALOG_FILE']!
  for (const note of ['# once\n', '# twice\n']) {
    const text = readFileSync(file, 'utf8') + note
    writeKept(file, text)
    portal.process.kill('SIGHUP')

    expect(await wasLoaded(text)).toBe(true)
  }
  expect((await fetch(`${weather.url}/readyz`)).status).toBe(200)
  expect(portal.process.exitCode).toBeNull()
  const ended = once(portal.process, 'exit')
  portal.process.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
}, 60_000)
