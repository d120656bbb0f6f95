"""Users and products: the latest attributes win, one row each, contact details apart."""

import datetime as dt
from typing import Any

from clickhouse_connect.driver.client import Client as StoreClient

from footfall.ingest.changes import Origin, UserChange
from footfall.ingest.profiles import merge_users
from footfall.model import anonymous_number, numeric_id
from tests.ingest.client import Client, settle
from tests.ingest.make import NOW_MS, new_id

USER = "SELECT country, is_premium, age, registration_date, properties FROM users"


def send(shop: Client, kind: str, *items: dict[str, Any]) -> Any:
    answer = shop.post(kind, list(items), wait=True)
    assert answer.status == 200, answer
    return answer.body


def test_what_is_not_given_stays_and_the_table_keeps_one_row(shop: Client, store_client: StoreClient) -> None:
    user = new_id("user")
    send(shop, "users", {"user_id": user, "country": "Germany", "age": 30, "registration_date": "2025-01-31"})
    send(shop, "users", {"user_id": user, "is_premium": True, "properties": {"tier": 1}})
    send(shop, "users", {"user_id": user, "country": "FR"})
    rows = store_client.query(USER).result_rows
    assert rows == [("FR", True, 30, dt.date(2025, 1, 31), '{"tier": 1}')]
    (row,) = store_client.query("SELECT user_id, external_id FROM current_users").result_rows
    assert row == (numeric_id(user), user)


def test_contact_details_are_out_of_the_readers_sight(
    shop: Client, store_client: StoreClient, reader: StoreClient
) -> None:
    user = new_id("user")
    send(shop, "users", {"user_id": user, "email": "a@example.org", "name": "Ada"})
    send(shop, "users", {"user_id": user, "phone": "+44 1"})
    rows = store_client.query("SELECT name, email, phone FROM footfall_private.contacts FINAL").result_rows
    assert rows == [("Ada", "a@example.org", "+44 1")]
    assert "example.org" not in str(reader.query("SELECT * FROM users").result_rows)


def test_the_same_attributes_again_are_a_duplicate_and_going_back_is_a_change(
    shop: Client, store_client: StoreClient
) -> None:
    user = new_id("user")
    for country, outcome in (("DE", "accepted"), ("DE", "duplicate"), ("FR", "accepted"), ("DE", "accepted")):
        assert send(shop, "users", {"user_id": user, "country": country})[outcome] == 1
    assert store_client.query("SELECT country FROM users").result_rows == [("DE",)]


def test_an_older_change_does_not_win(shop: Client, store_client: StoreClient) -> None:
    user = new_id("user")
    send(shop, "users", {"user_id": user, "country": "DE", "updated_at": NOW_MS})
    send(shop, "users", {"user_id": user, "country": "FR", "updated_at": NOW_MS - 1})
    assert store_client.query("SELECT country FROM users").result_rows == [("DE",)]


def test_many_changes_of_one_request_come_to_one_row(shop: Client, store_client: StoreClient) -> None:
    user, product = new_id("user"), new_id("product")
    send(shop, "users", *({"user_id": user, "age": age} for age in range(20, 30)))
    send(shop, "products", {"product_id": product, "name": "Cup", "price": "9.99"}, {"product_id": product})
    assert store_client.query("SELECT age FROM users").result_rows == [(29,)]
    assert store_client.query("SELECT name, toString(price) FROM products").result_rows == [("Cup", "9.99")]


def test_an_anonymous_id_is_linked_to_the_user(shop: Client, store_client: StoreClient) -> None:
    user, anonymous = new_id("user"), new_id("anon")
    send(shop, "users", {"user_id": user, "anonymous_id": anonymous})
    event = {"event_type": "login", "user_id": user, "anonymous_id": anonymous}
    send(shop, "events", *({**event, "event_id": new_id()} for _ in range(5)))
    rows = store_client.query("SELECT anonymous_id, user_id FROM identities").result_rows
    assert rows == [(anonymous_number(anonymous), numeric_id(user))]


def test_two_ids_with_one_hash_are_told_apart_by_refusing_the_second() -> None:
    origin = Origin(bytes(16), "default", "http", NOW_MS, b"{}")
    nothing = (None,) * 8
    change = UserChange(1 << 63, "second", NOW_MS, *nothing, origin)
    held = {1 << 63: (1 << 63, "first", "DE", False, 0, 0, NOW_MS, "")}
    merged = merge_users([change], held, {})
    assert merged.rows["users"] == {}
    assert merged.letters[0].row[4] == "id_collision"
    assert merged.corrections[bytes(16)].rejected == 1


def test_a_refused_id_that_is_sent_again_has_one_dead_letter(shop: Client, store_client: StoreClient) -> None:
    user = new_id("user")
    taken = "INSERT INTO users (user_id, external_id) VALUES ({id:UInt64}, 'first')"
    store_client.command(taken, parameters={"id": numeric_id(user)})
    for age in (20, 30):
        answer = send(shop, "users", {"user_id": user, "age": age}, {"user_id": new_id("other")})
        assert (answer["accepted"], answer["rejected"]) == (1, 1)
    settle(shop)
    letters = "SELECT reason FROM footfall_private.dead_letters WHERE position(raw, {user:String}) > 0"
    assert store_client.query(letters, parameters={"user": user}).result_rows == [("id_collision",)]


def test_who_waits_is_told_that_an_older_change_came_to_nothing(shop: Client) -> None:
    user = {"user_id": new_id("user")}
    send(shop, "users", user | {"country": "DE", "updated_at": NOW_MS})
    answer = send(shop, "users", user | {"country": "FR", "updated_at": NOW_MS - 1})
    assert (answer["accepted"], answer["duplicate"]) == (0, 1)
    assert shop.get(f"/v1/receipts/{answer['batch_id']}").body == answer
