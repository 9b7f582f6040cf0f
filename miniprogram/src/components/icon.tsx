import { Image } from '@tarojs/components'
import { photoUrl } from '../services/uploads.ts'

/** Line drawings on a 24-unit square, named as packs name them. */
const DRAWINGS: Record<string, string> = {
  complaint: '<path d="M4 5h16v11H9l-5 4z"/><path d="M12 8v3.5M12 13.6v.1"/>',
  repair:
    '<path d="M14.5 6.5a4 4 0 0 1 5-1l-2.6 2.6 1.5 1.5L21 7a4 4 0 0 1-5.6 4.7L8 19a2.1 2.1 0 0 1-3-3l7.4-7.4a4 4 0 0 1 2.1-2.1z"/>',
  refund: '<rect x="3" y="6" width="18" height="13" rx="2"/><path d="M3 10h18M12 17v-4m0 0-2 2m2-2 2 2"/>',
  appeal: '<path d="M12 4v16M7 20h10M5 8h14M5 8l-2.5 6h5zM19 8l-2.5 6h5z"/>',
  return: '<path d="M4 8h11a5 5 0 0 1 0 10H8"/><path d="M8 4 4 8l4 4"/>',
  invoice: '<path d="M6 3h12v18l-3-2-3 2-3-2-3 2z"/><path d="M9 8h6M9 12h6"/>',
  question: '<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.5v.1"/>',
  quote: '<path d="M6 3h9l4 4v14H6z"/><path d="M15 3v4h4M9.5 11l3 3.5 3-3.5M12.5 14.5V19M10 15.5h5M10 17.5h5"/>',
  paper: '<path d="M6 3h9l4 4v14H6z"/><path d="M15 3v4h4M9 12h7M9 16h7"/>',
  booking: '<rect x="4" y="5" width="16" height="15" rx="2"/><path d="M4 10h16M8 3v4M16 3v4"/>',
  service:
    '<path d="M5 13v-1a7 7 0 0 1 14 0v1"/><rect x="3.5" y="13" width="4" height="6" rx="1.5"/><rect x="16.5" y="13" width="4" height="6" rx="1.5"/><path d="M18.5 19c0 1.5-2 2.5-5 2.5"/>',
  scan: '<path d="M4 9V6a2 2 0 0 1 2-2h3M15 4h3a2 2 0 0 1 2 2v3M20 15v3a2 2 0 0 1-2 2h-3M9 20H6a2 2 0 0 1-2-2v-3M4 12h16"/>',
  car: '<path d="M2.5 15.5v-2.8l2.6-.9L8 8.2h6.4l3.4 3.6 3 .8a1 1 0 0 1 .7 1v2h-2M9 16h6M2.5 15.5h2"/><path d="M8.6 11.7h8M11.3 8.4v3.3"/><circle cx="6.8" cy="16" r="2"/><circle cx="17.2" cy="16" r="2"/>',
  van: '<path d="M2.5 16V7.5a1 1 0 0 1 1-1h10.8l4 5.2 2.5.7a1 1 0 0 1 .7 1V16h-2M9 16.2h6M2.5 16h2"/><path d="M3 11.7h15M8.4 6.7v5M13 6.7v5"/><circle cx="6.8" cy="16.2" r="2"/><circle cx="17.2" cy="16.2" r="2"/>',
  right: '<path d="m9 5 7 7-7 7"/>',
  down: '<path d="m5 9 7 7 7-7"/>',
  check: '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
  plus: '<path d="M12 5v14M5 12h14"/>',
  cross: '<path d="m6 6 12 12M18 6 6 18"/>',
  retry: '<path d="M19 12a7 7 0 1 1-2-4.9"/><path d="M19 4v4h-4"/>',
  cloud: '<path d="M7 18a4 4 0 0 1-.5-8A6 6 0 0 1 18 9.5a4.3 4.3 0 0 1-.5 8.5z"/><path d="m4 4 16 16"/>',
  inbox: '<path d="M4 13 7 5h10l3 8v6H4z"/><path d="M4 13h5l1 2.5h4l1-2.5h5"/>',
  chat: '<path d="M4 5h16v11H9l-5 4z"/><path d="M8 9h8M8 12h5"/>',
  coupon: '<path d="M3 7h18v3.5a1.8 1.8 0 0 0 0 3.5V17H3v-3a1.8 1.8 0 0 0 0-3.5z"/><path d="M14 7v2M14 11v2M14 15v2"/>',
  points:
    '<circle cx="12" cy="12" r="9"/><path d="m12 7.5 1.4 2.9 3.1.4-2.3 2.2.6 3.1-2.8-1.5-2.8 1.5.6-3.1-2.3-2.2 3.1-.4z"/>',
  star: '<path d="m12 4 2.5 5.1 5.6.8-4 4 .9 5.6-5-2.7-5 2.7.9-5.6-4-4 5.6-.8z"/>',
}

interface IconProps {
  name: string
  size?: number
  color?: string
}

/** A drawing by name, or a picture when the pack gives an address; an unknown name draws the general sign. */
export function Icon({ name, size = 24, color = '#1B7F5A' }: IconProps) {
  const isPicture = name.startsWith('/') || name.startsWith('https://')
  const style = { width: `${size}px`, height: `${size}px`, display: 'block', flexShrink: 0 }
  return (
    <Image
      src={isPicture ? photoUrl(name) : draw(name, color)}
      style={style}
      mode={isPicture ? 'aspectFit' : 'scaleToFill'}
    />
  )
}

function draw(name: string, color: string): string {
  const lines = DRAWINGS[name] ?? DRAWINGS.service
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="${color}" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">${lines}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
