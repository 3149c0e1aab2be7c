/**
 * Where the evidence pack for what the list shows is, or null: it is about a period and one database or one team.
 * A range without an end ends now.
 */
export function packOf(filter: string, now: number): string | null {
  const asked = new URLSearchParams(filter)
  const about = ['database', 'team'].filter((name) => asked.has(name))
  const [name] = about
  const from = asked.get('from')
  if (name === undefined || about.length > 1 || from === null) return null
  const to = asked.get('to') ?? new Date(now).toISOString()
  const wish = new URLSearchParams({ from, to, [name]: asked.get(name) ?? '' })
  return `/api/audit/evidence.zip?${wish.toString()}`
}
