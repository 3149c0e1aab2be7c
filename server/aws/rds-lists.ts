import * as rds from '@aws-sdk/client-rds'

/** The most that RDS gives on a page of every list (RDS API, `MaxRecords`). */
const PAGE = 100
/** What one place may hold of a kind: a list without an end must not fill the memory. */
export const MOST = 5_000

/** Sends one command, with all the patience that there is time for. */
export type Send = <T>(command: (signal: AbortSignal) => Promise<T>) => Promise<T>

type Page<T> = { items: T[] | undefined; next: string | undefined }

/** All pages, one after the other. `cut`: there was more. */
async function all<T>(page: (marker: string | undefined) => Promise<Page<T>>) {
  const items: T[] = []
  let marker: string | undefined
  for (;;) {
    const { items: some = [], next } = await page(marker)
    items.push(...some.slice(0, MOST - items.length))
    // A marker that comes back would go round for ever.
    if (next === undefined || next === '' || next === marker) return { items, cut: false }
    if (items.length >= MOST || some.length === 0) return { items, cut: true }
    marker = next
  }
}

export type List<T> = { items: T[]; cut: boolean }

/** The lists of one place by the actions that they take, as IAM spells them. */
export function lists(client: rds.RDSClient, send: Send) {
  const of =
    <T, O extends { Marker?: string | undefined }>(
      ask: (page: { MaxRecords: number; Marker?: string }, signal: AbortSignal) => Promise<O>,
      items: (answer: O) => T[] | undefined,
    ) =>
    (): Promise<List<T>> =>
      all(async (marker) => {
        const page = { MaxRecords: PAGE, ...(marker !== undefined && { Marker: marker }) }
        const answer = await send((signal) => ask(page, signal))
        return { items: items(answer), next: answer.Marker }
      })

  return {
    'rds:DescribeDBInstances': of(
      (page, abortSignal) => client.send(new rds.DescribeDBInstancesCommand(page), { abortSignal }),
      (it) => it.DBInstances,
    ),
    'rds:DescribeDBClusters': of(
      (page, abortSignal) => client.send(new rds.DescribeDBClustersCommand(page), { abortSignal }),
      (it) => it.DBClusters,
    ),
    'rds:DescribeDBClusterEndpoints': of(
      (page, abortSignal) =>
        client.send(new rds.DescribeDBClusterEndpointsCommand(page), { abortSignal }),
      (it) => it.DBClusterEndpoints,
    ),
    'rds:DescribeDBProxies': of(
      (page, abortSignal) => client.send(new rds.DescribeDBProxiesCommand(page), { abortSignal }),
      (it) => it.DBProxies,
    ),
    'rds:DescribeDBProxyEndpoints': of(
      (page, abortSignal) =>
        client.send(new rds.DescribeDBProxyEndpointsCommand(page), { abortSignal }),
      (it) => it.DBProxyEndpoints,
    ),
    'rds:DescribeGlobalClusters': of(
      (page, abortSignal) =>
        client.send(new rds.DescribeGlobalClustersCommand(page), { abortSignal }),
      (it) => it.GlobalClusters,
    ),
    'rds:DescribeCertificates': of(
      (page, abortSignal) =>
        client.send(new rds.DescribeCertificatesCommand(page), { abortSignal }),
      (it) => it.Certificates,
    ),
  }
}
