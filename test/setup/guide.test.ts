import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { connectArn } from '../../server/core/catalog/catalog.ts'
import { parseCatalog } from '../../server/core/catalog/parse-catalog.ts'
import { DomainError } from '../../server/core/error.ts'
import { type GuideWish, makeGuide } from '../../server/core/setup/guide.ts'
import { everyText, MATRIX, NASTY, stepOf, textOf, user, wish } from './wishes.ts'

const guides = MATRIX.map(([what, asked]) => [what, asked, makeGuide(asked)] as const)

test.each(guides)('%s: the entry is a catalog that opens what was asked for', (_, asked, guide) => {
  const parsed = parseCatalog(textOf(stepOf(guide, 'catalog-entry'), 'yaml'))
  if (!('catalog' in parsed)) throw new Error(JSON.stringify(parsed.problems))
  const { databases, teams, rules } = parsed.catalog
  const database = databases.get(asked.name)!
  expect(database).toMatchObject({ resource: asked.resource, dbname: asked.dbname })
  expect(database.endpoints.map(({ name, signing }) => ({ name, host: signing.host }))).toEqual(
    asked.endpoints,
  )
  expect(teams.get(asked.team)).toMatchObject({ groups: asked.groups })
  expect(rules.map((rule) => [rule.user, rule.approval?.groups ?? []])).toEqual(
    asked.users.map(({ name, approvalGroups }) => [name, approvalGroups]),
  )
  expect(policyIn(stepOf(guide, 'permission-policy')).Statement[0]!.Resource).toEqual(
    asked.users.map(({ name }) => connectArn(database, name)),
  )
})

type Policy = { Statement: { Resource: string[] | string }[] }
const policyIn = (step: Parameters<typeof textOf>[0]) => JSON.parse(textOf(step, 'json')) as Policy

/** The words that a POSIX shell makes of each `aws` command in a text, run where `aws` prints what it was given. */
function wordsOf(script: string): string[][] {
  const known = read.get(script)
  if (known) return known
  const stand = `aws() { printf '%s\\0' aws "$@" >&2; printf '\\1' >&2; echo STOOD-IN; }\n`
  const { stderr, status } = spawnSync('sh', ['-c', stand + script], { encoding: 'utf8', env: {} })
  expect(status).toBe(0)
  const commands = stderr
    .split('\u0001')
    .slice(0, -1)
    .map((command) => command.split('\0').slice(0, -1))
  read.set(script, commands)
  return commands
}

const read = new Map<string, string[][]>()

test.each(guides)('%s: a shell hands the AWS CLI exactly the documents', (_, asked, guide) => {
  const documents = ['role', 'permission-policy', 'portal-policy'].map((id) => {
    const step = stepOf(guide, id)
    const [command = []] = wordsOf(textOf(step, 'cli'))
    const option = id === 'role' ? '--assume-role-policy-document' : '--policy-document'
    const given = command[command.indexOf(option) + 1] ?? ''
    expect(JSON.parse(given)).toEqual(policyIn(step))
    return command
  })
  const [, name] = /([^/]+)$/.exec(asked.roleName) ?? []
  expect(documents[0]).toEqual(expect.arrayContaining(['create-role', '--role-name', name]))
  expect(documents[1]).toEqual(expect.arrayContaining(['put-role-policy', '--role-name', name]))
})

test.each(guides)(
  '%s: what the way back takes away is what the way there made',
  (_, _asked, guide) => {
    const made = new Map(guide.steps.map((step) => [step.id, step]))
    for (const step of guide.takeAway) {
      expect(made.has(step.id), step.id).toBe(true)
      for (const { form, text } of step.texts) if (form === 'cli') wordsOf(text)
    }
    const named = (option: string, id: string, from: 'steps' | 'takeAway') =>
      wordsOf(textOf(stepOf(guide, id, from), 'cli'))
        .flat()
        .flatMap((word, index, all) => (all[index - 1] === option ? [word] : []))
    for (const id of ['role', 'permission-policy', 'portal-policy', 'inventory-role'])
      for (const option of ['--role-name', '--user-name', '--policy-name'])
        expect(new Set(named(option, id, 'takeAway')), `${id} ${option}`).toEqual(
          new Set(named(option, id, 'steps')),
        )
    if (guide.takeAway.some(({ id }) => id === 'security-group'))
      expect(named('--ip-permissions', 'security-group', 'takeAway')).toEqual(
        named('--ip-permissions', 'security-group', 'steps'),
      )
  },
)

test.each(guides)('%s: CloudFormation holds the same documents', (_, _asked, guide) => {
  for (const step of guide.steps)
    for (const { form, text } of step.texts)
      if (form === 'cloudformation') {
        const template = parse(text) as { Resources: Record<string, { Type: string }> }
        for (const { Type } of Object.values(template.Resources)) expect(Type).toMatch(/^AWS::/)
        expect(text).not.toMatch(/[&*][a-z]\d+\b.*\n/)
      }
  const stack = (id: string) =>
    parse(textOf(stepOf(guide, id), 'cloudformation')) as {
      Resources: Record<string, { Properties: Record<string, unknown> }>
    }
  expect(stack('permission-policy').Resources['Policy']!.Properties['PolicyDocument']).toEqual(
    policyIn(stepOf(guide, 'permission-policy')),
  )
  expect(stack('role').Resources['Role']!.Properties['AssumeRolePolicyDocument']).toEqual(
    policyIn(stepOf(guide, 'role')),
  )
})

const terraform = (args: string[], input: string, cwd?: string) =>
  spawnSync('terraform', args, { cwd, input, encoding: 'utf8' })
const hasTerraform = terraform(['version'], '').status === 0

const hcl = () =>
  guides.flatMap(([, , guide]) =>
    guide.steps.flatMap(({ texts }) =>
      texts.flatMap(({ form, text }) => (form === 'terraform' ? [text] : [])),
    ),
  )

test('the brackets and quotes of Terraform close, and no value begins a template', () => {
  for (const text of hcl()) {
    const bare = text.replace(/"(?:[^"\\\n]|\\.)*"/g, (string) => {
      expect(string.replace(/[$%]{2}\{/g, ''), string).not.toMatch(/[$%]\{/)
      return 's'
    })
    expect(bare).not.toContain('"')
    const open: string[] = []
    for (const [char] of bare.replace(/^#.*$/gm, '').matchAll(/[[\](){}]/g))
      if ('[({'.includes(char)) open.push(char)
      else expect('[({'.indexOf(open.pop() ?? '?')).toBe('])}'.indexOf(char))
    expect(open).toEqual([])
  }
})

test.runIf(hasTerraform)('Terraform reads it, and would write it no other way', () => {
  const { stdout, stderr } = terraform(['fmt', '-'], hcl().join('\n'))
  expect(stderr).not.toContain('Error')
  expect(stdout).toBe(hcl().join('\n'))
})

test.runIf(hasTerraform)('what Terraform encodes is the same policy', () => {
  const [, , guide] = guides.at(-1)!
  const step = stepOf(guide, 'permission-policy')
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-terraform-'))
  try {
    const [, policy = ''] =
      /policy = (jsonencode\([^]*\))\n\}/.exec(textOf(step, 'terraform')) ?? []
    writeFileSync(join(folder, 'main.tf'), `locals {\n  policy = ${policy}\n}\n`)
    const { stdout } = terraform(['console'], 'base64encode(local.policy)\n', folder)
    const encoded = JSON.parse(stdout) as string
    expect(JSON.parse(Buffer.from(encoded, 'base64').toString())).toEqual(policyIn(step))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a name that looks like a wildcard or a variable is written as itself', () => {
  const guide = makeGuide(wish({ users: NASTY.map((name) => user(name, 'none')) }))
  const policy = textOf(stepOf(guide, 'permission-policy'), 'json')
  expect(policy).toContain('/a${*}"')
  expect(policy).toContain('/${$}{aws:username}"')
})

test('instances and clusters are turned on by their own commands, and proxies by theirs', () => {
  const command = (asked: GuideWish) =>
    textOf(stepOf(makeGuide(asked), 'enable-iam'), 'cli').match(/aws rds modify-[a-z-]+/)?.[0]
  expect(command(MATRIX[0]![1])).toBe('aws rds modify-db-cluster')
  expect(command(MATRIX[1]![1])).toBe('aws rds modify-db-instance')
  expect(command(MATRIX[5]![1])).toBe('aws rds modify-db-proxy')
})

test('every file of a guide has a name of its own', () => {
  for (const [, , { steps, takeAway }] of guides) {
    const names = [...steps, ...takeAway].flatMap(({ texts }) =>
      texts.map(({ filename }) => filename),
    )
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[a-z-]+\.(sh|json|yaml|tf|sql)$/)
  }
})

const wrong: [string, Partial<GuideWish>][] = [
  ['name', { name: 'Orders' }],
  ['engine', { engine: 'oracle' as never }],
  ['account', { account: '11112222333' }],
  ['region', { region: 'eu-west-1a' }],
  ['resource', { resource: 'orders' }],
  ['resource', { form: 'instance' }],
  ['resource', { resource: 'cluster-*' }],
  ['identifier', { identifier: '--orders' }],
  ['identifier', { identifier: 'orders; rm' }],
  ['dbname', { dbname: '' }],
  ['dbname', { dbname: 'a\nb' }],
  ['port', { port: 22 }],
  ['port', { port: 5432.5 }],
  ['endpoints', { endpoints: [] }],
  ['endpoints/0/host', { endpoints: [{ name: 'writer', host: 'db.example.com' }] }],
  ['endpoints/0/name', { endpoints: [{ ...wish().endpoints[0]!, name: '' }] }],
  ['endpoints/1/name', { endpoints: [wish().endpoints[0]!, wish().endpoints[0]!] }],
  ['team', { team: 'Pay ments' }],
  ['groups', { groups: [] }],
  ['groups/1', { groups: ['a', ''] }],
  ['roleName', { roleName: 'arn:aws:iam::111122223333:role/x' }],
  ['roleName', { roleName: '-x' }],
  ['externalId', { externalId: 'x' }],
  ['portal', { portal: 'arn:aws:sts::111122223333:assumed-role/latchkey/me' }],
  ['portal', { portal: 'arn:aws:iam::111122223333:root' }],
  ['portal', { portal: 'arn:aws-cn:iam::111122223333:role/latchkey' }],
  ['portal', { portal: '*' }],
  ['users', { users: [] }],
  ['users/0/name', { users: [user('rdsadmin', 'read')] }],
  ['users/0/name', { users: [user('*', 'read')] }],
  ['users/1/name', { users: [user('a', 'read'), user('a', 'write')] }],
  ['users/0/preset', { users: [user('a', 'all' as never)] }],
  ['users/0/schema', { users: [user('a', 'read', '')] }],
  ['users/0/schema', { users: [user('a', 'read', 'pg_catalog')] }],
  ['users/0/duration', { users: [{ ...user('a', 'read'), duration: '1 hour' }] }],
  ['users/0/approvalGroups/0', { users: [{ ...user('a', 'read'), approvalGroups: [''] }] }],
  ['client/cidr', { client: { cidr: '0.0.0.0/0', securityGroup: null } }],
  ['client/cidr', { client: { cidr: '10.0.0.0', securityGroup: null } }],
  ['client/cidr', { client: { cidr: '10.0.0.1/8', securityGroup: null } }],
  ['client/securityGroup', { client: { cidr: null, securityGroup: 'default' } }],
]

test.each(wrong)('a wrong %s is named alone, with what to write: %j', (field, changes) => {
  const error = refusalOf(wish(changes))
  expect(error.code).toBe('invalid')
  expect(error.fields?.map((fault) => fault.field)).toEqual([field])
  expect(error.fields?.[0]?.mend).not.toBe('')
  expect(error.message).toContain(error.fields?.[0]?.mend)
})

test('everything that is wrong is told at once', () => {
  const changes = Object.assign(
    {},
    ...wrong.slice(0, 3).map(([, change]) => change),
  ) as Partial<GuideWish>
  expect(refusalOf(wish(changes)).fields?.map(({ field }) => field)).toEqual(
    expect.arrayContaining(['name', 'engine', 'account']),
  )
})

function refusalOf(asked: GuideWish): DomainError {
  try {
    makeGuide(asked)
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
  throw new Error('it was not refused')
}

test('nothing that is printed holds an invisible character', () => {
  for (const [, , guide] of guides)
    for (const text of everyText(guide)) expect(text).not.toMatch(/[^\P{C}\n]/u)
})

test('through a tunnel libpq verifies the real name, and the catalog keeps both', () => {
  const guide = makeGuide(
    wish({ endpoints: [{ ...wish({}).endpoints[0]!, dial: '127.0.0.1:15432' }] }),
  )
  const { host } = wish({}).endpoints[0]!
  for (const id of ['database-user', 'try'])
    expect(textOf(stepOf(guide, id), 'shell')).toContain(
      `PGHOST=${host} PGHOSTADDR=127.0.0.1 PGPORT=15432 `,
    )
  expect(textOf(stepOf(guide, 'try'), 'shell')).toMatch(/--hostname \S+ \\\n {2}--port 5432/)
  const parsed = parseCatalog(textOf(stepOf(guide, 'catalog-entry'), 'yaml'))
  expect(
    'catalog' in parsed && parsed.catalog.databases.get(wish({}).name)?.endpoints[0],
  ).toMatchObject({
    signing: { host, port: 5432 },
    dial: { host: '127.0.0.1', port: 15_432 },
  })
})

test('a tunnel to nowhere is named by its field', () => {
  const asked = wish({ endpoints: [{ ...wish({}).endpoints[0]!, dial: 'my bastion' }] })
  expect(() => makeGuide(asked)).toThrow(/endpoints\/0\/dial .* is not host:port/)
})

test('the CA bundle comes from the portal where it is known, quoted for the shell', () => {
  const text = textOf(
    stepOf(makeGuide(wish({}), "https://latchkey.example.com/o'brien"), 'try'),
    'shell',
  )
  expect(text).toContain(
    `curl -fsS -o ~/.latchkey/eu-west-1.pem 'https://latchkey.example.com/o'\\''brien/api/ca/eu-west-1.pem'`,
  )
})
