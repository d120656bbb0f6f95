// Users: the most active ones, and the look-up of one by id; each has a page of its own.
import { byId, h, page } from "../lib/dom.js";
import { Table } from "../lib/table.js";
import { carried } from "../lib/view.js";

export const requests = (view) => ({ users: ["top_users", { ...view.range, limit: 100 }] });

const FIGURES = [
  { key: "events", label: "Events", type: "int" },
  { key: "event_types", label: "Kinds", type: "int" },
  { key: "last_day", label: "Last active", type: "day" },
];

/** `href(row)` is where a user's name leads. */
export function drawer(href = userHref, options = {}) {
  let table;
  return ({ users }, _, card) => {
    if (!table) {
      table = new Table(
        [
          {
            key: "external_id",
            label: "User",
            grow: true,
            value: userName,
            cell: (row) => h("a", { href: href(row), text: userName(row) }),
          },
          ...FIGURES,
        ],
        { caption: "Top active users", name: card.id, sort: { key: "events", direction: -1 }, ...options },
      );
      card.view.querySelector(".table-wrap").append(table.element);
      if (table.pager) card.view.querySelector(".pager-place").append(table.pager);
    }
    table.update(users.data);
  };
}

export const table = ({ users }) => ({ columns: [{ key: "external_id", label: "User", value: userName }, ...FIGURES], rows: users.data });

/** A user by the shop's own id. */
export const userName = (row) => row.external_id || row.user_id;

/** The page of a user, from either dashboard. */
export const userHref = ({ user_id: id }) => `${page.dashboard}/users/${encodeURIComponent(id)}${carried()}`;

/** The form that opens a user's page. */
export function wireLookup() {
  byId("user-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const id = byId("user-id").value.trim();
    if (id) location.href = userHref({ user_id: id });
  });
}
