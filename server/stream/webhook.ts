import { post } from '../outgoing/post.ts'
import { signedHeaders } from '../outgoing/signed-headers.ts'

type Settings = { url: string; secrets: readonly string[]; now: () => Date }

/**
 * Posts events as one message of Standard Webhooks: `data.events`, in the order of the log.
 * `webhook-id` names the place of the first; a repetition may have more events behind it, and each tells its own place.
 */
export const postEvents =
  ({ url, secrets, now }: Settings) =>
  (events: readonly object[], from: number, signal: AbortSignal): Promise<void> => {
    const at = now()
    const body = JSON.stringify({
      type: 'audit.events',
      timestamp: at.toISOString(),
      data: { events },
    })
    return post(url, body, signedHeaders(secrets, `audit-${from}`, body, at), signal)
  }
