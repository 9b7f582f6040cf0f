import Taro, { useRouter } from '@tarojs/taro'
import { useEffect } from 'react'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { answersFor } from '../../services/assets.ts'
import { knowCatalog, readForm } from '../../services/catalog.ts'
import { codeOfArrival } from '../../services/codes.ts'
import { givenIn } from '../../services/given.ts'
import { FormSheet } from './form-sheet.tsx'

/** Filling in any form that a pack defines. */
export default function FormPage() {
  const { name = '', code, given } = useRouter().params
  return (
    <Page>
      <Form name={decodeURIComponent(name)} code={codeOfArrival({ code })} given={given} />
    </Page>
  )
}

function Form({ name, code, given }: { name: string; code: string; given?: string }) {
  const { data, error, reload } = useLive(() => readForm(name))
  useEffect(knowCatalog, [])
  useEffect(() => {
    if (data) Taro.setNavigationBarTitle({ title: data.title })
  }, [data])

  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={4} />
  const begun = { ...answersFor(data, code), ...givenIn(data, given) }
  return <FormSheet key={`${data.name}@${data.version}`} form={data} given={begun} />
}
