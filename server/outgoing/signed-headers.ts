import { createHmac } from 'node:crypto'

/**
 * The headers of Standard Webhooks (standard-webhooks/standard-webhooks, spec, "Webhook metadata" and "Signature scheme").
 * Each secret is `whsec_` and base64; every one signs, so that a receiver can change over in its own time.
 */
export function signedHeaders(
  secrets: readonly string[],
  id: string,
  body: string,
  at: Date,
): Record<string, string> {
  const timestamp = Math.floor(at.getTime() / 1000).toString()
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets
      .map((secret) => `v1,${sign(secret, `${id}.${timestamp}.${body}`)}`)
      .join(' '),
  }
}

const sign = (secret: string, content: string) =>
  createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    .update(content)
    .digest('base64')
