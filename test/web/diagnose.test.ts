import { flushSync, mount, unmount } from 'svelte'
import { afterEach, expect, test, vi } from 'vitest'
import type { Diagnosis } from '../../server/contract/diagnosis.ts'
import Diagnose from '../../web/pages/database/Diagnose.svelte'

const GRANT = '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11'
const TOKEN = `orders.example.com:5432/?Action=connect&DBUser=ada&X-Amz-Signature=${'ab'.repeat(32)}&X-Amz-SignedHeaders=host`
const ANSWER: Diagnosis = {
  now: new Date().toISOString(),
  means: 'The database checked the token and refused it.',
  notes: [],
  causes: [
    {
      ...{ id: 'expired', certainty: 'likely', who: 'you', because: 'It ended at 19:55.' },
      ...{ title: 'The token has expired', confirm: 'Look.', fix: 'Renew it.' },
    },
    {
      ...{ id: 'not-allowed', certainty: 'possible', who: 'aws_owner', because: null },
      ...{ title: 'IAM does not allow it', confirm: 'Look there.', fix: 'Allow it.' },
    },
  ],
  issued: null,
}

let view: Record<string, unknown> | undefined
afterEach(async () => {
  if (view) await unmount(view)
  view = undefined
  vi.unstubAllGlobals()
})

/** The panel, opened, and the requests that it makes. */
function show() {
  const sent: { path: string; body: string }[] = []
  vi.stubGlobal('fetch', async (path: string, { body }: { body: string }) => {
    sent.push({ path, body })
    return Response.json(ANSWER)
  })
  view = mount(Diagnose, { target: document.body, props: { grant: GRANT } })
  const details = document.querySelector('details')!
  details.open = true
  details.dispatchEvent(new Event('toggle'))
  flushSync()
  const type = (selector: string, text: string) => {
    const field = document.querySelector<HTMLInputElement>(selector)!
    field.value = text
    field.dispatchEvent(new Event('input', { bubbles: true }))
    flushSync()
  }
  const submit = async () => {
    document
      .querySelector('form')!
      .dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }))
    await vi.waitFor(() => {
      flushSync()
      expect(document.querySelector('[aria-disabled]')).toBeNull()
    })
  }
  return { sent, type, submit, shown: () => document.body.textContent ?? '' }
}

test('what the client said is sent without the token in it, which is read on the spot', async () => {
  const { sent, type, submit, shown } = show()
  type('textarea', `PGPASSWORD='${TOKEN}'\nPAM authentication failed for user "ada"`)
  expect(shown()).toContain('It never leaves this page')
  expect(shown()).toContain('orders.example.com:5432')
  expect(sent).toEqual([])

  await submit()

  expect(sent).toHaveLength(1)
  expect(sent[0]!.path).toBe(`/api/grants/${GRANT}/diagnosis`)
  expect(JSON.parse(sent[0]!.body)).toEqual({
    text: expect.stringContaining('PAM authentication failed for user "ada"') as string,
  })
  expect(sent[0]!.body).not.toContain('ab'.repeat(32))
})

test('the likeliest cause stands first, with how to be sure, what helps and who can do it', async () => {
  const { type, submit, shown } = show()
  type('textarea', 'PAM authentication failed for user "ada"')
  await submit()
  expect(shown()).toContain('Why it does not connect')
  const said = shown().replace(/\s+/g, ' ')
  expect(said).toMatch(
    /The token has expired Most likely It ended at 19:55\. To be sure Look\. What helps Renew it\. Who can do it You can/,
  )
  expect(said).toMatch(/If it is not that IAM does not allow it Possible/)
  expect(said).toContain('The owner of the AWS account')
})

test('how many characters arrived is sent: as counted, or as seen of a token that was cut', async () => {
  const { sent, type, submit } = show()
  type('textarea', TOKEN.slice(0, TOKEN.indexOf('&')))
  await submit()
  expect(JSON.parse(sent[0]!.body)).toMatchObject({
    receivedLength: 'orders.example.com:5432/?Action=connect'.length,
  })
  type('input', '88')
  await submit()
  expect(JSON.parse(sent[1]!.body)).toMatchObject({ receivedLength: 88 })
})

test('a page that goes to the cache of the browser keeps nothing of it', async () => {
  const { type, shown } = show()
  type('textarea', TOKEN)
  expect(shown()).toContain('orders.example.com')
  window.dispatchEvent(new Event('pagehide'))
  flushSync()
  expect(shown()).not.toContain('orders.example.com')
  expect(document.querySelector('textarea')!.value).toBe('')
})
