import { AwsError } from './aws-query.ts'

type Parameters = ReadonlyMap<string, string>

/** The list under a name, as the Query protocol numbers it: `Names.member.1`, `Filters.Filter.1`. */
export function listOf(parameters: Parameters, prefix: string): string[] {
  const found: string[] = []
  for (let i = 1; ; i += 1) {
    const value = parameters.get(`${prefix}.${i}`)
    if (value === undefined) return found
    found.push(value)
  }
}

/** Structures in a list: how far they go is seen by the name that each has. */
export function structuresOf(parameters: Parameters, prefix: string, name: string): string[] {
  const found: string[] = []
  while (parameters.has(`${prefix}.${found.length + 1}.${name}`)) {
    found.push(`${prefix}.${found.length + 1}`)
  }
  return found
}

/** What the lab does not know is refused: a parameter that is ignored would look as if it worked. @throws AwsError */
export function refuseUnknown(parameters: Parameters, known: readonly string[]): void {
  for (const name of parameters.keys()) {
    const first = name.split('.')[0] ?? ''
    if (first === 'Action' || first === 'Version' || known.includes(first)) continue
    throw new AwsError(400, 'ValidationError', `The lab does not know the parameter ${name}.`)
  }
}

/** @throws AwsError naming the parameter that is missing or empty */
export function need(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (value) return value
  throw new AwsError(
    400,
    'ValidationError',
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must not be null`,
  )
}
