import { Picker, Text, View } from '@tarojs/components'
import { useState } from 'react'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { Row } from '../../components/row.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { tell, useTask } from '../../hooks/use-task.ts'
import { changeProfile, type Profile, readProfile } from '../../services/profile.ts'
import { words } from '../../words.ts'
import { EmailSheet } from './email-sheet.tsx'
import { Preference } from './preference.tsx'
import { RegionSheet } from './region-sheet.tsx'

const say = words.privacy.profile
const FIRST_BIRTHDAY = '1920-01-01'
const USUAL_BIRTHDAY = '1990-01-01'

/** What the customer tells of themselves. */
export default function ProfilePage() {
  return (
    <Page>
      <Particulars />
    </Page>
  )
}

function Particulars() {
  const { data: profile, error, reload, put } = useLive(readProfile)
  const [sheet, setSheet] = useState<'email' | 'region'>()
  const [, start] = useTask()
  if (!profile) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={2} />

  const change = (part: Partial<Pick<Profile, 'birthday' | 'region' | 'preferences'>>) =>
    start(async () => {
      put(await changeProfile(part))
      tell(say.saved)
    })

  return (
    <View>
      <View className="card rows">
        <Picker
          mode="date"
          value={profile.birthday ?? USUAL_BIRTHDAY}
          start={FIRST_BIRTHDAY}
          onChange={(event) => change({ birthday: event.detail.value })}
        >
          <Row label={say.birthday} value={profile.birthday} none={say.notSet} onClick={() => undefined} />
        </Picker>
        <Row label={say.region} value={profile.region} none={say.notSet} onClick={() => setSheet('region')} />
        <Row label={say.email} value={profile.email} none={say.notSet} onClick={() => setSheet('email')} />
      </View>
      <Text className="page-note">{say.birthdayNote}</Text>
      {profile.questions.length > 0 ? <View className="section-title">{say.preferences}</View> : null}
      {profile.questions.map((question) => (
        <Preference
          key={question.name}
          question={question}
          chosen={profile.preferences[question.name] ?? []}
          onChange={(values) => change({ preferences: { [question.name]: values } })}
        />
      ))}
      {profile.questions.length > 0 ? <Text className="page-note">{say.preferencesNote}</Text> : null}
      <EmailSheet open={sheet === 'email'} profile={profile} onClose={() => setSheet(undefined)} onChange={put} />
      <RegionSheet
        open={sheet === 'region'}
        region={profile.region}
        onClose={() => setSheet(undefined)}
        onChange={put}
      />
    </View>
  )
}
