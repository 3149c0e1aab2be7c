import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, expect } from 'vitest'
import { Problem } from '../../server/contract/problem.ts'
import { HOST, type Portal, PUBLIC_URL } from './portal.ts'

const isProblem = new Ajv({ strict: false }).compile<Problem>(Problem)

export type Sent = {
  method: string
  url: string
  cookie?: string | undefined
  authorization?: string | undefined
  payload?: string | undefined
  type?: string | undefined
}
export type Answer = { status: number; body: string; problem?: Problem; told: string }

/** Sends anything; whatever it was, the answer is none of the portal's faults and each refusal is a problem. */
export const send = (portal: Portal, sent: Sent): Promise<Answer> =>
  patiently(() => sendOnce(portal, sent))

/** Again, when the database of a busy machine did not answer in time; what it never answers is the request's doing. */
export async function patiently<T>(work: () => Promise<T>, tries = 5): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (tries === 1 || !/cannot reach its database/.test(String(error))) throw error
    await setTimeout(500)
    return patiently(work, tries - 1)
  }
}

async function sendOnce(
  portal: Portal,
  { method, url, cookie, authorization, payload, type }: Sent,
) {
  // As a stream: one that never ends, as of events, has an answer too.
  const answer = await portal.app.inject({
    method: method as 'GET',
    url,
    headers: {
      host: HOST,
      ...(cookie && { cookie }),
      ...(authorization && { authorization }),
      ...(method !== 'GET' && { origin: PUBLIC_URL, 'sec-fetch-site': 'same-origin' }),
      ...(type !== undefined && { 'content-type': type }),
    },
    ...(payload !== undefined && { payload }),
    payloadAsStream: true,
  })
  const { statusCode: status, headers } = answer
  const endless = String(headers['content-type']).startsWith('text/event-stream')
  if (endless) answer.raw.res.req.destroy()
  const body = endless ? '' : await text(answer.stream())
  const told = `${method} ${url} ${type ?? ''} ${payload?.slice(0, 300) ?? ''} → ${status} ${body.slice(0, 300)}`

  expect(status, told).toBeLessThan(500)
  if (status < 400) return { status, body, told }
  expect(headers['content-type'], told).toMatch(/^application\/problem\+json/)
  const problem: unknown = JSON.parse(body)
  if (!isProblem(problem)) throw new Error(`not a problem: ${told}`)
  expect(problem.status, told).toBe(status)
  // What a field needs may be shown by an example of ours: the ARN of a role.
  const said = JSON.stringify({ ...problem, fields: [] })
  expect(said, told).not.toMatch(/ at \/|prisma|select |arn:|ECONN/i)
  return { status, body, problem, told }
}

/** What nobody caught while the tests of a file ran; it must stay empty. */
export function useRejections(): unknown[] {
  const rejections: unknown[] = []
  const note = (reason: unknown) => void rejections.push(reason)
  beforeAll(() => void process.on('unhandledRejection', note))
  afterAll(() => void process.off('unhandledRejection', note))
  return rejections
}
