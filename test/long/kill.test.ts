import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { killInStorm, openWeather, reckon, type Weather } from '../e2e/storm.ts'

const KILLS = 50
let weather: Weather
beforeAll(async () => void (weather = await openWeather()))
afterAll(() => weather?.close())

test(`${KILLS} kills in a storm of mints: no token without its record, and no intent without an outcome`, async () => {
  await killInStorm(weather, KILLS)
  const before = await reckon(weather)
  expect(before.unrecorded).toEqual([])
  expect(before.crooked).toEqual([])

  // The portal that is left closes what the others left open: an intent after a minute, looked for every minute.
  for (let i = 0; i < 150 && (await reckon(weather)).open > 0; i++) await sleep(1_000)
  const after = await reckon(weather)
  process.stdout.write(
    `${after.received} tokens received, ${before.open} intents left open by ${KILLS} kills, ${after.unknown} closed as unknown\n`,
  )
  expect(after.open).toBe(0)
  expect(after.unrecorded).toEqual([])
  expect(after.crooked).toEqual([])
})
