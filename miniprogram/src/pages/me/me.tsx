import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { Action } from '../../components/action.tsx'
import { MyBookings } from '../../components/my-bookings.tsx'
import { MyLinks } from '../../components/my-links.tsx'
import { MyLoyalty } from '../../components/my-loyalty.tsx'
import { MyRides } from '../../components/my-rides.tsx'
import { Page } from '../../components/page.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import { dropAllDrafts } from '../../services/drafts.ts'
import { host } from '../../services/host'
import { bindPhone } from '../../services/me.ts'
import { session, signOut } from '../../services/session.ts'
import { useStore } from '../../services/store.ts'
import { words } from '../../words.ts'
import './me.css'
import { Nickname } from './nickname.tsx'

/** The customer's own page. */
export default function Me() {
  return (
    <Page>
      <Particulars />
    </Page>
  )
}

function Particulars() {
  const customer = useStore(session)?.customer
  const [binding, startBinding] = useTask()
  if (!customer) return null

  const bind = (code: string) =>
    startBinding(async () => {
      await bindPhone(code)
      tell(words.me.phoneBound)
    })

  const leave = async () => {
    const { confirm } = await Taro.showModal({
      content: words.me.signOutConfirm,
      confirmText: words.me.signOutYes,
      cancelText: words.cancel,
      confirmColor: '#1b7f5a',
    })
    if (!confirm) return
    dropAllDrafts()
    await signOut()
  }

  return (
    <View>
      <View className="me-head">
        <View className="me-mark">
          <Text>{(customer.nickname ?? words.me.noName).slice(0, 1)}</Text>
        </View>
        <Text className="me-name">{customer.nickname ?? words.me.noName}</Text>
      </View>
      <MyLoyalty />
      <MyRides />
      <MyBookings />
      <View className="card me-rows">
        <Nickname nickname={customer.nickname} />
        <View className="me-row">
          <Text className="me-label">{words.me.phone}</Text>
          <Text className={`me-value ${customer.phone ? '' : 'me-value-none'}`}>
            {customer.phone ?? words.me.noPhone}
          </Text>
          <Action
            look="plain"
            text={customer.phone ? words.me.changePhone : words.me.bindPhone}
            busy={binding}
            host={host.phoneButton(bind, () => tell(words.me.phoneRefused))}
          />
        </View>
        {customer.phone ? null : <Text className="me-note">{words.me.phoneNote}</Text>}
      </View>
      <MyLinks />
      <View className="card me-rows">
        <View className="me-row">
          <Text className="me-label">{words.me.version}</Text>
          <Text className="me-value">{APP_VERSION}</Text>
        </View>
      </View>
      <View className="me-leave">
        <Action look="quiet" text={words.me.signOut} onClick={leave} />
      </View>
    </View>
  )
}
