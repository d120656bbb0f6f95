// A shop on Segment's SDK for Node: plays one act of its day, given as JSON on standard input.
import { Analytics } from "@segment/analytics-node";
import { text } from "node:stream/consumers";

const failed = [];
const analytics = new Analytics({
  writeKey: process.env.KEY,
  host: process.env.URL,
  maxEventsInBatch: 3,
  maxRetries: 10,
});
analytics.on("error", (error) => failed.push(error));

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
for (const { call, ...fields } of JSON.parse(await text(process.stdin))) {
  const given = Object.fromEntries(Object.entries(fields).map(([name, value]) => [camel(name), value]));
  analytics[call](given);
}
await analytics.closeAndFlush({ timeout: 60_000 });
if (failed.length) {
  console.error("not delivered", failed);
  process.exit(1);
}
