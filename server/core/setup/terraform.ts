/** An expression of Terraform that is not a value of ours: `aws_iam_role.team.id`. */
export class Expression {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type TerraformValue =
  | string
  | number
  | boolean
  | Expression
  | readonly TerraformValue[]
  | { readonly [key: string]: TerraformValue }

/** `resource "aws_iam_role" "orders" { … }`, with the equals signs where `terraform fmt` puts them. */
export function block(
  head: string,
  values: Readonly<Record<string, TerraformValue>>,
  remark: readonly string[] = [],
): string {
  return [...remark.map((line) => `# ${line}`), `${head} ${body(values, '', plainKey)}`, ''].join(
    '\n',
  )
}

/** A document as Terraform encodes it, so that it stays readable and comparable. */
export const encoded = (document: TerraformValue) =>
  new Expression(`jsonencode(${write(document, '  ')})`)

/** A label of Terraform: letters, digits, `_` and `-`, no digit first. */
export const label = (name: string) =>
  name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[0-9])/, '_')

const plainKey = (key: string) => key
const quotedKey = (key: string) => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? key : string(key))

function body(
  values: Readonly<Record<string, TerraformValue>>,
  indent: string,
  key: (name: string) => string,
): string {
  const deeper = `${indent}  `
  const entries = Object.entries(values).map(
    ([name, value]) => [key(name), write(value, deeper)] as const,
  )
  return `{\n${aligned(entries, deeper).join('\n')}\n${indent}}`
}

/** Neighbours of one line each have their equals signs below one another; one of several lines stands by itself. */
function aligned(entries: readonly (readonly [string, string])[], indent: string): string[] {
  const lines: string[] = []
  let group: (readonly [string, string])[] = []
  const flush = () => {
    const width = Math.max(0, ...group.map(([name]) => name.length))
    for (const [name, value] of group) lines.push(`${indent}${name.padEnd(width)} = ${value}`)
    group = []
  }
  for (const entry of entries) {
    if (entry[1].includes('\n')) flush()
    group.push(entry)
    if (entry[1].includes('\n')) flush()
  }
  flush()
  return lines
}

function write(value: TerraformValue, indent: string): string {
  if (typeof value === 'string') return string(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof Expression) return value.text
  if (isList(value)) {
    const deeper = `${indent}  `
    const items = value.map((item) => `${deeper}${write(item, deeper)},\n`)
    return items.length === 0 ? '[]' : `[\n${items.join('')}${indent}]`
  }
  return body(value, indent, quotedKey)
}

const isList = (value: TerraformValue): value is readonly TerraformValue[] => Array.isArray(value)

/** JSON's escapes are HCL's; `${` and `%{` would begin a template (HCL native syntax, "Template Literals"). */
const string = (text: string) => JSON.stringify(text).replace(/([$%])\{/g, '$1$1{')
