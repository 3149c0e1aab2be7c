/**
 * The signed notes in a file of anchors, as text: JSON lines with a `note`, as the anchor file and the log stream have them, or notes one
 * after the other. What else is there is passed over, such as a line that a crash cut short.
 */
export function readNotes(text: string): string[] {
  const lines = text.split('\n')
  const plain = lines.filter((line) => !line.startsWith('{')).join('\n')
  return [
    ...lines.filter((line) => line.startsWith('{')).flatMap(noteOf),
    ...[...plain.matchAll(/(?:[^\n]+\n)+\n(?:— [^\n]+\n)+/gu)].map(([note]) => note),
  ]
}

function noteOf(line: string): string[] {
  try {
    const { note } = JSON.parse(line) as { note?: unknown }
    return typeof note === 'string' ? [note] : []
  } catch {
    return []
  }
}
