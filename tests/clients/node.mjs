// @clickhouse/client against the engine, doing what its documentation shows; run by test_node.py.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { after, before, describe, test } from "node:test";
import { ClickHouseError, createClient, SettingsMap, TupleParam } from "@clickhouse/client";

const url = process.env.ENGINE_URL;
const database = "clients_node";
const connect = (more = {}) =>
  createClient({ url, username: "footfall", password: process.env.ENGINE_PASSWORD, database, ...more });
const client = connect();
const ROWS = [
  { id: "42", name: "hello", sku: [0, 1] },
  { id: "43", name: "wörld\t\n'\"", sku: [3, 4] },
];

async function table(name, columns = "id UInt64, name String, sku Array(UInt8)") {
  await client.command({ query: `CREATE OR REPLACE TABLE ${name} (${columns}) ENGINE = MergeTree ORDER BY tuple()` });
  return name;
}

async function rowsOf(name) {
  const result = await client.query({
    query: `SELECT * FROM ${name} ORDER BY id`,
    format: "JSONEachRow",
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
  });
  return result.json();
}

async function until(condition) {
  for (let tries = 0; !(await condition()); tries++) {
    assert.ok(tries < 100, "it never came true");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

before(async () => {
  const owner = connect({ database: undefined });
  await owner.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
  await owner.close();
});
after(async () => {
  await client.command({ query: `DROP DATABASE ${database}` });
  await client.close();
});

test("ping, without and with a SELECT", async () => {
  assert.deepEqual(await client.ping(), { success: true });
  assert.deepEqual(await client.ping({ select: true }), { success: true });
  const stranger = connect({ password: "wrong" });
  const refused = await stranger.ping({ select: true });
  assert.equal(refused.success, false);
  assert.equal(refused.error.code, "516");
  await stranger.close();
});

describe("query", () => {
  const sql = "SELECT number, toString(number) AS text FROM numbers(3) ORDER BY number LIMIT 2";
  const objects = [{ number: 0, text: "0" }, { number: 1, text: "1" }];
  const arrays = [[0, "0"], [1, "1"]];

  for (const format of ["JSON", "JSONCompact", "JSONStrings", "JSONCompactStrings"]) {
    test(`in ${format}`, async () => {
      const result = await (await client.query({ query: sql, format })).json();
      assert.equal(result.rows, 2);
      assert.equal(result.rows_before_limit_at_least, 3);
      assert.deepEqual(result.meta, [{ name: "number", type: "UInt64" }, { name: "text", type: "String" }]);
      const values = format.includes("Compact") ? arrays : objects;
      const expected = JSON.stringify(values);
      assert.equal(
        JSON.stringify(result.data),
        format.includes("Strings") ? expected.replaceAll(/([:[,])([01])([,\]}])/g, '$1"$2"$3') : expected,
      );
    });
  }
  test("in JSONColumnsWithMetadata, JSONObjectEachRow", async () => {
    const columns = await (await client.query({ query: sql, format: "JSONColumnsWithMetadata" })).json();
    assert.deepEqual(columns.data, { number: [0, 1], text: ["0", "1"] });
    const named = await (await client.query({ query: sql, format: "JSONObjectEachRow" })).json();
    assert.deepEqual(named, { row_1: objects[0], row_2: objects[1] });
  });
  for (const [format, expected] of [
    ["JSONEachRow", objects],
    ["JSONStringsEachRow", objects.map(({ number, text }) => ({ number: `${number}`, text }))],
    ["JSONCompactEachRow", arrays],
    ["JSONCompactStringsEachRow", arrays.map(([number, text]) => [`${number}`, text])],
    ["JSONCompactEachRowWithNames", [["number", "text"], ...arrays]],
    ["JSONCompactEachRowWithNamesAndTypes", [["number", "text"], ["UInt64", "String"], ...arrays]],
  ]) {
    test(`in ${format}, whole and as a stream`, async () => {
      assert.deepEqual(await (await client.query({ query: sql, format })).json(), expected);
      const streamed = [];
      for await (const rows of (await client.query({ query: sql, format })).stream()) {
        streamed.push(...rows.map((row) => row.json()));
      }
      assert.deepEqual(streamed, expected);
    });
  }
  test("in JSONEachRowWithProgress", async () => {
    const result = await client.query({ query: sql, format: "JSONEachRowWithProgress" });
    const events = await result.json();
    assert.deepEqual(events.flatMap((event) => event.row ?? []), objects);
    assert.ok(events.some((event) => event.progress?.read_rows === "3"), JSON.stringify(events));
  });
  for (const [format, text] of [
    ["CSV", '0,"0"\n1,"1"\n'],
    ["CSVWithNames", '"number","text"\n0,"0"\n1,"1"\n'],
    ["TabSeparated", "0\t0\n1\t1\n"],
    ["TabSeparatedWithNamesAndTypes", "number\ttext\nUInt64\tString\n0\t0\n1\t1\n"],
    ["CustomSeparated", "0\t0\n1\t1\n"],
  ]) {
    test(`in ${format}`, async () => {
      assert.equal(await (await client.query({ query: sql, format })).text(), text);
    });
  }
  test("in Parquet, as bytes", async () => {
    const { stream } = await client.exec({ query: `${sql} FORMAT Parquet` });
    const bytes = Buffer.concat(await stream.toArray());
    assert.equal(bytes.subarray(0, 4).toString(), "PAR1");
    assert.equal(bytes.subarray(-4).toString(), "PAR1");
  });
  test("totals and extremes", async () => {
    const result = await client.query({
      query: "SELECT number % 2 AS even, count() AS n FROM numbers(5) GROUP BY even WITH TOTALS ORDER BY even",
      format: "JSON",
      clickhouse_settings: { extremes: 1 },
    });
    assert.deepEqual((await result.json()).totals, { even: 0, n: 5 });
  });
});

test("parameters of every kind", async () => {
  const { data } = await (await client.query({
    query: `SELECT {n:UInt64} AS n, {s:String} AS s, {a:Array(String)} AS a, {z:Nullable(String)} AS z,
      {b:Bool} AS b, {m:Map(String, UInt8)} AS m, {t:Tuple(UInt8, String)} AS t, {d:DateTime64(3)} AS d,
      {table:Identifier}.number AS i FROM numbers(1) AS one`,
    query_params: {
      n: 18446744073709551615n, s: "it's \\ \t\n'", a: ["x", "y'"], z: null, b: true,
      m: new Map([["k", 1]]), t: new TupleParam([1, "one"]), d: new Date("2026-01-02T03:04:05.678Z"), table: "one",
    },
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
  })).json();
  assert.deepEqual(data, [{
    n: "18446744073709551615", s: "it's \\ \t\n'", a: ["x", "y'"], z: null, b: true,
    m: { k: 1 }, t: [1, "one"], d: "2026-01-02 03:04:05.678", i: "0",
  }]);
});

test("many parameters, as a form", async () => {
  const many = connect({ use_multipart_params_auto: true });
  const result = await many.query({
    query: "SELECT count() FROM numbers(5000) WHERE number IN {ids:Array(UInt64)}",
    query_params: { ids: [...Array(3000).keys()] },
    format: "CSV",
  });
  assert.equal(await result.text(), "3000\n");
  await many.close();
});

describe("insert", () => {
  test("of arrays in every JSON format", async () => {
    const arrays = ROWS.map(({ id, name, sku }) => [id, name, sku]);
    const meta = [
      { name: "id", type: "UInt64" }, { name: "name", type: "String" }, { name: "sku", type: "Array(UInt8)" },
    ];
    const named = (types) => [["id", "name", "sku"], ...(types ? [["UInt64", "String", "Array(UInt8)"]] : [])];
    for (const [format, values] of [
      ["JSONEachRow", ROWS],
      ["JSONCompactEachRow", arrays],
      ["JSONCompactEachRowWithNames", [...named(false), ...arrays]],
      ["JSONCompactEachRowWithNamesAndTypes", [...named(true), ...arrays]],
      ["JSONObjectEachRow", { a: ROWS[0], b: ROWS[1] }],
      ["JSON", { meta, data: ROWS }],
      ["JSONCompact", { meta, data: arrays }],
    ]) {
      const name = await table("inserted");
      const { query_id, executed, summary } = await client.insert({ table: name, values, format });
      assert.deepEqual(await rowsOf(name), ROWS, format);
      assert.equal(executed, true);
      assert.ok(query_id);
      assert.equal(summary.written_rows, "2", format);
    }
  });
  test("of nothing", async () => {
    const name = await table("emptied");
    assert.equal((await client.insert({ table: name, values: [], format: "JSONEachRow" })).executed, false);
    const nothing = Readable.from([], { objectMode: true });
    await client.insert({ table: name, values: nothing, format: "JSONEachRow" });
    assert.deepEqual(await rowsOf(name), []);
  });
  test("of streams of objects, bytes and generators", async () => {
    const name = await table("streamed");
    const objects = Readable.from(Array.from({ length: 5000 }, (_, id) => ({ id, name: "n", sku: [1] })));
    await client.insert({ table: name, values: objects, format: "JSONEachRow" });
    const bytes = Readable.from(['10000,b,"[1,2]"\n', '10001,c,"[]"\n'], { objectMode: false });
    await client.insert({ table: name, values: bytes, format: "CSV" });
    async function* lines() {
      for (let id = 20000; id < 20010; id++) yield { id, name: "g", sku: [] };
    }
    await client.insert({ table: name, values: Readable.from(lines()), format: "JSONEachRow" });
    assert.equal((await rowsOf(name)).length, 5012);
  });
  test("of some columns, and of all but some", async () => {
    const name = await table("partial");
    await client.insert({ table: name, columns: ["id"], values: [{ id: 1 }], format: "JSONEachRow" });
    await client.insert({ table: name, columns: { except: ["sku"] }, values: [[2, "two"]] });
    assert.deepEqual(await rowsOf(name), [
      { id: "1", name: "", sku: [] },
      { id: "2", name: "two", sku: [] },
    ]);
  });
  test("that is wrong is an error, and the connection goes on", async () => {
    const name = await table("wrong");
    await assert.rejects(
      client.insert({ table: name, values: [{ id: "no number" }], format: "JSONEachRow" }),
      { name: "Error", type: /CANNOT_PARSE/ },
    );
    await client.insert({ table: name, values: ROWS, format: "JSONEachRow" });
    assert.deepEqual(await rowsOf(name), ROWS);
  });
  test("by exec with values, and INSERT … VALUES and SELECT by command", async () => {
    const name = await table("by_exec");
    const { stream } = await client.exec({
      query: `INSERT INTO ${name} FORMAT CSV`,
      values: Readable.from(['1,foobar,"[1,2]"'], { objectMode: false }),
    });
    await stream.toArray();
    const { summary } = await client.command({ query: `INSERT INTO ${name} VALUES (2, 'two', [3])` });
    assert.equal(summary.written_rows, "1");
    await client.command({ query: `INSERT INTO ${name} SELECT id + 2, name, sku FROM ${name}` });
    assert.equal((await rowsOf(name)).length, 4);
  });
});

test("exec and command: answers, headers, semicolons, ids", async () => {
  const query_id = randomUUID();
  const answer = await client.exec({ query: "SELECT ';' FORMAT CSV", query_id });
  assert.equal(Buffer.concat(await answer.stream.toArray()).toString(), '";"\n');
  assert.equal(answer.query_id, query_id);
  assert.equal(answer.response_headers["content-type"], "text/csv; charset=UTF-8; header=absent");
  for (const [query, text] of [["EXISTS system.databases;", "1\n"], ["EXISTS system.foobar;;;;;;", "0\n"]]) {
    const { stream } = await client.exec({ query });
    assert.equal(Buffer.concat(await stream.toArray()).toString(), text);
  }
  const { response_headers } = await client.command({ query: "SELECT 42 FORMAT TSV" });
  assert.equal(response_headers["content-type"], "text/tab-separated-values; charset=UTF-8");
  const name = await table("by_command");
  await assert.rejects(client.command({ query: `CREATE TABLE ${name} (id UInt8) ENGINE = Memory` }), {
    code: "57",
    type: "TABLE_ALREADY_EXISTS",
  });
});

test("a session keeps temporary tables and runs one statement at a time", async () => {
  const session = connect({ session_id: randomUUID(), max_open_connections: 2 });
  await session.command({ query: "CREATE TEMPORARY TABLE mine (id Int32, name String)" });
  await session.insert({ table: "mine", values: [{ id: 42, name: "foo" }], format: "JSONEachRow" });
  await session.command({ query: "INSERT INTO mine VALUES (43, 'bar')" });
  const result = await session.query({ query: "SELECT * FROM mine ORDER BY id", format: "JSONEachRow" });
  assert.deepEqual(await result.json(), [{ id: 42, name: "foo" }, { id: 43, name: "bar" }]);
  const both = await Promise.allSettled([1, 2].map(() => session.query({ query: "SELECT sleep(0.5)" })));
  assert.deepEqual(both.flatMap((one) => one.reason?.code ?? []), ["373"]);
  for (const one of both) await one.value?.text();
  await session.close();
});

for (const compression of [{ response: true }, { request: true }, { request: true, response: true }]) {
  test(`compression ${Object.keys(compression)}`, async () => {
    const name = await table("compressed");
    const squeezed = connect({ compression });
    const values = Readable.from(Array.from({ length: 20000 }, (_, id) => ({ id, name: "same".repeat(20) })));
    await squeezed.insert({ table: name, values, format: "JSONEachRow" });
    const result = await squeezed.query({ query: `SELECT * FROM ${name}`, format: "JSONEachRow" });
    assert.equal(result.response_headers["content-encoding"], compression.response ? "gzip" : undefined);
    let count = 0;
    for await (const rows of result.stream()) count += rows.length;
    assert.equal(count, 20000);
    await assert.rejects(squeezed.query({ query: "SELECT nothing" }), { code: "47" });
    await squeezed.close();
  });
}

test("errors tell code, type and message", async () => {
  const failed = await client.query({ query: "SELECT * FROM unknown_table" }).catch((error) => error);
  assert.ok(failed instanceof ClickHouseError);
  assert.equal(failed.code, "60");
  assert.equal(failed.type, "UNKNOWN_TABLE");
  assert.match(failed.message, /unknown_table/);
  await assert.rejects(client.query({ query: "SELECT 1; SELECT 2" }), { code: "62", type: "SYNTAX_ERROR" });
  await assert.rejects(client.query({ query: "SELECT 1", clickhouse_settings: { no_such: 1 } }), { code: "115" });
  const stranger = connect({ username: "nobody" });
  await assert.rejects(stranger.query({ query: "SELECT 1" }), { code: "516", type: "AUTHENTICATION_FAILED" });
  await stranger.close();
});

test("an error in mid-stream reaches who reads the stream", async () => {
  const rows = [];
  const result = await client.query({
    query: "SELECT number, throwIf(number = 3000000, 'boom') FROM numbers(4000000) SETTINGS max_threads = 1",
    format: "JSONEachRow",
  });
  await assert.rejects(
    async () => {
      for await (const chunk of result.stream()) rows.push(chunk.length);
    },
    { code: "395", message: /boom/ },
  );
  assert.ok(rows.length > 0);
});

test("aborting a query stops it", async () => {
  const query_id = `aborted-${randomUUID()}`;
  const controller = new AbortController();
  const query = client.query({
    query: "SELECT count() FROM system.numbers WHERE NOT ignore(number)",
    query_id,
    abort_signal: controller.signal,
  });
  const refused = assert.rejects(query, /aborted/);
  const running = async () => {
    const found = await client.query({
      query: "SELECT query_id FROM system.processes WHERE query_id = {id:String}",
      query_params: { id: query_id },
      format: "JSONEachRow",
    });
    return (await found.json()).length;
  };
  await until(async () => (await running()) === 1);
  controller.abort();
  await refused;
  await until(async () => (await running()) === 0);
});

test("KILL QUERY ends a query with 394", async () => {
  const query_id = `killed-${randomUUID()}`;
  const query = client.query({ query: "SELECT count() FROM system.numbers WHERE NOT ignore(number)", query_id });
  const killed = assert.rejects(query, { code: "394", type: "QUERY_WAS_CANCELLED" });
  await until(async () => {
    await client.command({ query: `KILL QUERY WHERE query_id = '${query_id}' SYNC` });
    return Promise.race([killed.then(() => true), new Promise((resolve) => setTimeout(resolve, 100, false))]);
  });
});

test("the query log tells ids and texts", async () => {
  const name = await table("logged");
  const { query_id } = await client.insert({ table: name, values: ROWS, format: "JSONEachRow" });
  const { query_id: selected } = await client.command({ query: "SELECT 144 AS one" });
  await client.command({ query: "SYSTEM FLUSH LOGS" });
  for (const [id, text] of [[query_id, `INSERT INTO ${name} FORMAT JSONEachRow\n`], [selected, "SELECT 144 AS one"]]) {
    const log = await client.query({
      query: "SELECT type, query, user FROM system.query_log WHERE query_id = {id:String} ORDER BY type",
      query_params: { id },
      format: "JSONEachRow",
    });
    assert.deepEqual(await log.json(), ["QueryStart", "QueryFinish"].map((type) => ({ type, query: text, user: "footfall" })));
  }
});

test("settings of the client and of one query", async () => {
  const strict = connect({ clickhouse_settings: { max_block_size: "77" } });
  const value = async (more = {}) => {
    const query = "SELECT toString(getSetting('max_block_size')) AS v";
    const result = await strict.query({ query, format: "JSONEachRow", clickhouse_settings: more });
    return (await result.json())[0].v;
  };
  assert.equal(await value(), "77");
  assert.equal(await value({ max_block_size: "78" }), "78");
  const filtered = await strict.query({
    query: "SELECT number FROM system.numbers LIMIT 3",
    format: "CSV",
    clickhouse_settings: { additional_table_filters: SettingsMap.from({ "system.numbers": "number != 1" }) },
  });
  assert.equal(await filtered.text(), "0\n2\n3\n");
  await strict.close();
});

test("a long statement is kept alive by progress in headers", async () => {
  const patient = connect({
    request_timeout: 60_000,
    clickhouse_settings: { send_progress_in_http_headers: 1, http_headers_progress_interval_ms: "100" },
  });
  const result = await patient.query({
    query: "SELECT sum(sleepEachRow(0.05)) AS slept FROM numbers(20) SETTINGS max_block_size = 1",
    format: "JSONEachRow",
  });
  assert.deepEqual(await result.json(), [{ slept: 0 }]);
  await assert.rejects(
    patient.query({
      query: `SELECT count() FROM numbers(20) WHERE sleepEachRow(0.05) = 0
        AND NOT throwIf(number = 10, 'simulated') SETTINGS max_block_size = 1`,
    }),
    { code: "395", message: /simulated/ },
  );
  await patient.close();
});

test("readers read, within their settings, and nothing else", async () => {
  for (const username of ["reader", "analyst"]) {
    const guarded = connect({
      username,
      password: process.env[`ENGINE_${username.toUpperCase()}_PASSWORD`],
      database: "footfall",
      clickhouse_settings: { output_format_json_quote_64bit_integers: 1, max_execution_time: 5 },
    });
    const query = "SELECT count() AS n, currentUser() AS me FROM events WHERE event_type = {type:String}";
    const answer = await guarded.query({ query, query_params: { type: "nobody does this" } });
    assert.deepEqual((await answer.json()).data, [{ n: "0", me: username }]);
    const insert = guarded.insert({ table: "events", values: [{ event_type: "view" }], format: "JSONEachRow" });
    await assert.rejects(insert, { code: "497", type: "ACCESS_DENIED", message: /Not enough privileges/ });
    await assert.rejects(guarded.command({ query: "DROP TABLE events" }), {
      code: "497",
      message: /Not enough privileges/,
    });
    await guarded.close();
  }
});
