// A shop on RudderStack's SDK for Node: plays one act of its day, given as JSON on standard input.
import { text } from "node:stream/consumers";
import Analytics from "@rudderstack/rudder-sdk-node";

const failed = [];
const client = new Analytics(process.env.KEY, {
  dataPlaneUrl: process.env.URL,
  gzip: process.env.GZIP === "1",
  flushAt: 3,
  retryCount: 10,
  errorHandler: (error) => failed.push(error),
});

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
for (const { call, ...fields } of JSON.parse(await text(process.stdin))) {
  const given = Object.fromEntries(Object.entries(fields).map(([name, value]) => [camel(name), value]));
  client[call](given);
}
do {
  await client.flush();
} while (client.queue.length);
await client.pendingFlush;
if (failed.length) {
  console.error("not delivered", failed);
  process.exit(1);
}
process.exit(0); // its timer would hold the process for another ten seconds
