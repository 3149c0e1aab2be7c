import type { CatalogProblem } from './catalog.ts'

/** Problems for a terminal, a line each in the order of the file, and how many there are. */
export function formatProblems(file: string, problems: readonly CatalogProblem[]): string {
  const lines = problems
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .map(({ line, column, path, message, mend }) => {
      const place = [`${file}:${line}:${column}`, path].filter(Boolean).join(' ')
      return `${place}: ${message} → ${mend}`
    })
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return [...lines, count].join('\n')
}
