/** A region's direction words: they tell a region from a typing mistake without a list that grows old. */
const DIRECTION = '(?:central|north|south|east|west|northeast|northwest|southeast|southwest)'

const withPrefix = (prefix: string) => new RegExp(`^${prefix}-${DIRECTION}-[1-9][0-9]?$`, 'u')

/** The partitions of AWS, how their regions are named and what their host names end with (botocore, `partitions.json`). */
const PARTITIONS = [
  {
    name: 'aws',
    suffix: 'amazonaws.com',
    regions: withPrefix('(?:us|eu|ap|sa|ca|me|af|il|mx)'),
  },
  { name: 'aws-us-gov', suffix: 'amazonaws.com', regions: withPrefix('us-gov') },
  { name: 'aws-cn', suffix: 'amazonaws.com.cn', regions: withPrefix('cn') },
  { name: 'aws-eusc', suffix: 'amazonaws.eu', regions: withPrefix('eusc-de') },
  { name: 'aws-iso', suffix: 'c2s.ic.gov', regions: withPrefix('us-iso') },
  { name: 'aws-iso-b', suffix: 'sc2s.sgov.gov', regions: withPrefix('us-isob') },
  { name: 'aws-iso-e', suffix: 'cloud.adc-e.uk', regions: withPrefix('eu-isoe') },
  { name: 'aws-iso-f', suffix: 'csp.hci.ic.gov', regions: withPrefix('us-isof') },
] as const

export type Partition = (typeof PARTITIONS)[number]['name']

export const PARTITION_NAMES: readonly Partition[] = PARTITIONS.map(({ name }) => name)

/** What host names end with, each once. */
export const DNS_SUFFIXES: readonly string[] = [...new Set(PARTITIONS.map(({ suffix }) => suffix))]

/** Every region of any partition, as one pattern. */
export const REGION = new RegExp(
  PARTITIONS.map(({ regions }) => `(?:${regions.source})`).join('|'),
  'u',
)

const partition = (region: string) => PARTITIONS.find(({ regions }) => regions.test(region))

/** The partition of a region (`eu-west-1` → `aws`), or undefined when it is not named as regions are. */
export const partitionOf = (region: string): Partition | undefined => partition(region)?.name

/** What the host names of a region end with: `amazonaws.com`, `amazonaws.com.cn` … */
export const dnsSuffixOf = (region: string): string | undefined => partition(region)?.suffix
