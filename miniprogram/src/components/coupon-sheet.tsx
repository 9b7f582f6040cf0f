import { Text, View } from '@tarojs/components'
import { words } from '../words.ts'
import { Action } from './action.tsx'
import './coupon-sheet.css'
import { Sheet } from './sheet.tsx'

const say = words.rental.order

/** A coupon that can be chosen, and what it is worth here. */
export interface CouponOption {
  id: string
  title: string
  terms: string
  worth: string
}

interface CouponSheetProps {
  open: boolean
  coupons: CouponOption[]
  chosen: string | undefined
  onPick: (coupon: string | undefined) => void
  onClose: () => void
}

/** The coupons of which one is used, or none. */
export function CouponSheet({ open, coupons, chosen, onPick, onClose }: CouponSheetProps) {
  return (
    <Sheet
      open={open}
      title={say.couponTitle}
      onClose={onClose}
      foot={<Action look="quiet" text={say.couponNone} onClick={() => onPick(undefined)} />}
    >
      {coupons.map(({ id, title, terms, worth }) => (
        <View
          key={id}
          className={`coupon-option ${id === chosen ? 'coupon-option-on' : ''}`}
          ariaRole="radio"
          ariaLabel={words.form.option(title, id === chosen)}
          onClick={() => onPick(id)}
        >
          <View className="coupon-option-words">
            <Text className="coupon-option-title">{title}</Text>
            <Text className="coupon-option-terms">{terms}</Text>
          </View>
          <Text className="coupon-option-worth">{worth}</Text>
        </View>
      ))}
    </Sheet>
  )
}
