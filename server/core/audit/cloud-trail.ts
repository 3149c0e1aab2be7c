import type { StoredEvent } from './event.ts'

/** How to find on the side of AWS what one token came from. */
export type CloudTrailQuery = {
  /** The id of the event `token.issued`. */
  event: string
  accessKeyId: string
  sourceIdentity: string
  stsRequestId: string
  role: string
  region: string
  queries: { title: string; text: string }[]
}

const MINUTES = 60_000

/**
 * What to ask CloudTrail for one `token.issued`; null for any other event.
 *
 * The token itself is made without AWS and leaves no trace there, and CloudTrail records no IAM logins to databases
 * (RDS and Aurora guides, IAM database authentication): what it has is the AssumeRole that the credentials came from.
 * Its answer names the access key id that the token names too; role session name and source identity name the person.
 * `lookup-events` takes one attribute, of the last 90 days, in one region; AssumeRole lists the key that it gave out
 * among its resources, while the attribute `AccessKeyId` finds what was then done with that key.
 */
export function cloudTrailQuery({ id, at, action, detail }: StoredEvent): CloudTrailQuery | null {
  if (action !== 'token.issued') return null
  const field = (name: string) => (typeof detail[name] === 'string' ? detail[name] : '')
  const [accessKeyId, sourceIdentity, region] = ['accessKeyId', 'sessionName', 'region'].map(field)
  if (!accessKeyId || !sourceIdentity || !region) return null
  // Credentials are used again while they last: an hour at most.
  const from = new Date(at.getTime() - 65 * MINUTES)
  const to = new Date(at.getTime() + 20 * MINUTES)
  const lookup = (key: string, value: string) =>
    `aws cloudtrail lookup-events --region ${shell(region)} --start-time ${instant(from)} --end-time ${instant(to)} ` +
    `--lookup-attributes AttributeKey=${key},AttributeValue=${shell(value)}`
  return {
    event: id,
    accessKeyId,
    sourceIdentity,
    stsRequestId: field('stsRequestId'),
    role: field('role'),
    region,
    queries: [
      {
        title: 'The AssumeRole call that gave out this access key',
        text: lookup('ResourceName', accessKeyId),
      },
      { title: 'What was done with this access key', text: lookup('AccessKeyId', accessKeyId) },
      {
        title: 'What was done under this role session name',
        text: lookup('Username', sourceIdentity),
      },
      {
        title: 'CloudTrail Lake, by access key',
        text: lake(
          from,
          to,
          `(useridentity.accesskeyid = ${sql(accessKeyId)} OR (eventname = 'AssumeRole' AND element_at(responseelements, 'credentials') LIKE ${sql(`%${accessKeyId}%`)}))`,
        ),
      },
      {
        title: 'CloudTrail Lake, by source identity',
        text: lake(
          from,
          to,
          `(useridentity.sessioncontext.sourceidentity = ${sql(sourceIdentity)} OR (eventname = 'AssumeRole' AND element_at(requestparameters, 'sourceIdentity') = ${sql(sourceIdentity)}))`,
        ),
      },
    ],
  }
}

/** The table is the id of an event data store, which only its owner knows. */
const lake = (from: Date, to: Date, condition: string) =>
  `SELECT eventtime, eventname, awsregion, requestid, sourceipaddress, requestparameters, responseelements
FROM EVENT_DATA_STORE_ID
WHERE eventtime >= ${sql(lakeTime(from))} AND eventtime < ${sql(lakeTime(to))}
  AND ${condition}
ORDER BY eventtime`

const instant = (at: Date) => at.toISOString().replace(/\.\d+/, '')
const lakeTime = (at: Date) => instant(at).replace('T', ' ').replace('Z', '')
const sql = (text: string) => `'${text.replaceAll("'", "''")}'`
/** What is not plain is quoted: a source identity may hold `=`, `,` and `@`. */
const shell = (text: string) =>
  /^[\w.@+/:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
