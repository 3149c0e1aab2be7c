import {
  type Document,
  isAlias,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'
import type { CatalogProblem } from './catalog.ts'
import { tooDeepAt } from './nesting.ts'
import { invisibleIn, visible } from './visible.ts'
import { explain } from './yaml-fault.ts'

export const LARGEST_FILE = 1_048_576

/** A file that is YAML. `targets` says what each alias stands for. */
export type YamlSource = {
  contents: Node
  targets: ReadonlyMap<Node, Node>
  place: (offset: number) => { line: number; column: number }
}

/**
 * Text to nodes, as YAML 1.2 core: no tags of its own, no merge keys, one document.
 * What is too large, too deep or no text is refused before the parser sees it.
 * Faults of the syntax are told alone: what a broken file means cannot be checked.
 */
export function readYaml(withMark: string): YamlSource | { problems: CatalogProblem[] } {
  const text = withMark.replace(/^\uFEFF/u, '')
  const lines = new LineCounter()
  const place = (offset: number) => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const problem = (offset: number, message: string, mend: string): CatalogProblem => ({
    ...place(offset),
    path: '',
    message: visible(message),
    mend: visible(mend),
  })

  const unfit = findUnfit(text, lines)
  if (unfit) return { problems: [problem(...unfit)] }

  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    // Both are told with the other problems, and without comparing each key with each.
    uniqueKeys: false,
    stringKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  })
  const faults = [...document.errors, ...document.warnings].map((fault) =>
    problem(fault.pos[0], ...explain(fault)),
  )
  const { targets, lost } = findTargets(document)
  for (const [offset, name] of lost)
    faults.push(
      problem(
        offset,
        `*${name} refers to nothing above it`,
        `write the value itself, or mark it with &${name} before it is used`,
      ),
    )
  if (faults.length > 0) return { problems: faults }
  const yaml = document.directives?.yaml
  if (yaml?.explicit && yaml.version !== '1.2')
    return {
      problems: [problem(0, `%YAML ${yaml.version} changes what words mean`, 'take that line out')],
    }
  if (!document.contents || (isScalar(document.contents) && document.contents.value === null))
    return {
      problems: [problem(0, 'the file says nothing', 'begin with teams:, databases: and access:')],
    }
  return { contents: document.contents, targets, place }
}

/** What no parser should be given: [offset, message, mend]. Fills in where the lines begin. */
function findUnfit(text: string, lines: LineCounter): [number, string, string] | undefined {
  lines.addNewLine(0)
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
    lines.addNewLine(at + 1)
  if (Buffer.byteLength(text) > LARGEST_FILE)
    return [0, 'the file is larger than 1 MiB', 'a catalog is a list of rights: split off the rest']
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/u.exec(text)
  if (control)
    return [
      control.index,
      `the file contains the control character ${invisibleIn(control[0])}`,
      'save it as plain text in UTF-8',
    ]
  const lone = /\r(?!\n)/u.exec(text)
  if (lone)
    return [lone.index, 'a line ends with CR alone', 'save the file with LF or CRLF line ends']
  const deep = tooDeepAt(text)
  if (deep !== undefined)
    return [deep, 'this is nested deeper than any catalog', 'take some of the levels out']
  return undefined
}

/** Each alias with the node that last carried its anchor before it, as YAML has it, in one walk. */
function findTargets(document: Document) {
  const anchors = new Map<string, Node>()
  const targets = new Map<Node, Node>()
  const lost: [number, string][] = []
  visit(document, (_key, node) => {
    if (!isNode(node)) return
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (target) targets.set(node, target)
      else lost.push([node.range?.[0] ?? 0, node.source])
    } else if (node.anchor !== undefined) anchors.set(node.anchor, node)
  })
  return { targets, lost }
}
