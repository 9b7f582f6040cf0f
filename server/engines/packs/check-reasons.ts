/** What a reason says, taken apart: the code under `say` in templates/messages/pack-errors.yaml and what it tells. */
export interface Told {
  code: string
  /** What the reason names, by name. */
  data: Record<string, string>
  /** The words that would have been right. */
  known?: string[]
}

/** The reasons that the readers of packs and the schemas give, each with the code of its words. The first that fits counts. */
const REASONS: [code: string, reason: RegExp][] = [
  ['unknown', /^there is no (?<what>[a-z ]+?)(?: "[^"]*")? "(?<name>[^"]*)"; known: (?<known>.*)$/],
  ['field_kind', /^there is no kind "(?<name>.*)", only (?<known>.*)$/],
  ['missing', /^Invalid input: expected (?<type>\w+), received undefined$/],
  ['wrong_type', /^Invalid input: expected (?<type>\w+), received (?<given>\w+)$/],
  ['unknown_key', /^Unrecognized keys?: (?<names>.+)$/],
  ['not_option', /^Invalid option: expected one of (?<known>.+)$/],
  ['empty', /^Too small: expected (?:string|array) to have >=1 /],
  ['too_few', /^Too small: expected \w+ to (?:be|have) >=?(?<min>[\d.]+)/],
  ['too_long', /^Too big: expected string to have <=(?<max>\d+) /],
  ['too_many', /^Too big: expected \w+ to (?:be|have) <=?(?<max>[\d.]+)/],
  ['no_form_fits', /^Invalid input$/],
  ['name', /^use lower-case letters, digits and underscores(, 26 at most)?$/],
  ['form_name', /^small letters, digits, - and _, 60 at most$/],
  ['field_name', /^begins with a small letter; /],
  ['reserved_name', /^(?:"(?<name>.*)" )?is a reserved name$/],
  ['span', /^write a span such as /],
  ['share', /^write a share (?:such as|from) /],
  ['time', /^write a time of day such as /],
  ['distance', /^write a distance such as /],
  ['clock_span', /^write a span of the clock such as /],
  ['event_name', /^write the name of an event such as /],
  ['step_field', /^write form\.<field> or <step>\.<field>$/],
  ['zones_name', /^write zones\/<name>$/],
  ['step_field', /^write <step>\.<field>$/],
  ['ascending', /^write the spans in ascending order/],
  ['zone', /^is not a time zone/],
  ['no_working_time', /^has no working time at all$/],
  ['day', /^must be a day written yyyy-mm-dd$/],
  ['twice', /^"(?<name>.*)" is defined in (?<other>.*) already$/],
  ['step_twice', /^the step "(?<name>.*)" stands twice$/],
  ['last_branch', /^the last branch must be without "when"/],
  ['no_finish', /^a step without "finish" can never end$/],
  ['unreachable', /^no step leads to "(?<name>.*)"$/],
  ['no_way_on', /^no way leads from "(?<name>.*)" to /],
  ['runs_round', /^from "(?<name>.*)" the flow runs round without waiting for anybody$/],
  ['branch_ends', /^a branch of "parallel" ends with "join", not with "end"$/],
  ['join_outside', /^"join" stands outside of any "parallel"$/],
  ['other_branch', /^"(?<name>.*)" belongs to another branch: /],
  ['in_branch', /^"(?<name>.*)" stands in a branch of "parallel"$/],
  ['calls_itself', /^"(?<name>.*)" leads back to "(?<other>.*)": a flow cannot call itself$/],
  ['private_shown', /^"(?<name>.*)" is private: "(?<word>.*)" would show it$/],
  ['no_opening', /^customers open a flow with a form: /],
  ['offered', /^customers are offered "(?<name>.*)": it needs "opened_by: system"$/],
  ['kind_twice', /^the kind "(?<name>.*)" stands in another pack already$/],
  ['plan_twice', /^the plan "(?<name>.*)" stands twice$/],
  ['how_often', /^say how often: /],
  ['range', /^a vehicle with a motor needs its range, /],
  ['whole_days', /^write whole days such as /],
  ['time_span', /^must be a span of the clock such as /],
  ['time_day', /^must be a day such as /],
  ['time_days', /^must be "today", /],
  ['time_far', /^must not be more than (?<max>\d+) d$/],
  ['fact_way', /^say how it is made: (?<known>.*)$/],
  ['fact_ways', /^a fact is made in one way: there is "(?<name>.*)" already$/],
  ['fact_of', /^"(?<name>\w+)" needs "of": which value$/],
  ['fact_idle', /^"(?<name>\w+)" means nothing for "(?<way>\w+)"$/],
  ['fact_stays', /^"(?<name>.*)" must stay a (?<type>\w+)$/],
  ['fact_type', /^"(?<name>.*)" is a (?<type>text|number), not (?<given>.*)$/],
  ['fact_no_time', /^"(?<name>.*)" is no time: "(?<word>.*)" means nothing for it$/],
  ['fact_no_list', /^"(?<name>.*)" is no list$/],
  ['no_regex', /^customers cannot be found by "\$regex"/],
  ['goes_round', /^"(?<name>.*)" depends on itself: /],
  ['other_pack', /^"(?<name>.*)" is defined in another pack already$/],
  ['edges_ascend', /^write the edges in ascending order$/],
  ['edges_or', /^write either "edges" or "quantiles"$/],
  ['stage_twice', /^the stage "(?<name>.*)" stands twice$/],
  ['last_stage', /^the last stage, and no other, must be without "when"$/],
  ['needs_lost', /^"reason" needs "lost: true"$/],
  ['cond_scalar', /^must be a text, a number, true, false or null$/],
  ['cond_ordered', /^must be a number or a text$/],
  ['cond_scalars', /^must be a list of texts, numbers, /],
  ['cond_truth', /^must be true or false$/],
  ['cond_empty', /^has no operator$/],
  ['evidence_form', /^a step without a form cannot ask for photos$/],
  ['evidence_most', /^the field "(?<name>.*)" takes (?<max>\d+) photos at most$/],
  ['needs_approval', /^"(?<name>.*)" needs "approval" in the same step$/],
  ['asked_already', /^the role "(?<name>.*)" is asked already$/],
  ['limit_of_nobody', /^"(?<name>.*)" is neither the step's role nor in "above"$/],
  ['limit_of_all', /^nobody may approve more than this: leave "(?<name>.*)" without a limit$/],
  ['approval_action', /^an approval has no "(?<name>.*)"; known: (?<known>.*)$/],
  ['no_rejection', /^"next" must tell by "(?<name>.*)\.decision" where the flow goes when it is rejected$/],
  ['no_earlier_step', /^"(?<name>.*)" is no earlier step$/],
  ['nobody_there', /^at "(?<name>.*)" nobody does anything$/],
  ['other_branch', /^"(?<name>.*)" stands in another branch of "parallel"$/],
  ['no_single_doer', /^"(?<name>.*)" is an approval: it has no single doer$/],
  ['dispatch_role', /^"(?<name>.*)" sends the role "(?<role>.*)", not "(?<wanted>.*)"$/],
  ['arrive_nowhere', /^"arrive" needs "assign: /],
  ['skill_from', /^skills are needed by an answer: /],
  ['skills', /^write under "skills" which answer needs which skills$/],
  ['wrong_moment', /^"(?<name>.*)" is said on "(?<first>\w+)"(?: or "(?<second>\w+)")?$/],
  ['take_back', /^"take_back" needs a step that is assigned by "dispatch"/],
  ['item_twice', /^the item "(?<name>.*)" stands twice$/],
  ['free_most', /^"free" is greater than "most"$/],
  ['ends_early', /^ends before it (?:starts|begins)$/],
  ['ridden_twice', /^"(?<name>.*)" is ridden by more than one plan$/],
  ['not_for_customers', /^customers are not asked for items of a price list$/],
  ['no_day', /^"(?<name>.*)" names no day$/],
  ['ring', /^a ring ends where it begins$/],
  ['field_twice', /^the name is used twice$/],
  ['not_earlier', /^"(?<name>.*)" is no field that stands before this one$/],
  ['not_public', /^a web page without sign-in takes no (?<kind>\w+)$/],
  ['formula_field', /^the formula "(?<name>.*)" is no field that stands before this one$/],
  ['formula_kind', /^the formula "(?<name>.*)" is of the kind (?<kind>\w+), with which nothing can be computed$/],
  ['formula', /^the formula (?<why>.*)$/],
  ['computed', /^(?<name>\w+) means nothing for a computed field$/],
  ['decimals', /^decimals means nothing without computed$/],
  ['means_nothing', /^(?<name>\w+) means nothing for the kind (?<kind>\w+)$/],
  ['kind_needs', /^(?<name>\w+) is missing, the kind (?<kind>\w+) needs it$/],
  ['option_twice', /^two options have the same value$/],
  ['option_text', /^must be a text; put numbers in quotes$/],
  ['min_max', /^min is greater than max$/],
  ['pattern', /^the pattern (?<why>.*)$/],
  ['default', /^the default does not pass: (?<why>.*)$/],
  ['operator', /^unknown operator (?<name>\S+)$/],
  ['path', /^is not a field path such as /],
  ['unreadable', /^the file cannot be read$/],
  ['offset', /^write an offset such as /],
  ['last_way', /^only the last way of a branch may be without "if"$/],
  ['shares', /^the shares must come to 100 %$/],
  ['behind_end', /^what stands behind "end" is never done$/],
  ['too_deep', /^is nested deeper than (?<max>\d+) levels$/],
  ['stop_either', /^a reason to stop is either an "event" or an "if"$/],
  ['weekdays', /^write the weekdays, such as /],
  ['month_day', /^write the day of the month, such as /],
  ['year_day', /^write month and day, such as /],
  ['day_idle', /^means nothing here: leave it out$/],
  ['text', /^the text (?<why>.*)$/s],
  ['own_less', /^"own" must not show less of "(?<name>.*)" than "view"$/],
  ['field_unseen', /^"(?<name>.*)" is not seen: "(?<right>\w+)" means nothing for it$/],
  ['stands_twice', /^"(?<name>.*)" stands twice$/],
  ['needs_hour', /^rentals of less than a day need "hour"$/],
  ['descending', /^write the longest span first/],
  ['least_most', /^"least" is longer than "most"$/],
  ['what_costs', /^say what it costs: /],
  ['five_minutes', /^write a multiple of 5 minutes$/],
  ['some_time', /^takes some time$/],
  ['at_least_one', /^name at least one /],
  ['program_rows', /^a program has no customers of its own$/],
]

/** Takes a reason apart; one that nobody has words for is told as it is. */
export function tellReason(reason: string): Told {
  const [, field, inner] = /^(?:field "([^"]*)"|rule \d+): (.*)$/s.exec(reason) ?? []
  const about = inner || reason
  for (const [code, pattern] of REASONS) {
    const found = pattern.exec(about)
    if (!found) continue
    const { known, ...data } = { ...found.groups }
    return {
      code,
      data: { ...data, ...(field !== undefined && { field }) } as Record<string, string>,
      ...(known !== undefined && { known: listed(known) }),
    }
  }
  return { code: 'other', data: { reason: about } }
}

/** The words of a list as reasons write it: `a, b` or `"a"|"b"`. */
function listed(known: string): string[] {
  if (known === 'none') return []
  return known.includes('"') ? unquoted(known) : known.split(', ')
}

/** The names in quotes within a text. */
export function unquoted(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"/g)].map(([, name = '']) => name)
}
