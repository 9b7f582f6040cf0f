import { type Live, useLive } from '../../hooks/use-live.ts'
import { type Booking, readBooking } from '../../services/bookings.ts'
import { type RentalLook, readRentalOf } from '../../services/rentals.ts'

/** A booking with what happens in it. */
export interface Whole {
  booking: Booking
  rental?: RentalLook
}

const SOON_MS = 3000
const OFTEN_MS = 6000
/** States from which nothing comes any more. */
const OVER = new Set<Booking['state']>(['cancelled', 'expired', 'no_show', 'closed'])
/** In these nothing of a rental is there yet, or any more. */
const BARE = new Set<Booking['state']>(['held', 'expired'])

/** One booking as it stands now, looked at again while something may happen in it. */
export function useBooking(id: string): Live<Whole> {
  return useLive(
    async () => {
      const booking = await readBooking(id)
      return BARE.has(booking.state) ? { booking } : { booking, rental: await readRentalOf(id) }
    },
    (whole) => {
      if (!whole) return OFTEN_MS
      if (OVER.has(whole.booking.state)) return null
      return whole.booking.state === 'held' ? SOON_MS : OFTEN_MS
    },
  )
}
