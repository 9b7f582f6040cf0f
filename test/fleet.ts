import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { operatorKey } from '../server/domain/customers/operator.ts'
import { type HouseOptions, openStory, type Story } from './harness.ts'

export const ASSETS = `
system: { id: yingke_test, name: 迎客单车, contact: ops@bikes.example }
kinds:
  bike:
    title: 共享单车
    form_factor: bicycle
    propulsion: electric_assist
    max_range_km: 40
    forms: [bike_fault]
    maintenance:
      - { name: checkup, title: 定期保养, every: 90 d, every_km: 500, flow: bike_checkup }
  battery: { title: 电池 }
  station: { title: 停车点, station: true, forms: [bike_fault] }
rules:
  - { ride_end_allowed: false }
`

const FAULT_FORM = `
form: bike_fault
title: 车辆报修
submit: 提交
fields:
  - { name: bike, kind: asset, label: 车辆编号, required: true }
  - { name: where, kind: location, label: 位置, required: true }
  - { name: note, kind: longtext, label: 说明 }
`

const REPAIR_FORM = `
form: bike_repair
title: 维修结果
fields:
  - name: to
    kind: select
    label: 车辆去向
    required: true
    options:
      - { value: available, label: 恢复使用 }
      - { value: workshop, label: 送回车间 }
      - { value: scrap, label: 报废 }
`

function flow(name: string, opening: string, step: string, words: string): string {
  return `
flow: ${name}
title: ${name === 'bike_fault' ? '车辆报修' : '车辆保养'}
${opening}
calendar: service
escalation: standard
steps:
  - step: ${step}
    title: 到场处理
    progress: 师傅正在处理
    task: 到场处理
    role: engineer
    limit: 4 h
${words}
    actions: [accept, finish]
    next: end
`
}

const ZONES = {
  type: 'FeatureCollection',
  features: [
    {
      type: 'Feature',
      properties: { zone: '湖区', rules: [{ vehicle_type_ids: ['bike'], ride_through_allowed: false }] },
      geometry: {
        type: 'Polygon',
        coordinates: [
          [
            [121.47, 31.23],
            [121.48, 31.23],
            [121.48, 31.24],
            [121.47, 31.23],
          ],
        ],
      },
    },
  ],
}

/** A house whose pack has bikes and stations, a fault flow and a checkup; its sandbox has filled the city. */
export async function openFleetStory(options: HouseOptions = {}): Promise<Story> {
  const story = await openStory(options)
  await writeFleet(story)
  await story.restart()
  return story
}

/** Writes the files of a fleet into the story's pack. */
export async function writeFleet(story: Story, assets = ASSETS): Promise<void> {
  const pack = join(story.templates, 'packs/service-desk')
  const repair = `    form: bike_repair
    entry: [{ do: take_asset_out, reason: 用户报修 }]
    finish: [{ do: return_asset, to: { from: to } }]`
  await mkdir(join(pack, 'zones'), { recursive: true })
  const files = {
    'assets.yaml': assets,
    'zones/city.geojson': JSON.stringify(ZONES, undefined, 1),
    'forms/bike_fault.yaml': FAULT_FORM,
    'forms/bike_repair.yaml': REPAIR_FORM,
    'flows/bike_fault.yaml': flow('bike_fault', 'form: bike_fault', 'repair', repair),
    'flows/bike_checkup.yaml': flow(
      'bike_checkup',
      'opened_by: system',
      'checkup',
      '    entry: [{ do: take_asset_out }]\n    finish: [{ do: return_asset, to: available }]',
    ),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(pack, name), text)
}

/** A request to the operator's door. */
export async function operate<T = unknown>(story: Story, path: string, body: unknown, key = operatorKey()) {
  const response = await fetch(`${story.running.url}/api/operator/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as T }
}
