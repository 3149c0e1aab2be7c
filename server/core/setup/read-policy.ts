import type { Catalog } from '../catalog/catalog.ts'
import { visible } from '../catalog/visible.ts'
import { parseJson } from './json-source.ts'
import { checkAction, isConnect } from './policy-action.ts'
import { checkArn } from './policy-arn.ts'
import { checkConditions } from './policy-condition.ts'
import { type PolicyStatement, type PolicyText, readDocument } from './policy-document.ts'
import { openingsOf, type PolicyOpening } from './policy-openings.ts'
import { placeIn, type PolicyProblem, type Tell } from './policy-problem.ts'

export type PolicyReading = { opens: PolicyOpening[]; problems: PolicyProblem[] }

/** Ten times what IAM lets a policy be; a text, not a file of anything. */
export const LARGEST_POLICY = 65_536
/** Characters without blanks that all inline policies of a role may have together (IAM user guide, "IAM and AWS STS quotas"). */
const INLINE_LIMIT = 10_240
const MOST_PROBLEMS = 200
const MOST_RESOURCES = 1_000

/**
 * What a permission policy of IAM opens: which database users, on which databases of the catalog, and what is wrong with it.
 * It reads identity policies as IAM evaluates them for `rds-db:connect`, by itself: other policies of a role, a permissions
 * boundary and the organisation's may take away from it. Never throws.
 */
export function readPolicy(text: string, known: Pick<Catalog, 'databases'>): PolicyReading {
  const problems: PolicyProblem[] = []
  const tell: Tell = ({ offset, path }, severity, message, mend) => {
    if (problems.length >= MOST_PROBLEMS) return
    const told = { message: visible(message), mend: visible(mend), path: visible(path) }
    problems.push({ ...told, ...placeIn(text, offset), severity })
  }
  const policy = readText(text, tell)
  if (!policy) return { opens: [], problems }

  const databases = [...known.databases.values()]
  for (const statement of policy.statements) {
    for (const action of statement.actions.values)
      if (!statement.actions.not) checkAction(action, tell)
    if (!isAbout(statement)) continue
    checkNegations(statement, tell)
    checkConditions(statement, tell)
    if (statement.effect === 'Allow' && !statement.resources.not)
      for (const resource of statement.resources.values) checkArn(resource, databases, tell)
  }
  const opens = openingsOf(policy, databases)
  if (opens.length === 0 && !problems.some(({ severity }) => severity === 'error'))
    tell(
      { offset: 0, path: '' },
      'warning',
      'opens no database: no statement allows rds-db:connect',
      'paste the policy that the guide writes into the role',
    )
  return { opens, problems }
}

function readText(text: string, tell: Tell): PolicyText | undefined {
  const whole = { offset: 0, path: '' }
  if (text.length > LARGEST_POLICY) {
    tell(whole, 'error', 'is larger than any policy of IAM', 'paste one policy at a time')
    return undefined
  }
  const root = parseJson(text.replace(/^\uFEFF/u, ' '))
  if ('fault' in root) {
    const { at, message, mend } = root.fault
    tell({ offset: at, path: '' }, 'error', `is no JSON: ${message}`, mend)
    return undefined
  }
  if (text.replace(/\s/g, '').length > INLINE_LIMIT)
    tell(
      whole,
      'error',
      `has more than ${INLINE_LIMIT} characters, which is all that a role holds`,
      'split it: one role for each team',
    )
  const policy = readDocument(root, tell)
  const resources = policy.statements.reduce((sum, one) => sum + one.resources.values.length, 0)
  if (resources <= MOST_RESOURCES) return policy
  tell(whole, 'error', `names more than ${MOST_RESOURCES} resources`, 'paste one policy at a time')
  return undefined
}

/** Statements that say something of connecting; one with a mistake in the action is meant to. */
const isAbout = ({ actions }: PolicyStatement) =>
  actions.not
    ? !actions.values.some(({ text }) => isConnect(text))
    : actions.values.some(({ text }) => isConnect(text) || /^rds(?:-?db)?:.*connect/i.test(text))

function checkNegations(
  { effect, actions, resources, ...here }: PolicyStatement,
  tell: Tell,
): void {
  if (effect === 'Deny') return
  if (actions.not)
    tell(
      here,
      'warning',
      'allows every action but those that are named, connecting to databases among them',
      'write "Action": "rds-db:connect"',
    )
  if (resources.not)
    tell(
      here,
      'warning',
      'opens every database user but those that are named, and each that is made later',
      'write Resource with the ones that are meant',
    )
}
