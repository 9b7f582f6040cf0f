import { assetByCode } from './domain/assets/assets.ts'
import { enrolCars } from './domain/bookings/cars.ts'
import { hasRental, termsNow } from './domain/bookings/rental-file.ts'
import { BookingCar } from './domain/bookings/span.ts'
import type { Tx } from './lib/tx.ts'

/** Lets the cars of the make-believe city be booked: models and stores take turns. Cars that can be booked already stay. */
export async function seedRental(tx: Tx, codes: string[]): Promise<void> {
  if (!hasRental() || (await tx.first(BookingCar, ''))) return
  const { stores, models } = termsNow().body
  const [places, kinds] = [Object.keys(stores), Object.keys(models)]
  const there: string[] = []
  for (const code of codes) if (await assetByCode(tx, code)) there.push(code)
  await enrolCars(
    tx,
    there.map((code, n) => ({
      code,
      model: kinds[n % kinds.length] ?? '',
      store: places[Math.floor(n / 4) % places.length] ?? '',
    })),
  )
}
