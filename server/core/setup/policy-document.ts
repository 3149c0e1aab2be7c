import { nearest } from '../catalog/near.ts'
import { quote } from '../catalog/visible.ts'
import type { JsonNode } from './json-source.ts'
import type { Tell } from './policy-problem.ts'

/** A text of the policy with its place. */
export type Spotted = { text: string; offset: number; path: string }

export type PolicyStatement = {
  effect: 'Allow' | 'Deny'
  /** `not`: the statement is about everything but these. */
  actions: { not: boolean; values: Spotted[] }
  resources: { not: boolean; values: Spotted[] }
  /** Operator and key of each condition. */
  conditions: { operator: string; key: string; offset: number; path: string }[]
  offset: number
  path: string
}

export type PolicyText = { statements: PolicyStatement[]; variables: boolean }

const ELEMENTS = ['Version', 'Id', 'Statement']
const OF_STATEMENT = [
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]
const TRUST = ['Principal', 'NotPrincipal']

/** The elements of an identity policy (IAM user guide, "IAM JSON policy element reference"). What cannot be read is told and left out. */
export function readDocument(root: JsonNode, tell: Tell): PolicyText {
  const whole = { offset: root.at, path: '' }
  const fields = object(root, '', ELEMENTS, tell)
  if (!fields) return { statements: [], variables: true }
  const version = fields.get('Version')
  const current = version?.kind === 'text' && version.value === '2012-10-17'
  if (!current)
    tell(
      version ? { offset: version.at, path: 'Version' } : whole,
      'warning',
      version ? 'is not the version of today' : 'has no Version, so it is read as one of 2008',
      'write "Version": "2012-10-17": without it, ${*} and variables are plain text',
    )
  const statement = fields.get('Statement')
  if (!statement) {
    tell(whole, 'error', 'has no Statement', 'paste the policy document, beginning with "Version"')
    return { statements: [], variables: current }
  }
  const list = statement.kind === 'list' ? statement.items : [statement]
  if (list.length === 0)
    tell({ offset: statement.at, path: 'Statement' }, 'error', 'is empty', 'write a statement')
  const statements = list.flatMap((node, index) => {
    const path = statement.kind === 'list' ? `Statement[${index}]` : 'Statement'
    return readStatement(node, path, tell) ?? []
  })
  return { statements, variables: current }
}

function readStatement(node: JsonNode, path: string, tell: Tell): PolicyStatement | undefined {
  const fields = object(node, path, [...OF_STATEMENT, ...TRUST], tell)
  if (!fields) return undefined
  const here = { offset: node.at, path }
  const trust = TRUST.find((name) => fields.has(name))
  if (trust) {
    tell(
      { offset: fields.get(trust)?.at ?? node.at, path: `${path}.${trust}` },
      'error',
      'belongs to a trust policy, which says who may become a role and opens no database',
      'paste the permission policy of the role',
    )
    return undefined
  }
  const effect = fields.get('Effect')
  const value = effect?.kind === 'text' ? effect.value : undefined
  if (value !== 'Allow' && value !== 'Deny') {
    tell(
      effect ? { offset: effect.at, path: `${path}.Effect` } : here,
      'error',
      effect ? 'is neither Allow nor Deny' : 'has no Effect',
      'write "Effect": "Allow", with a capital',
    )
    return undefined
  }
  const actions = either(fields, 'Action', here, tell)
  const resources = either(fields, 'Resource', here, tell)
  if (!actions || !resources) return undefined
  const conditions = readConditions(fields.get('Condition'), `${path}.Condition`, tell)
  return { effect: value, actions, resources, conditions, ...here }
}

/** `Action` or `NotAction`, a text or a list of them. */
function either(
  fields: ReadonlyMap<string, JsonNode>,
  name: 'Action' | 'Resource',
  here: { offset: number; path: string },
  tell: Tell,
): { not: boolean; values: Spotted[] } | undefined {
  const [plain, negated] = [fields.get(name), fields.get(`Not${name}`)]
  if (plain && negated) {
    tell(here, 'error', `has ${name} and Not${name}`, 'IAM refuses both in one statement: keep one')
    return undefined
  }
  const node = plain ?? negated
  if (!node) {
    tell(here, 'error', `has no ${name}`, `write "${name}" beside "Effect"`)
    return undefined
  }
  const path = `${here.path}.${plain ? name : `Not${name}`}`
  const list = node.kind === 'list' ? node.items : [node]
  const values = list.flatMap((item, index): Spotted[] => {
    const at = node.kind === 'list' ? `${path}[${index}]` : path
    if (item.kind === 'text') return [{ text: item.value, offset: item.at, path: at }]
    tell({ offset: item.at, path: at }, 'error', 'is not a text', 'write it in "…"')
    return []
  })
  if (list.length === 0) tell({ offset: node.at, path }, 'error', 'is empty', 'name at least one')
  return values.length === list.length && list.length > 0 ? { not: !plain, values } : undefined
}

function readConditions(node: JsonNode | undefined, path: string, tell: Tell) {
  if (!node) return []
  if (node.kind !== 'object') {
    tell(
      { offset: node.at, path },
      'error',
      'is no object',
      'take it out: rds-db:connect needs none',
    )
    return []
  }
  return node.entries.flatMap(({ key: operator, value }) =>
    value.kind === 'object'
      ? value.entries.map(({ key, at }) => ({
          operator,
          key,
          offset: at,
          path: `${path}.${operator}`,
        }))
      : [],
  )
}

function object(
  node: JsonNode,
  path: string,
  known: readonly string[],
  tell: Tell,
): ReadonlyMap<string, JsonNode> | undefined {
  if (node.kind !== 'object') {
    tell({ offset: node.at, path }, 'error', 'is no object', 'write it in {…}')
    return undefined
  }
  const fields = new Map<string, JsonNode>()
  for (const { key, at, value } of node.entries) {
    const here = { offset: at, path: path === '' ? key : `${path}.${key}` }
    if (fields.has(key))
      tell(
        here,
        'error',
        'stands here twice, and IAM takes one of the two',
        'make a list of it, or two statements',
      )
    else if (!known.includes(key)) {
      const near = nearest(key, known)
      tell(
        here,
        'error',
        `${quote(key)} is no element of a policy, so IAM refuses it`,
        near
          ? `did you mean ${near}? Capitals count`
          : `take it out; known are ${known.join(', ')}`,
      )
    }
    fields.set(key, value)
  }
  return fields
}
