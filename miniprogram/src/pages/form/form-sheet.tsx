import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { Action } from '../../components/action.tsx'
import { Field } from '../../components/fields/field.tsx'
import type { Answers, FormDefinition } from '../../services/api.ts'
import { plainAnswers } from '../../services/plain-answers.ts'
import { words } from '../../words.ts'
import { FOOT, fieldId } from './field-id.ts'
import './form.css'
import { useDraft } from './use-draft.ts'
import { useSubmit } from './use-submit.ts'

/** The fields of a form, with a draft behind them and one button below; `given` is what is known from the beginning. */
export function FormSheet({ form, given }: { form: FormDefinition; given: Answers }) {
  const draft = useDraft(form, given)
  const { submit, busy, failure, problems, clearProblem } = useSubmit(form, draft)
  const count = Object.keys(problems).length
  const { shown, values } = plainAnswers(form, draft.answers)

  const startOver = async () => {
    const { confirm } = await Taro.showModal({
      content: words.form.clearConfirm,
      confirmText: words.form.clearYes,
      cancelText: words.cancel,
      confirmColor: '#1b7f5a',
    })
    if (confirm) draft.startOver()
  }

  return (
    <View className="form">
      {draft.restored ? (
        <View className="form-restored">
          <Text className="form-restored-text">{words.form.restored}</Text>
          <Text className="form-clear" onClick={startOver}>
            {words.form.clear}
          </Text>
        </View>
      ) : null}
      {form.intro ? <Text className="form-intro">{form.intro}</Text> : null}
      {shown.map((field) => (
        <Field
          key={field.name}
          id={fieldId(form, field.name)}
          field={field}
          value={field.computed ? values[field.name] : draft.answers[field.name]}
          problem={problems[field.name]}
          onChange={(value) => {
            clearProblem(field.name)
            draft.answer(field.name, value)
          }}
        />
      ))}
      <Text className="form-saved">{words.form.saved}</Text>
      <View id={FOOT} className="form-foot">
        {failure ? (
          <View className="form-failure" ariaRole="alert">
            <Text className="form-failure-title">{words.form.failed}</Text>
            <Text className="form-failure-text">{failure}</Text>
            <Text className="form-failure-text">{words.form.kept}</Text>
          </View>
        ) : null}
        {count > 0 ? <Text className="form-attention">{words.form.attention(count)}</Text> : null}
        <Action
          text={failure ? words.form.retry : (form.submit ?? words.form.submit)}
          busyText={words.form.sending}
          busy={busy}
          onClick={submit}
        />
      </View>
    </View>
  )
}
