import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { usePortal } from './portal.ts'

const portal = usePortal()

test('the verifier is a download for auditors, told with the hash of exactly its bytes', async () => {
  const cookie = await portal.cookie('auditor')
  const answer = await portal.call('GET', '/api/audit/verifier', { cookie })
  const sha256 = createHash('sha256').update(answer.rawPayload)

  expect(answer.statusCode).toBe(200)
  expect(answer.rawPayload.toString()).toBe("console.log('é')\n")
  expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8')
  expect(answer.headers['content-disposition']).toBe('attachment; filename="latchkey-verify.mjs"')
  expect(answer.headers['repr-digest']).toBe(`sha-256=:${sha256.copy().digest('base64')}:`)
  expect(answer.headers['etag']).toBe(`"${sha256.digest('hex')}"`)
})
