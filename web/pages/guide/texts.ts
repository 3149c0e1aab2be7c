import type { GuideStep, GuideText } from '../../../server/contract/guide.ts'

export type Form = GuideText['form']

export const FORM_TITLES: Record<Form, string> = {
  cli: 'AWS CLI',
  cloudformation: 'CloudFormation',
  terraform: 'Terraform',
  json: 'JSON',
  sql: 'SQL',
  yaml: 'YAML',
  shell: 'Shell',
}

/** Those between which one chooses once, for all steps: the others are there because a step has no other form. */
export const WAYS: readonly Form[] = ['cli', 'cloudformation', 'terraform']

export type FormTab = { id: Form; title: string; texts: GuideText[] }

/** A tab for each form that the step has, in the order of its texts. */
export function tabsOf({ texts }: GuideStep): FormTab[] {
  const forms = [...new Set(texts.map(({ form }) => form))]
  return forms.map((id) => ({
    id,
    title: FORM_TITLES[id],
    texts: texts.filter(({ form }) => form === id),
  }))
}

/** What one may choose between for all steps at once; empty where there is nothing to choose. */
export function waysOf(steps: readonly GuideStep[]): Form[] {
  const ways = WAYS.filter((way) =>
    steps.some(({ texts }) => texts.some(({ form }) => form === way)),
  )
  return ways.length > 1 ? ways : []
}

export const PLACES: Record<GuideStep['where'], string> = {
  aws: 'In AWS',
  database: 'In the database',
  catalog: 'In the catalog',
  terminal: 'In a terminal',
}
