import type { Delivery } from '../core/notification/ports.ts'
import { linkTo, wordsOf } from './message-text.ts'
import { post } from '../outgoing/post.ts'
import { signedHeaders } from '../outgoing/signed-headers.ts'

export type WebhookSettings = {
  publicUrl: string
  /** `whsec_` and base64 each, at least one; every one signs, so that a receiver can change over in its own time. */
  secrets: readonly string[]
  now: () => Date
}

/**
 * Posts a message as Standard Webhooks has it (standard-webhooks/standard-webhooks, spec, "Webhook metadata" and "Signature scheme").
 * `webhook-id` is the same at every attempt and for every receiver: it tells a repetition from something new.
 */
export function postWebhook({ publicUrl, secrets, now }: WebhookSettings) {
  return (address: string, delivery: Delivery, signal: AbortSignal): Promise<void> => {
    const body = bodyOf(publicUrl, delivery)
    const headers = signedHeaders(secrets, delivery.outboxId, body, now())
    return post(address, body, headers, signal)
  }
}

/** Texts are as they were typed, except `sentence`: who shows them escapes them. */
const bodyOf = (publicUrl: string, { topic, requestId, text, createdAt }: Delivery) =>
  JSON.stringify({
    type: topic,
    timestamp: createdAt.toISOString(),
    data: {
      requestId,
      link: linkTo(publicUrl, requestId),
      sentence: wordsOf(topic, text).sentence,
      asker: text.asker,
      team: text.team,
      database: text.database,
      environment: text.environment,
      user: text.user,
      seconds: text.seconds,
      reason: text.reason,
      by: text.by,
      comment: text.comment,
    },
  })
