import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Guide, GuideChoices, GuideStep } from '../../server/contract/guide.ts'
import GuideBook from '../../web/pages/guide/GuideBook.svelte'
import { links, router } from '../../web/routes.ts'

const ARN = 'arn:aws:rds:eu-west-1:111122223333:db:orders'
const choices: GuideChoices = {
  found: [
    {
      ...{ engine: 'postgres', account: '111122223333', region: 'eu-west-1', form: 'instance' },
      ...{ identifier: 'orders', resource: 'db-ABCDEFGHIJKL01234', dbname: 'orders', port: 5432 },
      endpoints: [{ name: 'instance', host: 'orders.c1.eu-west-1.rds.amazonaws.com' }],
      ...{ arn: ARN, status: 'available', iam: false },
    },
  ],
  places: [{ account: '111122223333', region: 'us-east-1', fault: 'Access was denied.' }],
  databases: [],
  teams: [],
  portal: null,
  externalId: '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11',
}
const aStep = (id: string, texts: GuideStep['texts']): GuideStep => ({
  ...{ id, title: `Title of ${id}`, why: 'Because of `this`.', where: 'aws' },
  ...{ warnings: [`Mind ${id}.`], texts, check: `Look at ${id}.` },
})
const aText = (form: GuideStep['texts'][number]['form'], text: string) => ({
  ...{ form, title: `The ${form}`, filename: `file.${form}`, text },
})
const guide: Guide = {
  steps: [
    aStep('create', [aText('cli', 'aws rds create-db-instance')]),
    aStep('iam', [aText('cli', 'aws rds modify'), aText('terraform', 'resource {}')]),
    aStep('role', [
      aText('json', '{"Version"}'),
      aText('cli', 'aws iam create-role'),
      aText('terraform', 'role {}'),
    ]),
    aStep('sql', [aText('sql', 'CREATE USER')]),
  ],
  takeAway: [aStep('away', [aText('sql', 'DROP USER')])],
}

const answer = (status: number, body: object) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
const problem = (fields?: object[]) =>
  answer(400, { detail: '2 fields need another value.', code: 'invalid', requestId: 'r', fields })
const fetching = vi.fn<typeof fetch>()

let view: Record<string, unknown> | undefined
beforeEach(() => {
  localStorage.clear()
  history.replaceState(null, '', '/guide')
  fetching.mockReset().mockImplementation(() => Promise.resolve(answer(200, guide)))
  vi.stubGlobal('fetch', fetching)
  vi.stubGlobal('scrollTo', () => {})
})
afterEach(leave)

async function leave() {
  if (view) await unmount(view)
  view = undefined
}
function show() {
  view = mount(GuideBook, { target: document.body, props: { choices } })
  flushSync()
}
const text = () => document.body.textContent
const field = (name: string) =>
  document.querySelector<HTMLInputElement>(`[name="${name}"]`) ?? expect.fail(`no field ${name}`)
function type(name: string, value: string) {
  field(name).value = value
  field(name).dispatchEvent(new Event('input', { bubbles: true }))
  flushSync()
}
function press(name: RegExp) {
  const button = [...document.querySelectorAll<HTMLElement>('button, [role="tab"]')].find((each) =>
    name.test(each.getAttribute('aria-label') ?? each.textContent.trim()),
  )
  button?.click()
  flushSync()
  return button ?? expect.fail(`no button ${name}`)
}
const pick = (name: string) => {
  document.querySelector<HTMLElement>(`input[value="${name}"]`)?.click()
  flushSync()
}
async function write() {
  document.querySelector('form')?.requestSubmit()
  await vi.waitFor(() => {
    flushSync()
    expect(document.querySelector('[aria-disabled="true"], .skeleton')).toBeNull()
  })
}
const sent = () => JSON.parse(String(fetching.mock.lastCall?.[1]?.body)) as Record<string, unknown>

describe('the form', () => {
  test('is filled by what was found, and sends it', async () => {
    show()
    pick(ARN)
    type('team', 'payments')
    await write()
    expect(sent()).toMatchObject({
      ...{ name: 'orders', resource: 'db-ABCDEFGHIJKL01234', port: 5432, team: 'payments' },
      ...{ roleName: 'latchkey-payments', externalId: choices.externalId, portal: '' },
      client: { cidr: null, securityGroup: null },
    })
  })

  test('says which places could not be looked through', () => {
    show()
    expect(text()).toContain('us-east-1 of 111122223333 could not be read: Access was denied.')
  })

  test('shows each problem at its field, goes to the first, and keeps what was typed', async () => {
    fetching.mockResolvedValueOnce(
      problem([
        { field: 'client/cidr', message: 'is no range', mend: 'write 10.0.0.0/16' },
        { field: 'users/0/approvalGroups/1', message: 'is empty', mend: 'leave it out' },
      ]),
    )
    show()
    pick(ARN)
    type('cidr', '10.0.0.0')
    await write()

    expect(text()).toContain('What you typed is kept')
    expect(field('cidr').value).toBe('10.0.0.0')
    expect(field('cidr').getAttribute('aria-invalid')).toBe('true')
    const help = document.getElementById(field('cidr').getAttribute('aria-describedby') ?? '')
    expect(help?.textContent).toBe('Is no range: write 10.0.0.0/16.')
    await vi.waitFor(() => expect(document.activeElement).toBe(field('users/0/approvalGroups')))

    type('cidr', '10.0.0.0/16')
    expect(field('cidr').getAttribute('aria-invalid')).toBeNull()
    expect(field('users/0/approvalGroups').getAttribute('aria-invalid')).toBe('true')
  })

  test('opens what RDS says where that is wrong, and leaves it open while it is mended', async () => {
    fetching.mockResolvedValueOnce(
      problem([{ field: 'endpoints/0/host', message: 'is elsewhere', mend: 'copy it' }]),
    )
    show()
    pick(ARN)
    expect(document.querySelector('[name="endpoints/0/host"]')).toBeNull()
    await write()
    expect(field('endpoints/0/host').getAttribute('aria-invalid')).toBe('true')
    type('endpoints/0/host', 'a.example.com')
    expect(field('endpoints/0/host').value).toBe('a.example.com')
  })

  test('is there with a way on when the portal cannot be reached', async () => {
    fetching.mockRejectedValueOnce(new TypeError('Failed to fetch'))
    show()
    pick(ARN)
    await write()
    expect(text()).toContain('The portal is not answering.')
    await write()
    expect(text()).toContain('Title of iam')
  })

  test('survives a reload, as does the guide', async () => {
    show()
    pick(ARN)
    type('team', 'payments')
    await leave()
    show()
    expect(field('team').value).toBe('payments')
    await write()
    await leave()
    show()
    await vi.waitFor(() => expect(text()).toContain('orders for payments'))
  })

  test('begins with the database that a link names', () => {
    router.search = new URL(links.guide(ARN), location.origin).search
    show()
    expect(field('name').value).toBe('orders')
    expect(router.search).toBe('')
  })

  test('another database begins with an external id of its own', async () => {
    show()
    pick(ARN)
    await write()
    press(/^Another database$/)
    expect(field('name').value).toBe('')
    expect(field('externalId').value).toMatch(/^[0-9a-f-]{36}$/)
    expect(field('externalId').value).not.toBe(choices.externalId)
  })
})

describe('the guide', () => {
  async function written() {
    show()
    pick(ARN)
    await write()
  }

  test('says why, where, what to mind, and how to see that it worked', async () => {
    await written()
    for (const part of [
      'Because of this.',
      'In AWS',
      'Mind iam.',
      'Look at iam.',
      'aws rds modify',
    ])
      expect(text()).toContain(part)
  })

  test('what was picked needs not be made', async () => {
    await written()
    expect(text()).not.toContain('Title of create')
  })

  test('one choice of a form is the choice for all steps, and is remembered', async () => {
    await written()
    press(/^Terraform$/)
    expect(text()).toContain('role {}')
    expect(text()).not.toContain('aws iam create-role')
    expect(text()).toContain('CREATE USER')
    await leave()
    show()
    await vi.waitFor(() => expect(text()).toContain('role {}'))
  })

  const isOpen = (name: RegExp) => {
    const heads = [...document.querySelectorAll('h3 button')]
    const head = heads.find(({ textContent }) => name.test(textContent))
    return head?.getAttribute('aria-expanded') === 'true'
  }
  const tick = () =>
    document.querySelector<HTMLInputElement>('[aria-label="Title of iam: done"]') ??
    expect.fail('no tick')

  test('one step is open: the first that is not done; any other on request, or all', async () => {
    await written()
    expect([isOpen(/iam/), isOpen(/role/), isOpen(/sql/)]).toEqual([true, false, false])
    press(/^Title of sql$/)
    expect([isOpen(/iam/), isOpen(/role/), isOpen(/sql/)]).toEqual([true, false, true])
    press(/^Open all$/)
    expect([isOpen(/iam/), isOpen(/role/), isOpen(/sql/)]).toEqual([true, true, true])
  })

  test('what is ticked off folds, is counted, and stays so in this browser', async () => {
    await written()
    tick().click()
    flushSync()
    expect(text()).toContain('1 of 3 steps done')
    expect([isOpen(/iam/), isOpen(/role/)]).toEqual([false, true])
    press(/^Title of iam$/)
    expect(isOpen(/iam/)).toBe(true)
    await leave()
    show()
    await vi.waitFor(() => expect(tick().checked).toBe(true))
    expect(JSON.stringify({ ...localStorage })).not.toContain('aws rds modify')
  })

  test('a form that only some steps have is chosen for one of them', async () => {
    await written()
    press(/^JSON$/)
    expect(text()).toContain('{"Version"}')
    expect(text()).toContain('aws rds modify')
    press(/^Terraform$/)
    expect(text()).not.toContain('{"Version"}')
  })

  test('taking it away is folded until asked for', async () => {
    await written()
    const away = document.querySelector('[id$="-away"]')
    expect(away?.textContent).toContain('DROP USER')
    expect(away?.className).toContain('hidden')
    expect(press(/^Take it all away again$/).getAttribute('aria-expanded')).toBe('true')
    expect(away?.className).not.toContain('hidden')
  })

  test('every text is a file too', async () => {
    await written()
    const made: Blob[] = []
    vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      made.push(blob as Blob)
      return 'blob:x'
    })
    press(/^Download file\.sql$/)
    expect(await made[0]?.text()).toBe('CREATE USER')
  })
})
