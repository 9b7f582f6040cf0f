import { Text, View } from '@tarojs/components'
import Taro, { usePullDownRefresh } from '@tarojs/taro'
import { Action } from '../../components/action.tsx'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Icon } from '../../components/icon.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import '../../components/service-card.css'
import '../../components/tag.css'
import { useLive } from '../../hooks/use-live.ts'
import { tell, useTask } from '../../hooks/use-task.ts'
import {
  type Appointment,
  cancelAppointment,
  pageOfSlots,
  readAppointments,
  readServices,
  type Service,
} from '../../services/appointments.ts'
import { now } from '../../services/clock.ts'
import { yuan } from '../../services/money.ts'
import { session } from '../../services/session.ts'
import { useStore } from '../../services/store.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'
import './appointments.css'

const say = words.appointments

/** What can be booked with our people, and what the customer has booked. */
export default function Appointments() {
  return (
    <Page open>
      {useStore(session) ? <Mine /> : null}
      <Services />
    </Page>
  )
}

function Mine() {
  const { data, reload } = useLive(readAppointments)
  usePullDownRefresh(() => reload().finally(() => Taro.stopPullDownRefresh()))
  if (!data || data.length === 0) return null
  return (
    <View>
      <View className="section-title">{say.mine}</View>
      {data.map((appointment) => (
        <One key={appointment.id} appointment={appointment} reload={reload} />
      ))}
    </View>
  )
}

function One({ appointment, reload }: { appointment: Appointment; reload: () => Promise<void> }) {
  const { id, service, title, from, state, stateText, resource, place, changeable } = appointment
  const [busy, start] = useTask()
  const cancel = () =>
    start(async () => {
      const { confirm } = await Taro.showModal({
        content: say.cancelConfirm,
        confirmText: say.cancelYes,
        cancelText: say.cancelNo,
        confirmColor: '#a8261b',
      })
      if (!confirm) return
      await cancelAppointment(id)
      tell(say.cancelled)
      await reload()
    })
  return (
    <View className="card appointment">
      <View className="appointment-head">
        <Text className="appointment-title">{title}</Text>
        <Text className={`tag ${state === 'booked' ? 'tag-processing' : 'tag-closed'}`}>{stateText}</Text>
      </View>
      <Text className="appointment-when">{sayTime(from, now())}</Text>
      <Text className="appointment-line">{resource.title ? `${say.with}：${resource.title}` : ''}</Text>
      <Text className="appointment-line">{`${say.place}：${place}`}</Text>
      {changeable ? (
        <View className="appointment-ways">
          <Action
            look="quiet"
            text={say.reschedule}
            onClick={() => Taro.navigateTo({ url: pageOfSlots(service, id) })}
          />
          <Action look="plain" text={say.cancel} busy={busy} onClick={cancel} />
        </View>
      ) : null}
    </View>
  )
}

function Services() {
  const { data, error, reload } = useLive(readServices)
  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={3} />
  if (data.length === 0) return <Empty icon="booking" title={say.empty} text={say.emptyText} />
  return (
    <View>
      <View className="section-title">{say.services}</View>
      {data.map((service) => (
        <Offered key={service.service} service={service} />
      ))}
    </View>
  )
}

function Offered({ service }: { service: Service }) {
  const { title, text, length, price } = service
  const more = [say.minutes(length / 60_000), price ? say.price(yuan(price)) : say.free].join(' · ')
  return (
    <View
      className="card service-card"
      hoverClass="card-pressed"
      onClick={() => Taro.navigateTo({ url: pageOfSlots(service.service) })}
    >
      <View className="service-card-words">
        <Text className="service-card-title">{title}</Text>
        {text ? <Text className="service-card-text">{text}</Text> : null}
        <Text className="service-card-text">{more}</Text>
      </View>
      <Icon name="right" size={16} color="#A9B2AE" />
    </View>
  )
}
