import { beforeAll, describe, expect, test } from 'vitest'
import { openGrant, usePortal } from './portal.ts'
import { JSON_TYPE } from './rough.ts'
import { patiently, send } from './send.ts'
import { rememberSessions, walkRoutes } from './walk.ts'

const portal = usePortal(rememberSessions)
await walkRoutes(portal, ['body'])

describe('a refusal says what to do', () => {
  let cookie: string
  let url: string
  beforeAll(async () => {
    cookie = await patiently(() => portal.cookie('team', 'the careless'))
    url = `/api/grants/${await patiently(() => openGrant(portal, cookie, 28_800))}/tokens`
  })
  const post = (payload: string, type: string) =>
    send(portal, { method: 'POST', url, cookie, payload, type })

  test.each([
    ['a form of another site', 'text/plain', '{"endpoint":"writer"}', 415],
    ['a body that is too large', JSON_TYPE, JSON.stringify({ endpoint: 'x'.repeat(66_000) }), 413],
    ['half a body', JSON_TYPE, '{"endpoint":', 400],
    ['nothing', JSON_TYPE, '', 400],
    ['a number where text is needed', JSON_TYPE, '{"endpoint":1}', 400],
    ['a list of one', JSON_TYPE, '{"endpoint":["writer"]}', 400],
  ])('%s', async (_what, type, payload, status) => {
    const { problem } = await post(payload, type)
    expect(problem).toMatchObject({
      status,
      code: 'invalid',
      detail: expect.stringMatching(/\.$/),
    })
  })

  test('what is refused is named, but its value is not repeated', async () => {
    const { problem, body } = await post('{"endpoint":{"secret":"hunter2"}}', JSON_TYPE)
    expect(problem).toMatchObject({ detail: 'body/endpoint is not as it must be.' })
    expect(body).not.toContain('hunter2')
  })
})
