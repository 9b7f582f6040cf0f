import { Text, View } from '@tarojs/components'
import { useRouter } from '@tarojs/taro'
import { useEffect } from 'react'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { knowCatalog } from '../../services/catalog.ts'
import { now } from '../../services/clock.ts'
import { isReady } from '../../services/rentals.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'
import { Bill } from './bill.tsx'
import './booking.css'
import { Cancel } from './cancel.tsx'
import { Deposit } from './deposit.tsx'
import { Documents } from './documents.tsx'
import { Held } from './held.tsx'
import { Over } from './over.tsx'
import { Particulars } from './particulars.tsx'
import { Ready } from './ready.tsx'
import { Sides } from './sides.tsx'
import { useBooking, type Whole } from './use-booking.ts'
import { Using } from './using.tsx'

const say = words.rental.booking

/** One rental, from the payment to the return of the deposit: how it stands, and what is to be done now. */
export default function BookingPage() {
  const { id = '' } = useRouter().params
  return (
    <Page>
      <Going id={decodeURIComponent(id)} />
    </Page>
  )
}

function Going({ id }: { id: string }) {
  const { data, error, reload } = useBooking(id)
  useEffect(knowCatalog, [])
  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading />
  const { booking, rental } = data
  const { state } = booking
  return (
    <View className="booking">
      <Head whole={data} />
      {state === 'held' ? <Held booking={booking} reload={reload} /> : null}
      <Over booking={booking} />
      {rental?.can.accept_car ? <Sides rental={rental} reload={reload} /> : null}
      {rental && state === 'confirmed' ? <Ready booking={booking} rental={rental} reload={reload} /> : null}
      {rental?.bill ? <Bill rental={rental} bill={rental.bill} reload={reload} /> : null}
      {rental ? <Using booking={booking} rental={rental} reload={reload} /> : null}
      {rental && !rental.can.accept_car ? <Sides rental={rental} reload={reload} /> : null}
      {rental?.deposit && state !== 'confirmed' ? <Deposit deposit={rental.deposit} /> : null}
      <Particulars booking={booking} />
      {rental ? <Documents rental={rental} /> : null}
      <Cancel booking={booking} reload={reload} />
    </View>
  )
}

/** The state in a word, what comes next, and by when. */
function Head({ whole: { booking, rental } }: { whole: Whole }) {
  const { state, stateText, number, until, from, returnedAt } = booking
  const next = rental?.stage?.progress
  const toDo = state === 'confirmed' && rental ? !isReady(rental) : true
  const by = (when: number) => sayTime(when, now())
  return (
    <View className="booking-head">
      <Text className="booking-number" userSelect>
        {say.number(number)}
      </Text>
      <Text className="booking-state">{stateText}</Text>
      {next && (toDo || rental.can.accept_car) ? <Text className="booking-next">{next}</Text> : null}
      {state === 'confirmed' && !rental?.can.accept_car ? (
        <Text className="booking-by">{toDo ? say.pickUpBy(by(from)) : say.pickUpAt(by(from))}</Text>
      ) : null}
      {state === 'running' && returnedAt === null ? (
        <Text className={until < now() ? 'booking-by booking-late' : 'booking-by'}>
          {until < now() ? say.late(by(until)) : say.returnBy(by(until))}
        </Text>
      ) : null}
    </View>
  )
}
