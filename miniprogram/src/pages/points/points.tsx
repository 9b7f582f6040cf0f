import { Text, View } from '@tarojs/components'
import Taro, { usePullDownRefresh, useReachBottom } from '@tarojs/taro'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { now } from '../../services/clock.ts'
import { sayDay } from '../../services/days.ts'
import type { PointsLine, PointsPage } from '../../services/loyalty.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'
import './points.css'
import { usePoints } from './use-points.ts'

const say = words.loyalty.pointsPage

/** The customer's points and where they came from and went. */
export default function Points() {
  return (
    <Page>
      <History />
    </Page>
  )
}

function History() {
  const { points, lines, error, next, failed, more, reload } = usePoints()
  usePullDownRefresh(() => reload().finally(() => Taro.stopPullDownRefresh()))
  useReachBottom(more)
  if (!points || !lines) return error ? <Failed error={error} onRetry={reload} /> : <Loading />
  return (
    <View>
      <Head points={points} />
      {lines.length === 0 ? <Empty icon="points" title={say.empty} text={say.emptyText} /> : null}
      {lines.length > 0 ? (
        <View>
          <View className="section-title">{say.history}</View>
          <View className="card points-list">
            {lines.map((line) => (
              <Line key={line.id} line={line} />
            ))}
          </View>
          <View className="points-foot" onClick={more}>
            <Text>
              {failed
                ? words.loyalty.couponPage.moreFailed
                : next === null
                  ? words.loyalty.couponPage.end
                  : words.loyalty.couponPage.more}
            </Text>
          </View>
        </View>
      ) : null}
    </View>
  )
}

function Head({ points: { title, balance, pending, owed, expiring } }: { points: PointsPage }) {
  return (
    <View className="points-head">
      <Text className="points-head-name">{say.balance(title)}</Text>
      <Text className="points-head-balance">{balance}</Text>
      {expiring ? (
        <Text className="points-head-note">{say.expiring(expiring.points, sayDay(expiring.at, now()))}</Text>
      ) : null}
      {pending > 0 ? <Text className="points-head-note">{say.pending(pending)}</Text> : null}
      {owed > 0 ? <Text className="points-head-note">{say.owed(owed)}</Text> : null}
    </View>
  )
}

function Line({ line: { text, at, points, balance, pending } }: { line: PointsLine }) {
  return (
    <View className="points-line">
      <View className="points-line-text">
        <Text className="points-line-title">{text}</Text>
        <Text className="points-line-when">{sayTime(at, now())}</Text>
      </View>
      <View className="points-line-change">
        <Text className={`points-line-number ${points > 0 ? 'points-line-plus' : ''}`}>
          {points > 0 ? `+${points}` : String(points)}
        </Text>
        <Text className="points-line-left">{pending ? say.pendingTag : say.left(balance)}</Text>
      </View>
    </View>
  )
}
