import { Button } from '@nutui/nutui-react-taro'
import '@nutui/nutui-react-taro/dist/es/packages/button/style/style.css'
import '@nutui/nutui-react-taro/dist/es/packages/loading/style/style.css'
import type { HostButton } from '../services/host'
import './action.css'

interface ActionProps {
  text: string
  /** Shown instead while the action is under way. */
  busyText?: string
  busy?: boolean
  look?: 'main' | 'quiet' | 'plain'
  disabled?: boolean
  onClick?: () => void
  /** For buttons that WeChat itself answers, such as the phone number's. */
  host?: HostButton
}

const FILLS = { main: 'solid', quiet: 'outline', plain: 'none' } as const

/** A button that says what it does, at least 44 px high. */
export function Action({ text, busyText, busy = false, look = 'main', disabled = false, onClick, host }: ActionProps) {
  return (
    <Button
      className={`action action-${look}`}
      type="primary"
      fill={FILLS[look]}
      loading={busy}
      disabled={disabled}
      onClick={onClick}
      {...host}
    >
      {busy && busyText ? busyText : text}
    </Button>
  )
}
