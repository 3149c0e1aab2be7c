import { AwsError } from './aws-query.ts'
import { listOf, structuresOf } from './query-parameters.ts'

type Parameters = ReadonlyMap<string, string>
type Row = { key: string; filters: Readonly<Record<string, string | null>> }

/** What all filters let through. @throws AwsError for a filter that the rows do not have */
export function filtered<T extends Row>(rows: readonly T[], parameters: Parameters): readonly T[] {
  return structuresOf(parameters, 'Filters.Filter', 'Name').reduce((left, prefix) => {
    const name = parameters.get(`${prefix}.Name`) ?? ''
    const values = listOf(parameters, `${prefix}.Values.Value`).map(
      (value) => value.split(':').at(-1) ?? '',
    )
    return left.filter(({ filters }) => {
      if (!Object.hasOwn(filters, name)) throw invalid(`Unrecognized filter name: ${name}`)
      return values.includes(filters[name] ?? '')
    })
  }, rows)
}

/** A marker is the last name of the page before, so that what comes and goes meanwhile moves nothing else. */
export function cut<T extends Row>(rows: readonly T[], parameters: Parameters) {
  const text = parameters.get('MaxRecords') ?? '100'
  const most = /^\d{1,3}$/.test(text) ? Number(text) : NaN
  if (!(most >= 20 && most <= 100)) {
    throw invalid(`Invalid value ${text} for MaxRecords. Must be between 20 and 100`)
  }
  const given = parameters.get('Marker')
  const after = given === undefined ? '' : Buffer.from(given, 'base64url').toString()
  const left = rows.filter(({ key }) => key > after)
  const page = left.slice(0, most)
  const last = left.length > most ? (page.at(-1)?.key ?? '') : undefined
  return { page, marker: last === undefined ? null : Buffer.from(last).toString('base64url') }
}

const invalid = (message: string) => new AwsError(400, 'InvalidParameterValue', message)
