import { DomainError } from '../core/error.ts'
import { parseChannel } from '../core/notification/channel.ts'
import type { Delivery } from '../core/notification/ports.ts'
import type { Counted } from './counted.ts'

/** The same, counted by what came of it: a token, or the code of why not. */
export const countTokens =
  <Asked extends unknown[], Token>(
    issue: (...asked: Asked) => Promise<Token>,
    counted: Pick<Counted, 'tokenIssued' | 'tokenFailed'>,
  ) =>
  async (...asked: Asked): Promise<Token> => {
    try {
      const token = await issue(...asked)
      counted.tokenIssued()
      return token
    } catch (error) {
      counted.tokenFailed(error instanceof DomainError ? (error.reason ?? error.code) : 'internal')
      throw error
    }
  }

type Send = (delivery: Delivery, signal: AbortSignal) => Promise<void>

/** The same, counted by the kind of channel: whom a message reaches there is nothing for a label. */
export const countDeliveries =
  (send: Send, { delivered }: Pick<Counted, 'delivered'>): Send =>
  async (delivery, signal) => {
    const kind = parseChannel(delivery.channel)?.kind ?? 'unknown'
    try {
      await send(delivery, signal)
    } catch (error) {
      delivered(kind, false)
      throw error
    }
    delivered(kind, true)
  }
