import { Text, View } from '@tarojs/components'
import Taro, { useRouter } from '@tarojs/taro'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Failed } from '../../components/failed.tsx'
import '../../components/fields/field.css'
import { SignatureField } from '../../components/fields/signature-field.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { Row } from '../../components/row.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { tell, useTask } from '../../hooks/use-task.ts'
import { now } from '../../services/clock.ts'
import { yuan } from '../../services/money.ts'
import { photosIn, sentIds } from '../../services/photo-item.ts'
import { type Contract, openPaper, readContract, signContract } from '../../services/rentals.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'
import './contract.css'

const say = words.rental.contract

/** A contract: read to its end, and signed by hand. */
export default function ContractPage() {
  const { id = '' } = useRouter().params
  return (
    <Page>
      <Reading id={decodeURIComponent(id)} />
    </Page>
  )
}

function Reading({ id }: { id: string }) {
  const { data, error, reload } = useLive(() => readContract(id))
  const [busy, start] = useTask()
  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={4} />
  return (
    <View className="contract">
      <Body contract={data} />
      <View className="contract-ways">
        <Action
          look="quiet"
          text={say.pdf}
          busy={busy}
          onClick={() => start(() => openPaper(id, 'contract', data.state === 'signed' ? data.id : undefined))}
        />
      </View>
      {data.state === 'open' ? <Sign id={id} contract={data} reload={reload} /> : null}
      {data.signedAt === null ? null : (
        <Text className="contract-note">{say.signedOn(sayTime(data.signedAt, now()))}</Text>
      )}
    </View>
  )
}

function Body({ contract }: { contract: Contract }) {
  const { title, number, company, customer, particulars, price, total, articles, kind, hash } = contract
  return (
    <View>
      <View className="contract-head">
        <Text className="contract-title">{title}</Text>
        <Text className="contract-number">{words.number(number)}</Text>
      </View>
      <View className="card contract-part">
        <Text className="contract-label">{say.lessor}</Text>
        <Text className="contract-line">{company.name}</Text>
        <Text className="contract-line">{`${company.address}　${company.phone}`}</Text>
        <Text className="contract-label">{say.renter}</Text>
        <Text className="contract-line">{customer.name}</Text>
        <Text className="contract-line">{say.idNumber(customer.idNumber)}</Text>
        <Text className="contract-line">{say.licence(customer.licence, customer.licenceClass)}</Text>
      </View>
      <View className="card contract-part">
        <Text className="contract-label">{kind === 'supplement' ? say.changes : say.particulars}</Text>
        {particulars.map(({ label, text }) => (
          <View key={label} className="contract-row">
            <Text className="contract-row-label">{label}</Text>
            <Text className="contract-row-text">{text}</Text>
          </View>
        ))}
      </View>
      <View className="section-title">{say.price}</View>
      <View className="card rows rows-small">
        {price.map(({ title: part, amount }) => (
          <Row key={part} label={part} value={yuan(amount)} />
        ))}
        <Row label={say.total} value={yuan(total)} strong />
      </View>
      {articles.map((article) => (
        <View key={article.title} className="card contract-part">
          <Text className="contract-label">{article.title}</Text>
          {article.lines.map((line) => (
            <Text key={line} className="contract-text">
              {line}
            </Text>
          ))}
        </View>
      ))}
      <Text className="contract-note contract-hash">{say.hash(hash.slice(0, 16))}</Text>
    </View>
  )
}

interface SignProps {
  id: string
  contract: Contract
  reload: () => Promise<void>
}

function Sign({ id, contract, reload }: SignProps) {
  const [value, setValue] = useState<unknown>()
  const [busy, start] = useTask()
  const sign = () => {
    const [signature] = sentIds(photosIn(value))
    if (!signature) return tell(say.needSign)
    return start(async () => {
      try {
        await signContract(id, signature, contract.hash, deviceName())
      } catch (error) {
        // What is to be signed may have changed meanwhile: it is read anew.
        await reload()
        throw error
      }
      tell(say.done)
      await Taro.navigateBack().catch(() => reload())
    })
  }
  return (
    <View className="card contract-part">
      <Text className="contract-label">{say.sign}</Text>
      <SignatureField value={value} onChange={setValue} paper />
      <View className="contract-sign">
        <Action text={say.button} busyText={say.signing} busy={busy} onClick={sign} />
      </View>
    </View>
  )
}

/** What the phone calls itself: it stands beside the signature. */
function deviceName(): string {
  try {
    const { brand, model } = Taro.getDeviceInfo()
    return [brand, model].filter(Boolean).join(' ').slice(0, 80)
  } catch {
    return ''
  }
}
