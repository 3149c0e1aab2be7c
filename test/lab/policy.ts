/*
 * The part of the IAM policy language that the lab understands, whole.
 * Whatever it does not understand is refused when the policy is read: nothing is ignored, because ignored means allowed.
 */

export type PolicyKind = 'trust' | 'permissions' | 'session'

export type Policy = readonly Statement[]

type Statement = {
  effect: 'Allow' | 'Deny'
  principals: readonly string[]
  actions: readonly RegExp[]
  resources: readonly RegExp[]
  conditions: readonly Condition[]
}

type Condition = { operator: Operator; key: string; values: readonly string[] }
type Operator = 'StringEquals' | 'StringLike' | 'DateLessThan'

const KNOWN_KEYS: Readonly<Record<PolicyKind, Readonly<Record<string, readonly Operator[]>>>> = {
  trust: {
    'sts:externalid': ['StringEquals', 'StringLike'],
    'sts:sourceidentity': ['StringEquals', 'StringLike'],
    'sts:rolesessionname': ['StringEquals', 'StringLike'],
  },
  // The way the AWS console revokes the sessions of a role.
  permissions: { 'aws:tokenissuetime': ['DateLessThan'] },
  session: {},
}

export type Question = {
  action: string
  /** Absent for a trust policy: its resource is the role that it hangs on. */
  resource?: string
  principal?: string
  /** Keys in lower case. */
  context: Readonly<Record<string, string>>
}

export class UnknownPolicyError extends Error {
  override readonly name = 'UnknownPolicyError'
}

/** @throws UnknownPolicyError naming the element that is malformed or unknown */
export function parsePolicy(text: string, kind: PolicyKind): Policy {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new UnknownPolicyError('This is not JSON.')
  }
  const { Version, Statement } = closed(document, ['Version', 'Id', 'Statement'], 'The policy')
  if (Version !== '2012-10-17') throw new UnknownPolicyError('Version must be "2012-10-17".')
  const statements = Array.isArray(Statement) ? Statement : [Statement]
  if (statements.length === 0) throw new UnknownPolicyError('Statement is empty.')
  return statements.map((statement: unknown) => parseStatement(statement, kind))
}

function parseStatement(value: unknown, kind: PolicyKind): Statement {
  const named = kind === 'trust' ? 'Principal' : 'Resource'
  const known = ['Sid', 'Effect', 'Action', 'Condition', named]
  const { Effect, Action, Condition, Principal, Resource } = closed(value, known, 'A statement')
  if (Effect !== 'Allow' && Effect !== 'Deny') {
    throw new UnknownPolicyError('Effect must be "Allow" or "Deny".')
  }
  const trust = kind === 'trust'
  return {
    effect: Effect,
    principals: trust ? strings(closed(Principal, ['AWS'], 'Principal')['AWS'], 'Principal') : [],
    actions: strings(Action, 'Action').map((action) => pattern(action, 'i')),
    resources: trust ? [] : strings(Resource, 'Resource').map((resource) => pattern(resource)),
    conditions: Condition === undefined ? [] : parseConditions(Condition, kind),
  }
}

function parseConditions(value: unknown, kind: PolicyKind): Condition[] {
  const operators: Operator[] = ['StringEquals', 'StringLike', 'DateLessThan']
  const block = closed(value, operators, 'Condition')
  return operators.flatMap((operator) =>
    Object.entries(object(block[operator] ?? {}, operator)).map(([name, given]) => {
      const key = name.toLowerCase()
      const allowed = Object.hasOwn(KNOWN_KEYS[kind], key) ? KNOWN_KEYS[kind][key] : undefined
      if (!allowed?.includes(operator)) {
        throw new UnknownPolicyError(`The lab does not know the condition ${operator} ${name}.`)
      }
      const values = strings(given, name)
      if (operator === 'DateLessThan' && values.some((date) => Number.isNaN(Date.parse(date)))) {
        throw new UnknownPolicyError(`${name} is not a date.`)
      }
      return { operator, key, values }
    }),
  )
}

/** `deny` is said by a statement, `silent` is when none speaks: the caller decides what silence means. */
export function ask(policies: readonly Policy[], question: Question): 'allow' | 'deny' | 'silent' {
  const heard = policies.flat().filter((statement) => speaksOf(statement, question))
  if (heard.some((statement) => statement.effect === 'Deny')) return 'deny'
  return heard.length > 0 ? 'allow' : 'silent'
}

function speaksOf(statement: Statement, { action, resource, principal, context }: Question) {
  return (
    statement.actions.some((known) => known.test(action)) &&
    (principal === undefined || statement.principals.includes(principal)) &&
    (resource === undefined || statement.resources.some((known) => known.test(resource))) &&
    statement.conditions.every((condition) => holds(condition, context))
  )
}

/** A key that the request does not carry fails the condition, as the operators without `IfExists` do. */
function holds({ operator, key, values }: Condition, context: Question['context']): boolean {
  const given = Object.hasOwn(context, key) ? context[key] : undefined
  if (given === undefined) return false
  switch (operator) {
    case 'StringEquals':
      return values.includes(given)
    case 'StringLike':
      return values.some((value) => pattern(value).test(given))
    case 'DateLessThan':
      return values.some((value) => Date.parse(given) < Date.parse(value))
  }
}

/** `*` and `?` are wildcards; `${*}`, `${?}` and `${$}` are the characters themselves; no other variable is known. */
function pattern(text: string, flags = ''): RegExp {
  const source = text.replace(/\$\{([*?$])\}|\$\{|[*?]|[^*?$]+|\$/g, (part, literal?: string) => {
    if (part === '${')
      throw new UnknownPolicyError(`The lab does not know the variable in ${text}.`)
    if (part === '*') return '.*'
    if (part === '?') return '.'
    return (literal ?? part).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  })
  return new RegExp(`^${source}$`, `s${flags}`)
}

function closed(value: unknown, known: readonly string[], what: string): Record<string, unknown> {
  const found = object(value, what)
  const unknown = Object.keys(found).find((key) => !known.includes(key))
  if (unknown !== undefined) {
    throw new UnknownPolicyError(`${what} has the element ${unknown}, which the lab does not know.`)
  }
  return found
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnknownPolicyError(`${what} must be an object.`)
  }
  return value as Record<string, unknown>
}

function strings(value: unknown, what: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0 || !list.every((item) => typeof item === 'string')) {
    throw new UnknownPolicyError(`${what} must be text, or a list of texts.`)
  }
  return list
}
