// What the pages compute before they ask or draw anything, at dates and figures of our own; run by test_units.py.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { changeOf } from "../../src/footfall/web/js/dashboard/change.js";
import { viewOf } from "../../src/footfall/web/js/lib/view.js";
import { readsOf } from "../../src/footfall/web/js/live/reads.js";

/** The view of an address at a moment. */
function viewAt(moment, search) {
  mock.timers.enable({ apis: ["Date"], now: new Date(moment) });
  try {
    return viewOf(search);
  } finally {
    mock.timers.reset();
  }
}

const whole = "the whole month before";
const part = "as much of the month before";

for (const [moment, zone, days, from, before, until, words] of [
  ["2026-03-15T14:00Z", "UTC", 15, "2026-03-01", "2026-02-01", "now-28d", part],
  ["2026-03-28T23:59Z", "UTC", 28, "2026-03-01", "2026-02-01", "now-28d", part],
  ["2026-03-29T00:00Z", "UTC", 29, "2026-03-01", "2026-02-01", "2026-03-01", whole],
  ["2026-03-31T14:00Z", "UTC", 31, "2026-03-01", "2026-02-01", "2026-03-01", whole],
  ["2026-03-01T09:30Z", "UTC", 1, "2026-03-01", "2026-02-01", "now-28d", part],
  ["2028-02-29T09:30Z", "UTC", 29, "2028-02-01", "2028-01-01", "now-31d", part],
  ["2028-03-29T09:30Z", "UTC", 29, "2028-03-01", "2028-02-01", "now-29d", part],
  ["2028-03-30T09:30Z", "UTC", 30, "2028-03-01", "2028-02-01", "2028-03-01", whole],
  ["2027-01-01T09:30Z", "UTC", 1, "2027-01-01", "2026-12-01", "now-31d", part],
  ["2026-12-31T22:59Z", "Europe/Berlin", 31, "2026-12-01", "2026-11-01", "2026-12-01", whole],
  ["2026-12-31T23:30Z", "Europe/Berlin", 1, "2027-01-01", "2026-12-01", "now-31d", part],
  ["2027-01-01T04:59Z", "America/New_York", 31, "2026-12-01", "2026-11-01", "2026-12-01", whole],
]) {
  test(`the month so far at ${moment} in ${zone} is compared with ${words}`, () => {
    const view = viewAt(moment, `?period=month&tz=${encodeURIComponent(zone)}`);
    assert.deepEqual(view.range, { from, to: "now" });
    assert.deepEqual(view.before, { from: before, to: until });
    assert.deepEqual([view.days, view.beforeWords, view.running], [days, words, true]);
  });
}

test("the month so far is compared with the same weekdays of a year before", () => {
  const view = viewAt("2026-03-31T14:00Z", "?period=month&compare=year");
  assert.deepEqual(view.before, { from: "2025-03-02", to: "now-364d" });
});

test("a change is in percent, and many times what it was is said as such", () => {
  assert.deepEqual(changeOf(150, 100), { kind: "percent", by: 50 });
  assert.deepEqual(changeOf(75, 100), { kind: "percent", by: -25 });
  assert.deepEqual(changeOf(-50, 100), { kind: "percent", by: -150 });
  assert.deepEqual(changeOf(499, 100), { kind: "percent", by: 399 });
  assert.deepEqual(changeOf(500, 100), { kind: "times", by: 5 });
  assert.deepEqual(changeOf(10_004, 10_000), { kind: "percent", by: 0 });
  assert.deepEqual(changeOf(12.5, 10, { points: true }), { kind: "points", by: 2.5 });
  assert.deepEqual(changeOf(90, 1, { points: true }), { kind: "points", by: 89 });
});

test("nothing is said of a change from zero, from money that flowed back, or to or from what is not there", () => {
  for (const before of [0, -10, -0.01, null]) {
    for (const now of [100, 0, -100]) assert.equal(changeOf(now, before), undefined);
  }
  assert.equal(changeOf(null, 100), undefined);
  assert.equal(changeOf(5, 0, { points: true }), undefined);
});

const PLAN = `
Aggregating
│  Keys:
│  Aggregates: count()
└──Union
   ├──ReadFromMergeTree (footfall.events)
   │     Parts: 1 | Granules: 1
   │     Prewhere filter column:  event_type = 'a' AND event_id = '61f0c404-5cb3-11e7-907b-a6006ad3dba0'
   │     Indexes:
   │       Min-Max
   │         Keys:
   │           event_date
   │         Condition: (event_date in [20486, +Inf))
   │         Parts: 2/3
   │         Granules: 7/13
   │       PrimaryKey
   │         Condition: (event_type in ['a', 'a'])
   │         Parts: 1/2
   │         Granules: 3/7
   │         Search Algorithm: binary search
   │       Skip
   │         Name: idx_country
   │         Description: set GRANULARITY 1
   │         Parts: 1/1
   │         Granules: 3/3
   │       Skip
   │         Name: idx_event_id
   │         Description: bloom_filter GRANULARITY 1
   │         Parts: 1/1
   │         Granules: 1/3
   │       Ranges: 1
   └──ReadFromMergeTree (proj_by_user)
         Parts: 2 | Granules: 4
ReadFromPreparedSource (Optimized trivial count)`;

test("of each read of a plan it is known what each step had and kept", () => {
  assert.deepEqual(readsOf(PLAN.split("\n")), [
    {
      source: "footfall.events",
      left: 1,
      total: 13,
      steps: [
        { name: "Min-Max", kept: 7, had: 13 },
        { name: "PrimaryKey", kept: 3, had: 7 },
        { name: "idx_country", kept: 3, had: 3 },
        { name: "idx_event_id", kept: 1, had: 3 },
      ],
    },
    { source: "proj_by_user", left: 4, total: 4, steps: [] },
    { source: "Optimized trivial count", left: undefined, total: 0, steps: [] },
  ]);
});
