import type { MessageText, Topic } from '../access/message.ts'

/** A message on its way to one channel, claimed by one worker until its lease ends. */
export type Delivery = {
  outboxId: string
  /** As `channelName` writes it. */
  channel: string
  /** How often it was tried, this time included; it also tells an old claim from a newer one. */
  attempts: number
  topic: Topic
  requestId: string
  text: MessageText
  /** When it happened. */
  createdAt: Date
}

/** What went wrong, as a code: `timeout`, `http_500`, `ECONNREFUSED`. Never an address, a secret or somebody's words. */
export type Failure = {
  code: string
  /** Trying again cannot help. */
  permanent?: boolean
  /** Seconds that the receiver asked to wait. */
  retryAfter?: number
}

/** A delivery that did not arrive so far. `nextAt` is null once it is given up. */
export type FailingDelivery = {
  channel: string
  topic: string
  since: Date
  attempts: number
  lastError: string
  nextAt: Date | null
}

/** What the worker needs of the store. Every call is a short transaction of its own. */
export type Outbox = {
  /**
   * Turns up to `limit` new messages into deliveries: one for each channel that `plan` names, and with `mail` one for
   * each person that the message is for and whose address is known. Answers how many messages it took.
   */
  spread(plan: Plan, limit: number): Promise<number>
  /** What can wait for each other: each channel, but all mail is one. Those with something due. */
  dueLanes(): Promise<string[]>
  /** Takes up to `limit` due deliveries of a lane for `lease` seconds: nobody else gets them before. */
  claim(lane: string, limit: number, lease: number): Promise<Delivery[]>
  done(delivery: Delivery): Promise<void>
  /** Waits for the next attempt, or gives up and says so in the log. Answers with the seconds to wait. */
  failed(delivery: Delivery, failure: Failure): Promise<number | null>
  /** Those that failed at least once and did not arrive, the newest first. */
  failing(limit: number): Promise<FailingDelivery[]>
  /** Takes away what is older than 30 days and waits for nothing. */
  tidy(): Promise<void>
}

export type Plan = (message: { topic: Topic; team: string }) => {
  channels: string[]
  mail: boolean
}
