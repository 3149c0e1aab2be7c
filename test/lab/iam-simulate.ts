import { AwsError, type XmlTree } from './aws-query.ts'
import { type Account, policiesOf } from './iam.ts'
import type { IamAction } from './iam-api.ts'
import { noSuch } from './iam-documents.ts'
import { ask, type Policy } from './policy.ts'
import { listOf, need, refuseUnknown, structuresOf } from './query-parameters.ts'

/** Rows of one answer (AWS IAM API reference, SimulatePrincipalPolicy). */
const MOST_ITEMS = 1000
const USUAL_ITEMS = 100

const DECISIONS = { allow: 'allowed', deny: 'explicitDeny', silent: 'implicitDeny' } as const

/** What the policies of a role or user say to each action on each resource, without doing it, by the lab's own evaluator. */
export const simulate: IamAction = {
  on: (parameters) => need(parameters, 'PolicySourceArn'),
  run(parameters, account) {
    const lists = ['ActionNames', 'ResourceArns', 'ContextEntries']
    refuseUnknown(parameters, ['PolicySourceArn', ...lists, 'MaxItems', 'Marker'])
    const policies = policiesBy(need(parameters, 'PolicySourceArn'), account)
    const context = readContext(parameters)
    const actions = listOf(parameters, 'ActionNames.member')
    if (actions.length === 0) throw invalid('ActionNames must name an action.')
    const resources = listOf(parameters, 'ResourceArns.member')
    const questions = actions.flatMap((action) =>
      (resources.length > 0 ? resources : ['*']).map((resource) => ({ action, resource, context })),
    )
    const from = readNumber(parameters, 'Marker', 0, questions.length) ?? 0
    const most = readNumber(parameters, 'MaxItems', 1, MOST_ITEMS) ?? USUAL_ITEMS
    const page = questions.slice(from, from + most)
    const truncated = from + most < questions.length
    return {
      EvaluationResults: {
        member: page.map((question): XmlTree => ({
          EvalActionName: question.action,
          EvalResourceName: question.resource,
          EvalDecision: DECISIONS[ask(policies, question)],
          MatchedStatements: {},
          MissingContextValues: {},
        })),
      },
      IsTruncated: truncated,
      Marker: truncated ? from + most : null,
    }
  },
}

function policiesBy(arn: string, account: Account): readonly Policy[] {
  const found = account.roles.get(arn) ?? account.users.find((user) => user.arn === arn)
  if (found) return policiesOf(found)
  throw noSuch(`The entity ${arn} cannot be found.`)
}

/** One value for each key, which is all that the lab's conditions can tell. */
function readContext(parameters: ReadonlyMap<string, string>): Record<string, string> {
  const entries = structuresOf(parameters, 'ContextEntries.member', 'ContextKeyName')
  return Object.fromEntries(
    entries.map((prefix) => [
      (parameters.get(`${prefix}.ContextKeyName`) ?? '').toLowerCase(),
      listOf(parameters, `${prefix}.ContextKeyValues.member`)[0] ?? '',
    ]),
  )
}

function readNumber(
  parameters: ReadonlyMap<string, string>,
  name: string,
  low: number,
  high: number,
): number | undefined {
  const text = parameters.get(name)
  if (text === undefined) return undefined
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN
  if (value >= low && value <= high) return value
  throw invalid(`${name} must be from ${low} to ${high}.`)
}

const invalid = (message: string) => new AwsError(400, 'InvalidInput', message)
