import { STSClient } from '@aws-sdk/client-sts'

export type StsClients = (region: string) => STSClient

/** An AssumeRole answer is some 3 KiB, with the largest session token some 7. */
const LARGEST_ANSWER = 64 * 1024

/**
 * One client for each region, made at first use. Endpoint and credentials are the SDK's own business
 * (`AWS_ENDPOINT_URL_STS`, shared config, credential chain): what is not set here cannot override them.
 * Without them the endpoint is the region's, whose session tokens are valid in every region
 * (IAM user guide, "Manage AWS STS in an AWS Region").
 */
export function stsClients({ connect } = { connect: 1_000 }): StsClients {
  const clients = new Map<string, STSClient>()
  return (region) => {
    const known = clients.get(region)
    if (known) return known
    const client = new STSClient({
      region,
      // We retry ourselves: the SDK knows neither our time limit nor the circuit of a role.
      maxAttempts: 1,
      retryMode: 'standard',
      // Only the connection has its limit here, milliseconds. The whole attempt, body included, has one around it.
      requestHandler: { connectionTimeout: connect },
    })
    capAnswers(client)
    clients.set(region, client)
    return client
  }
}

/** The SDK reads a body to its end, whatever its size, and parses it on this thread. */
function capAnswers(client: STSClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const response = result.response as { body?: unknown }
      if (isByteStream(response.body)) response.body = await readCapped(response.body)
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'capAnswers' },
  )
}

const isByteStream = (body: unknown): body is AsyncIterable<Uint8Array> =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body

/** Leaving the loop early destroys the stream and with it the socket. */
async function readCapped(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > LARGEST_ANSWER) throw new AnswerTooLarge()
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge'
}
