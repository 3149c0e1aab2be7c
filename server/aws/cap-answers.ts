/** Where it belongs in a client's stack: before the SDK reads the body. */
export const CAP_PLACE = { step: 'deserialize', priority: 'low', name: 'capAnswers' } as const

/** The SDK reads a body to its end, whatever its size, and parses it on this thread. `largest` is in bytes. */
export const capAnswers =
  (largest: number) =>
  <Args, Result extends { response: unknown }>(next: (args: Args) => Promise<Result>) =>
  async (args: Args): Promise<Result> => {
    const result = await next(args)
    const response = result.response as { body?: unknown }
    if (isByteStream(response.body)) response.body = await readCapped(response.body, largest)
    return result
  }

const isByteStream = (body: unknown): body is AsyncIterable<Uint8Array> =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body

/** Leaving the loop early destroys the stream and with it the socket. */
async function readCapped(body: AsyncIterable<Uint8Array>, largest: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > largest) throw new AnswerTooLarge()
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge'
}
