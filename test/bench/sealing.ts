import { once } from 'node:events'
import type { ChildProcess } from 'node:child_process'

/** What the portal of the bench is told: to seal, once it has caught up, or to rest. It answers when it does. */
export type SealOrder = { seal: boolean }
/** How far behind the portal is, in events. */
export type SealAnswer = { unsealed: number }

type Rates = { sealing: number[]; resting: number[]; unsealed: number[] }

/**
 * What honesty costs: mints per second while every event is sealed, and while the sealer rests, in turns.
 * What a rest leaves is sealed before the next round, which so pays for its own events alone.
 */
export async function benchSealing(
  portal: ChildProcess,
  load: () => Promise<number>,
  rounds: number,
): Promise<Rates> {
  const rates: Rates = { sealing: [], resting: [], unsealed: [] }
  const order = async (seal: boolean) => {
    portal.send({ seal } satisfies SealOrder)
    const [answer] = (await once(portal, 'message')) as [SealAnswer]
    return answer
  }
  for (let round = 0; round < rounds; round++) {
    const turns = round % 2 === 0 ? ['sealing', 'resting'] : ['resting', 'sealing']
    for (const turn of turns) {
      if (turn === 'resting') {
        await order(false)
        rates.resting.push(await load())
      } else {
        await order(true)
        rates.sealing.push(await load())
        // Before it rests it seals what is left: a sealer that only fell behind would cost nothing.
        rates.unsealed.push((await order(false)).unsealed)
      }
    }
  }
  return rates
}
