/** One sample of the text format (prometheus/docs, "Exposition formats"). */
export type Sample = { name: string; labels: Record<string, string>; value: number }

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/gy

/** Reads a whole scrape, strictly: a line that is none of the format is an error, and so is a sample without its type. */
export function parseExposition(text: string): Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Set<string>()
  const samples: Sample[] = []
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line)?.[1]
    if (type !== undefined) families.add(type)
    if (line === '' || line.startsWith('#')) continue
    const [, name = '', labels = '', value = ''] = LINE.exec(line) ?? []
    const family = name.replace(/_(bucket|sum|count)$/, '')
    if (!families.has(name) && !families.has(family)) throw new Error(`not a sample: ${line}`)
    samples.push({
      name,
      labels: parseLabels(labels),
      value: Number(value.replace('Inf', 'Infinity')),
    })
  }
  return samples
}

function parseLabels(text: string): Record<string, string> {
  const found = [...text.matchAll(LABEL)]
  if (found.map(([all]) => all).join('') !== text) throw new Error(`not labels: ${text}`)
  return Object.fromEntries(found.map(([, name, value]) => [name, value]))
}

/** The value of the one sample with this name and at least these labels; undefined where there is none. */
export function valueOf(samples: Sample[], name: string, labels: Record<string, string> = {}) {
  const found = samples.filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )
  if (found.length > 1) throw new Error(`${found.length} samples of ${name}`)
  return found[0]?.value
}
