import { Canvas, type CanvasTouchEvent, Image, Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useEffect, useId, useRef, useState } from 'react'
import { useTask } from '../../hooks/use-task.ts'
import { host, type PadCanvas, type Pen } from '../../services/host'
import { type PhotoItem, photosIn } from '../../services/photo-item.ts'
import { photoUrl, uploadPhoto } from '../../services/uploads.ts'
import { words } from '../../words.ts'
import { Action } from '../action.tsx'
import type { FieldProps } from './field-props.ts'
import { draw, type Stroke } from './strokes.ts'

type SignatureProps = Pick<FieldProps, 'value' | 'onChange'> & {
  /** It signs a paper: nobody but its owner sees it. */
  paper?: boolean
}

/** A signature: drawn with a finger, sent as a picture. */
export function SignatureField({ value, onChange, paper }: SignatureProps) {
  const [item] = photosIn(value)
  if (!item) return <Pad paper={paper} onDone={(signed) => onChange([signed])} />
  return (
    <View>
      <View className="sign-frame">
        <Image className="sign-picture" src={item.path ?? photoUrl(item.url ?? '')} mode="aspectFit" />
      </View>
      <View className="field-aside">
        <Action look="plain" text={words.sign.again} onClick={() => onChange(undefined)} />
      </View>
    </View>
  )
}

interface Sheet {
  canvas: PadCanvas
  width: number
  height: number
}

function Pad({ paper, onDone }: { paper?: boolean; onDone: (item: PhotoItem) => void }) {
  const id = `pad${useId().replace(/\W/g, '')}`
  const sheet = useRef<Sheet>()
  const strokes = useRef<Stroke[]>([])
  const [count, setCount] = useState(0)
  const [saving, start] = useTask()

  const redraw = () => {
    const { canvas, width, height } = sheet.current ?? {}
    if (canvas && width && height) draw(canvas, width, height, strokes.current)
  }
  const change = (next: Stroke[]) => {
    strokes.current = next
    setCount(next.length)
    redraw()
  }
  const pen: Pen = {
    down: (x, y) => change([...strokes.current, [{ x, y }]]),
    move: (x, y) => {
      strokes.current.at(-1)?.push({ x, y })
      redraw()
    },
    up: () => undefined,
  }
  const latest = useRef(pen)
  latest.current = pen

  useEffect(() => {
    let stop = () => {}
    // The canvas is there only after the page was drawn.
    const timer = setTimeout(() => {
      openSheet(id, (opened) => {
        sheet.current = opened
        draw(opened.canvas, opened.width, opened.height, strokes.current)
        const steady: Pen = {
          down: (x, y) => latest.current.down(x, y),
          move: (x, y) => latest.current.move(x, y),
          up: () => latest.current.up(),
        }
        stop = host.onMouse?.(opened.canvas, steady) ?? stop
      })
    }, 50)
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [id])

  const save = () =>
    start(async () => {
      if (!sheet.current) return
      const { path } = await host.pictureOf(sheet.current.canvas)
      const sent = await uploadPhoto(path, () => undefined, paper)
      onDone({ key: `${Date.now()}`, state: 'sent', progress: 100, path, ...sent })
    })

  return (
    <View>
      <View className="sign-frame">
        <Canvas
          type="2d"
          id={id}
          canvasId={id}
          className="sign-pad"
          disableScroll
          onTouchStart={(event) => follow(event, pen.down)}
          onTouchMove={(event) => follow(event, pen.move)}
        />
        {count === 0 ? <Text className="sign-hint">{words.sign.here}</Text> : null}
      </View>
      <View className="sign-actions">
        <Action
          look="plain"
          text={words.sign.undo}
          disabled={count === 0}
          onClick={() => change(strokes.current.slice(0, -1))}
        />
        <Action look="plain" text={words.sign.clear} disabled={count === 0} onClick={() => change([])} />
        <Action
          look="quiet"
          text={words.sign.done}
          busyText={words.sign.saving}
          busy={saving}
          disabled={count === 0}
          onClick={save}
        />
      </View>
    </View>
  )
}

/** Makes a canvas as fine as the screen that shows it. */
function openSheet(id: string, onOpen: (sheet: Sheet) => void): void {
  const query = Taro.createSelectorQuery()
  query.select(`#${id}`).node()
  query.select(`#${id}`).boundingClientRect()
  query.exec(([found, place]: [{ node?: PadCanvas } | null, { width: number; height: number } | null]) => {
    if (!found?.node || !place) return
    const { node } = found
    const fine = Taro.getWindowInfo().pixelRatio
    node.width = Math.round(place.width * fine)
    node.height = Math.round(place.height * fine)
    onOpen({ canvas: node, width: place.width, height: place.height })
  })
}

/** Where a touch is on the canvas: WeChat says it itself, a browser only where on the page. */
function follow(event: CanvasTouchEvent, tell: (x: number, y: number) => void): void {
  const [touch] = event.touches as unknown as ({ x?: number; y?: number } & Touch)[]
  if (!touch) return
  if (touch.x !== undefined && touch.y !== undefined) {
    tell(touch.x, touch.y)
    return
  }
  const { left, top } = (touch.target as Element).getBoundingClientRect()
  tell(touch.clientX - left, touch.clientY - top)
}
