import { Input, Text, View } from '@tarojs/components'
import { useEffect, useState } from 'react'
import { tell } from '../../hooks/use-task.ts'
import { assetOf, type KnownAsset, scanAsset } from '../../services/assets.ts'
import { codeIn } from '../../services/codes.ts'
import { host } from '../../services/host'
import { words } from '../../words.ts'
import { Action } from '../action.tsx'
import { type FieldProps, textOf } from './field-props.ts'

const LONGEST = 40
/** So long nobody types before a code is looked up. */
const PAUSE_MS = 500

/** A thing by its code, scanned or typed; whether there is such a thing is said at once. */
export function AssetField({ field, value, onChange }: FieldProps) {
  const code = codeIn(textOf(value))
  const known = useKnown(code)
  const scan = async () => {
    const found = await scanAsset()
    if (found) onChange(found)
    else if (found === '') tell(words.asset.notScanned)
  }
  return (
    <View>
      <View className="field-pair">
        <Input
          className="field-input field-line asset-code"
          value={textOf(value)}
          placeholder={field.placeholder ?? words.asset.placeholder}
          placeholderClass="field-placeholder"
          maxlength={LONGEST}
          cursorSpacing={24}
          onInput={(event) => onChange(event.detail.value)}
        />
        {host.scan ? (
          <View className="asset-scan">
            <Action look="quiet" text={words.asset.scan} onClick={scan} />
          </View>
        ) : null}
      </View>
      {known ? <Text className={`asset-known asset-known-${known.state}`}>{known.text}</Text> : null}
    </View>
  )
}

/** What the server says about a code, a moment after the last key. */
function useKnown(code: string): KnownAsset | undefined {
  const [known, setKnown] = useState<{ code: string; said?: KnownAsset }>()
  useEffect(() => {
    if (!code) return
    let wanted = true
    const timer = setTimeout(async () => {
      const said = await assetOf(code)
      if (wanted) setKnown({ code, said })
    }, PAUSE_MS)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [code])
  return known?.code === code ? known.said : undefined
}
