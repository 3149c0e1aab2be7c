import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSealStorm } from '../e2e/seal-storm.ts'

const KILLS = 20
let storm: Awaited<ReturnType<typeof openSealStorm>>
beforeAll(async () => void (storm = await openSealStorm()))
afterAll(() => storm?.close())

test(`32 writers, two sealers, ${KILLS} kills: after 5 s of quiet every event is sealed, once, in one order`, async () => {
  await expect(storm.killInTurn(KILLS)).resolves.toBeUndefined()
}, 180_000)
