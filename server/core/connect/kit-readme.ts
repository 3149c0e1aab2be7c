import { isMySql, type Connection, type Part, type Snippet } from './snippet.ts'

type Kit = {
  connection: Connection
  snippets: readonly Snippet[]
  bundles: readonly { name: string }[]
}

/** Where the lines have the token: no shell and no language gives these letters a meaning. */
const PLACE = 'PASTE-THE-TOKEN-HERE'

/** What a person reads first: Markdown that is also plain text. Whatever a name holds stands in a block of code. */
export function kitReadme({ connection, snippets, bundles }: Kit): string {
  const { database, endpoint, portal } = connection
  const page = `${portal}/db/${encodeURIComponent(database)}`
  const sections = snippets.map((snippet) => section(snippet))
  return `${[
    `# ${database}, endpoint ${endpoint}`,
    'What your clients need to connect with tokens of Latchkey. There is no token in this archive: a token lives for 15 minutes, so you get one when you need it.',
    '## First',
    bundles.length > 0
      ? `1. Save the CA bundle where the clients look for it: copy ${bundles.map(({ name }) => `\`${name}\``).join(', ')} into the folder \`.latchkey\` of your home folder. TLS is verified against it.`
      : '1. This portal has no CA bundle for the region: get it from AWS, and save it where the clients look for it.',
    `2. Get a token: ${page}, “Get token”. The same page has each of the lines below with the token in its place.`,
    '3. Find your client below. The token is asked for when a connection opens; one that is open goes on after its end.',
    '## It worked',
    `Your client shows the database, and this query answers with the name below:\n\n${fence(isMySql(connection.engine) ? 'select current_user();' : 'select current_user;')}\n\n${fence(connection.user)}`,
    'Refused, though the token is new? A token opens one endpoint for one database user: make it for the endpoint that you connect to. The page of the database says more.',
    ...sections,
  ].join('\n\n')}\n`
}

function section(snippet: Snippet): string {
  const { title, hint, warnings, refused } = snippet
  const body = refused === null ? steps(snippet) : ['Not for this database:', fence(refused)]
  return [`## ${title}`, ...body, ...(hint === null ? [] : [hint]), ...warnings.map(noted)].join(
    '\n\n',
  )
}

function steps({ file, parts, fields, group }: Snippet): string[] {
  if (file) return [`The file is \`clients/${file.name}\`.`, success(group)]
  if (fields.length > 0)
    return [
      'Fill in, or run where it says “Command”:',
      fence(fields.map(({ label, value }) => `${label}: ${written(value)}`).join('\n')),
      success(group),
    ]
  return [
    group === 'code' ? 'Put this into your console:' : 'Run this:',
    fence(parts.map(written).join('')),
    success(group),
  ]
}

/** What one sees when it went well, by kind of client. */
const SUCCESS: Record<Snippet['group'], string> = {
  terminal: 'It worked when the prompt of the database comes, or the line ends without a word.',
  application: 'It worked when the connection opens and lists the schemas of the database.',
  code: 'It worked when no exception comes.',
}
const success = (group: Snippet['group']) => SUCCESS[group]

const written = (part: Part) => ('text' in part ? part.text : PLACE)
const noted = (warning: string) => `> ${warning}`

/** A block of code that ends where it is meant to, whatever is in it (CommonMark 0.31, "Fenced code blocks"). */
function fence(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const mark = '`'.repeat(longest + 1)
  return `${mark}\n${text.trimEnd()}\n${mark}`
}
