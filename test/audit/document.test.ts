import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { ACTIONS } from '../../server/core/audit/outcome.ts'

const section = /\n## What is recorded\n([^]*?)(?=\n## |$)/.exec(
  readFileSync('docs/AUDIT.md', 'utf8'),
)?.[1]

/** `| `a.b` | when | `field`, `field?` |`, as the page has it. */
const documented = [
  ...(section ?? '').matchAll(/^\| `([a-z]+\.[a-z]+)` +\| (.*?) +\| (.*?) +\|$/gm),
].map(([, action, when, fields = '']) => ({
  action,
  when,
  fields: [...fields.matchAll(/`(\w+\??)`/g)].map((found) => found[1]!).sort(),
}))

/** What the code says, by the compiler: the fields of each detail, a question mark where one may be missing. */
function declared(): Map<string, string[]> {
  const file = 'server/core/audit/event.ts'
  const program = ts.createProgram([file], { noLib: true, allowImportingTsExtensions: true })
  const checker = program.getTypeChecker()
  const details = program
    .getSourceFile(file)!
    .statements.filter(ts.isTypeAliasDeclaration)
    .find(({ name }) => name.text === 'AuditDetail')!
  const fieldsOf = (type: ts.Type) =>
    type
      .getProperties()
      .map(({ name, flags }) => (flags & ts.SymbolFlags.Optional ? `${name}?` : name))
      .sort()
  return new Map(
    checker
      .getTypeAtLocation(details)
      .getProperties()
      .map((action) => [action.name, fieldsOf(checker.getTypeOfSymbol(action))]),
  )
}

test('the page tells of every event that there is, with its fields, and of no other', () => {
  expect(documented.map(({ action }) => action).sort()).toEqual([...ACTIONS].sort())
  expect(Object.fromEntries(documented.map(({ action, fields }) => [action, fields]))).toEqual(
    Object.fromEntries(declared()),
  )
})

test('and says of each when it is written', () => {
  for (const { when } of documented) expect(when!.length).toBeGreaterThan(15)
})
